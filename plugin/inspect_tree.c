/*
 * inspect_tree: what `inspect` found, as a document; see inspect_print.h.
 */
#include "plugin/inspect_print.h"

/* tree_add looks for the end each time, which many thousands of lines make slow. */
static void append(struct tree *list, struct tree **last, struct tree *value)
{
	if (*last)
		(*last)->next = value;
	else
		tree_add(list, value);
	*last = value;
}

static struct tree *hex_tree(struct arena *arena, int digits, uint64_t value)
{
	return tree_new_string(arena,
			       arena_printf(arena, "%0*llx", digits, (unsigned long long)value));
}

static struct tree *source_tree(struct arena *arena, const struct source *s)
{
	struct tree *map = tree_map(arena), *stored = tree_map(arena);

	tree_set_string(arena, map, "name", s->shown);
	tree_set_string(arena, map, "sha256", s->file.sha256);
	tree_set_number(arena, map, "size", s->file.size);
	tree_set_number(arena, map, "dbSize", s->file.db_size);
	tree_set_string(arena, stored, "sha256", s->stored_sha256);
	tree_set_number(arena, stored, "size", s->stored_size);
	tree_set_string(arena, stored, "compression", s->compression);
	tree_set_string(arena, stored, "encryption", s->encryption);
	tree_set(arena, map, "stored", stored);
	return map;
}

static struct tree *recipe_tree(struct arena *arena, const struct recipe *r)
{
	struct tree *map = tree_map(arena), *cluster = tree_map(arena), *tags = tree_list(arena);
	char when[21];
	uint64_t voters = 0;

	for (size_t i = 0; i < r->cluster.count; i++)
		voters += !r->cluster.members[i].learner;
	time_text(r->taken_at, when);
	tree_set_string(arena, map, "takenAt", when);
	tree_set_string(arena, map, "member", r->member);
	tree_set_string(arena, map, "etcdVersion", r->etcd_version);
	tree_set_number(arena, map, "revision", r->revision);
	tree_set_string(arena, map, "hashKV", r->hashkv);
	for (size_t i = 0; i < r->tag_count; i++)
		tree_add(tags, tree_new_string(arena, r->tags[i]));
	tree_set(arena, map, "tags", tags);
	tree_set_string(arena, map, "previous", r->previous);
	tree_set_string(arena, cluster, "name", r->cluster.name);
	tree_set(arena, cluster, "id", hex_tree(arena, 16, r->cluster.id));
	tree_set_string(arena, cluster, "uid", r->cluster_uid);
	tree_set_string(arena, cluster, "caFingerprint", r->cluster.ca_fingerprint);
	tree_set_string(arena, cluster, "kubernetesVersion", r->cluster.kubernetes_version);
	tree_set_number(arena, cluster, "voterCount", voters);
	tree_set(arena, map, "cluster", cluster);
	return map;
}

static struct tree *pages_tree(struct arena *arena, const struct etcd_db_facts *f)
{
	struct tree *map = tree_map(arena), *metas = tree_list(arena);

	tree_set_number(arena, map, "size", f->page_size);
	tree_set_number(arena, map, "all", f->check.pages);
	tree_set_number(arena, map, "used", f->check.used);
	for (size_t i = 0; i < 2; i++)
		tree_add(metas, tree_new_string(arena, f->check.meta_bad[i] ? f->check.meta_bad[i]
									    : "ok"));
	tree_set(arena, map, "metas", metas);
	tree_set_bool(arena, map, "freelist", f->check.freelist);
	return map;
}

static struct tree *database_tree(struct arena *arena, const struct inspection *in)
{
	const struct etcd_db_facts *f = in->facts;
	struct tree *map = tree_map(arena), *alarms = tree_map(arena);

	tree_set_number(arena, map, "revision", f->revision);
	tree_set_number(arena, map, "compactRevision", f->compact_revision);
	tree_set_number(arena, map, "keys", f->keys);
	tree_set_number(arena, map, "history", f->history);
	tree_set_number(arena, map, "entries", f->entries);
	tree_set_number(arena, map, "size", f->size);
	tree_set_number(arena, map, "sizeInUse", f->size_in_use);
	tree_set(arena, map, "pages", pages_tree(arena, f));
	tree_set(arena, map, "hashKV", hex_tree(arena, 8, in->hashkv->hash));
	tree_set_number(arena, map, "hashKVRevision", in->hashkv->revision);
	tree_set_number(arena, map, "hash", f->hash); /* a number, as etcdutl writes it */
	tree_set_number(arena, map, "consistentIndex", f->consistent_index);
	tree_set_number(arena, map, "term", f->term);
	tree_set_string(arena, map, "storageVersion",
			*f->storage_version ? f->storage_version : NULL);
	tree_set_number(arena, map, "leases", f->leases);
	tree_set_bool(arena, map, "auth", f->auth);
	tree_set_number(arena, alarms, "count", f->alarms);
	tree_set_string(arena, alarms, "words", f->alarm_words);
	tree_set(arena, map, "alarms", alarms);
	return map;
}

static struct tree *members_tree(struct arena *arena, const struct etcd_db_facts *f)
{
	struct tree *list = tree_list(arena);

	for (size_t i = 0; i < f->members.count; i++) {
		const struct etcd_member *m = &f->members.list[i];
		struct tree *map = tree_map(arena);
		tree_set_string(arena, map, "name", m->name);
		tree_set(arena, map, "id", hex_tree(arena, 16, m->id));
		tree_set_string(arena, map, "peerURLs", m->peer_urls);
		tree_set_string(arena, map, "clientURLs", m->client_urls);
		tree_set_bool(arena, map, "learner", m->learner);
		tree_add(list, map);
	}
	return list;
}

static struct tree *counts_tree(struct arena *arena, const struct object_count *counts,
				size_t count, bool namespaces)
{
	struct tree *list = tree_list(arena), *last = NULL;

	for (size_t i = 0; i < count; i++) {
		struct tree *map = tree_map(arena);
		tree_set_string(arena, map, "resource", counts[i].resource);
		if (namespaces)
			tree_set_string(arena, map, "namespace", counts[i].namespace_);
		tree_set_number(arena, map, "count", counts[i].count);
		tree_set_number(arena, map, "bytes", counts[i].bytes);
		append(list, &last, map);
	}
	return list;
}

static struct tree *sum_tree(struct arena *arena, const struct object_count *sum)
{
	struct tree *map = tree_map(arena);

	tree_set_number(arena, map, "count", sum->count);
	tree_set_number(arena, map, "bytes", sum->bytes);
	return map;
}

static struct tree *objects_tree(struct arena *arena, const struct etcd_objects *o)
{
	struct tree *map = tree_map(arena), *largest = tree_list(arena), *last = NULL;

	tree_set(arena, map, "all", sum_tree(arena, &o->all));
	tree_set(arena, map, "leftOut", sum_tree(arena, &o->left_out));
	tree_set(arena, map, "resources",
		 counts_tree(arena, o->resources, o->resource_count, false));
	tree_set(arena, map, "namespaces", counts_tree(arena, o->places, o->place_count, true));
	for (size_t i = 0; i < o->largest_count; i++) {
		struct tree *one = tree_map(arena);
		tree_set_string(arena, one, "key", o->largest[i].key);
		tree_set_number(arena, one, "bytes", o->largest[i].bytes);
		append(largest, &last, one);
	}
	tree_set(arena, map, "largest", largest);
	return map;
}

struct tree *inspect_tree(struct arena *arena, const struct inspection *in)
{
	struct tree *top = tree_map(arena);

	tree_set_string(arena, top, "kind", "SnapshotInspection");
	tree_set_string(arena, top, "apiVersion", "etcd-backup/v1");
	tree_set(arena, top, "snapshot", source_tree(arena, in->source));
	tree_set(arena, top, "recipe",
		 in->source->has_recipe ? recipe_tree(arena, &in->source->recipe)
					: tree_new_string(arena, NULL));
	tree_set(arena, top, "database", database_tree(arena, in));
	tree_set(arena, top, "members", members_tree(arena, in->facts));
	tree_set_number(arena, top, "memberCount", in->facts->members_all);
	tree_set(arena, top, "objects", objects_tree(arena, in->objects));
	return top;
}
