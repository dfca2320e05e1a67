/*
 * recipe: see recipe.h.  Described for readers in docs/recipe.md.
 */
#include "snapshot/recipe.h"

#include "base/json.h"
#include "base/tree.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TEXT_MAX = 2048 };

static struct tree *write_member(struct arena *arena, const struct member *m)
{
	struct tree *map = tree_map(arena), *urls = tree_list(arena);

	for (const char *at = m->peer_url ? m->peer_url : ""; *at;) {
		size_t len = strcspn(at, ",");
		tree_add(urls, tree_new_string(arena, arena_strndup(arena, at, len)));
		at += len + (at[len] == ',');
	}
	tree_set_string(arena, map, "name", m->name);
	if (m->id)
		tree_set_string(arena, map, "id",
				arena_printf(arena, "%016llx", (unsigned long long)m->id));
	if (m->learner)
		tree_set_bool(arena, map, "learner", true);
	if (m->node)
		tree_set_string(arena, map, "node", m->node);
	if (m->address)
		tree_set_string(arena, map, "address", m->address);
	tree_set(arena, map, "peerURLs", urls);
	tree_set_string(arena, map, "clientURL", m->client_url);
	if (!m->data_dir) /* its node was not read */
		return map;
	tree_set_string(arena, map, "dataDir", m->data_dir);
	tree_set_string(arena, map, "walDir", m->wal_dir);
	tree_set_string(arena, map, "caFile", m->ca_file);
	tree_set_string(arena, map, "certFile", m->cert_file);
	tree_set_string(arena, map, "keyFile", m->key_file);
	tree_set_string(arena, map, "image", m->image);
	tree_set_string(arena, map, "version", m->version);
	if (m->image_id)
		tree_set_string(arena, map, "imageID", m->image_id);
	if (m->host_key)
		tree_set_string(arena, map, "hostKey", m->host_key);
	tree_set_number(arena, map, "quota", m->quota);
	return map;
}

static void write_object(struct arena *arena, const char *key, const struct recipe_stored *s,
			 struct tree *top)
{
	struct tree *map = tree_map(arena);

	if (!s->name)
		return;
	tree_set_string(arena, map, "name", s->name);
	tree_set_number(arena, map, "size", s->size);
	tree_set_string(arena, map, "sha256", s->sha256);
	tree_set_string(arena, map, "compression", s->compression);
	tree_set_string(arena, map, "encryption", s->encryption);
	tree_set(arena, top, key, map);
}

static void write_stored(struct arena *arena, const struct recipe *r, struct tree *top)
{
	struct tree *previous = tree_map(arena);

	write_object(arena, "stored", &r->stored, top);
	write_object(arena, "controlPlane", &r->files, top);
	if (r->previous) {
		tree_set_string(arena, previous, "name", r->previous);
		tree_set_string(arena, previous, "sha256", r->previous_sha256);
		tree_set(arena, top, "previous", previous);
	}
}

/* What is not always known stands there only when it is. */
static void write_more(struct arena *arena, const struct recipe *r, struct tree *snapshot)
{
	struct tree *tags = tree_list(arena);

	if (r->term)
		tree_set_number(arena, snapshot, "term", r->term);
	if (r->compact_revision)
		tree_set_number(arena, snapshot, "compactRevision", r->compact_revision);
	if (r->hashkv)
		tree_set_string(arena, snapshot, "hashKV", r->hashkv);
	if (r->took_ms)
		tree_set_number(arena, snapshot, "tookMs", r->took_ms);
	if (r->storage_version)
		tree_set_string(arena, snapshot, "storageVersion", r->storage_version);
	if (r->set)
		tree_set_string(arena, snapshot, "set", r->set);
	if (r->degraded)
		tree_set_string(arena, snapshot, "degraded", r->degraded);
	for (size_t i = 0; i < r->tag_count; i++)
		tree_add(tags, tree_new_string(arena, r->tags[i]));
	if (r->tag_count)
		tree_set(arena, snapshot, "tags", tags);
}

static const char *const print_keys[RECIPE_PRINTS] = {
	[RECIPE_CLUSTER_CA] = "clusterCA",
	[RECIPE_FRONT_PROXY_CA] = "frontProxyCA",
	[RECIPE_TOKEN_KEY] = "serviceAccountKey",
	[RECIPE_ENCRYPTION] = "encryptionConfig",
};

static void write_prints(struct arena *arena, const struct recipe *r, struct tree *cluster)
{
	struct tree *map = tree_map(arena);

	for (size_t i = 0; i < RECIPE_PRINTS; i++)
		if (r->prints[i])
			tree_set_string(arena, map, print_keys[i], r->prints[i]);
	if (map->first)
		tree_set(arena, cluster, "fingerprints", map);
}

int recipe_write(const struct recipe *r, struct buf *out, struct err *err)
{
	scoped(arena) struct arena *arena = arena_new();
	struct tree *top = tree_map(arena), *snapshot = tree_map(arena), *cluster = tree_map(arena);
	struct tree *members = tree_list(arena);
	char when[21];

	time_text(r->taken_at, when);
	tree_set_string(arena, top, "kind", "SnapshotRecipe");
	tree_set_string(arena, top, "apiVersion", "etcd-backup/v1");
	tree_set_string(arena, snapshot, "takenAt", when);
	tree_set_string(arena, snapshot, "member", r->member);
	tree_set_number(arena, snapshot, "revision", r->revision);
	tree_set_number(arena, snapshot, "size", r->size);
	tree_set_number(arena, snapshot, "dbSize", r->db_size);
	tree_set_string(arena, snapshot, "sha256", r->sha256);
	write_more(arena, r, snapshot);
	tree_set(arena, top, "snapshot", snapshot);
	write_stored(arena, r, top);
	tree_set_string(arena, cluster, "name", r->cluster.name);
	tree_set_string(arena, cluster, "id",
			arena_printf(arena, "%016llx", (unsigned long long)r->cluster.id));
	if (r->cluster_uid)
		tree_set_string(arena, cluster, "uid", r->cluster_uid);
	tree_set_string(arena, cluster, "caFingerprint", r->cluster.ca_fingerprint);
	write_prints(arena, r, cluster);
	tree_set_string(arena, cluster, "kubernetesVersion", r->cluster.kubernetes_version);
	tree_set_string(arena, cluster, "etcdVersion", r->etcd_version);
	for (size_t i = 0; i < r->cluster.count; i++)
		tree_add(members, write_member(arena, &r->cluster.members[i]));
	tree_set(arena, cluster, "members", members);
	tree_set(arena, top, "cluster", cluster);
	return json_write(top, false, out, err);
}

static bool is_printable(const char *text)
{
	for (; text && *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

static bool is_hex(const char *text, size_t len)
{
	return text && strlen(text) == len && strspn(text, "0123456789abcdef") == len;
}

/* A string that may be printed and used; NULL when it is absent; an error when it cannot be trusted. */
static int get_text(struct arena *arena, const struct tree *map, const char *key, bool needed,
		    const char **out, struct err *err)
{
	const struct tree *value = tree_get(map, key);

	*out = NULL;
	if (!value || value->kind == TREE_NULL)
		return needed ? err_set(err, ERR_CONFIG, "recipe: %s is missing", key) : 0;
	if (value->kind != TREE_STRING || value->len > TEXT_MAX ||
	    strlen(value->text) != value->len)
		return err_set(err, ERR_CONFIG, "recipe: %s is no text of at most %d bytes", key,
			       TEXT_MAX);
	if (!is_printable(value->text))
		return err_set(err, ERR_CONFIG, "recipe: %s has a control character", key);
	*out = arena_strdup(arena, value->text);
	return 0;
}

static int get_number(const struct tree *map, const char *key, uint64_t *out, struct err *err)
{
	const struct tree *value = tree_get(map, key);

	if (!value || value->kind != TREE_NUMBER || parse_uint(value->text, INT64_MAX, out))
		return err_set(err, ERR_CONFIG, "recipe: %s is no number from 0 to 2^63", key);
	return 0;
}

static int get_urls(struct arena *arena, const struct tree *map, const char **out, struct err *err)
{
	const struct tree *list = tree_get(map, "peerURLs");
	const char *joined = NULL;

	if (!list || list->kind != TREE_LIST || !list->first || tree_count(list) > 16)
		return err_set(err, ERR_CONFIG, "recipe: peerURLs is no list of 1 to 16");
	for (const struct tree *at = list->first; at; at = at->next) {
		if (at->kind != TREE_STRING || !at->len || at->len > TEXT_MAX ||
		    strlen(at->text) != at->len || !is_printable(at->text) ||
		    strpbrk(at->text, ", "))
			return err_set(err, ERR_CONFIG, "recipe: a peer URL is none");
		joined = joined ? arena_printf(arena, "%s,%s", joined, at->text)
				: arena_strdup(arena, at->text);
	}
	*out = joined;
	return 0;
}

/* Of a member whose node was read more is known than of one that is only in the list of members. */
static int check_read(const struct member *m, struct err *err)
{
	const char *missing = NULL;
	bool read = m->data_dir || m->wal_dir || m->ca_file || m->cert_file || m->key_file ||
		    m->image || m->version || m->image_id || m->host_key || m->quota;

	if (!*m->name || (m->address && !*m->address) || (m->node && !*m->node))
		return err_set(err, ERR_CONFIG, "recipe: a member without name, node or address");
	if (read)
		missing = !m->node       ? "node"
			  : !m->address  ? "address"
			  : !m->data_dir ? "dataDir"
					 : NULL;
	return missing ? err_set(err, ERR_CONFIG, "recipe: %s is missing", missing) : 0;
}

static int read_id(struct arena *arena, const struct tree *map, struct member *m, struct err *err)
{
	const struct tree *learner = tree_get(map, "learner");
	const char *id;

	if (get_text(arena, map, "id", false, &id, err))
		return -1;
	if (id && !is_hex(id, 16))
		return err_set(err, ERR_CONFIG, "recipe: a member's id is not 16 hex digits");
	if (learner && learner->kind != TREE_BOOL)
		return err_set(err, ERR_CONFIG, "recipe: learner is neither true nor false");
	m->id = id ? strtoull(id, NULL, 16) : 0;
	m->learner = learner && strcmp(learner->text, "true") == 0;
	return 0;
}

static int read_member(struct arena *arena, const struct tree *map, struct member *m,
		       struct err *err)
{
	const struct {
		const char *key;
		const char **out;
		bool needed;
	} texts[] = {
		{ "name", &m->name, true },         { "node", &m->node, false },
		{ "address", &m->address, false },  { "clientURL", &m->client_url, false },
		{ "dataDir", &m->data_dir, false }, { "walDir", &m->wal_dir, false },
		{ "caFile", &m->ca_file, false },   { "certFile", &m->cert_file, false },
		{ "keyFile", &m->key_file, false }, { "image", &m->image, false },
		{ "version", &m->version, false },  { "imageID", &m->image_id, false },
		{ "hostKey", &m->host_key, false },
	};

	if (map->kind != TREE_MAP)
		return err_set(err, ERR_CONFIG, "recipe: a member is no map");
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (get_text(arena, map, texts[i].key, texts[i].needed, texts[i].out, err))
			return -1;
	if (get_urls(arena, map, &m->peer_url, err) || read_id(arena, map, m, err) ||
	    (tree_get(map, "quota") && get_number(map, "quota", &m->quota, err)))
		return -1;
	return check_read(m, err);
}

static int read_prints(struct arena *arena, const struct tree *map, struct recipe *r,
		       struct err *err)
{
	for (size_t i = 0; i < RECIPE_PRINTS; i++) {
		if (get_text(arena, map, print_keys[i], false, &r->prints[i], err))
			return -1;
		bool none =
			i == RECIPE_ENCRYPTION && r->prints[i] && strcmp(r->prints[i], "none") == 0;
		if (r->prints[i] && !none && !is_hex(r->prints[i], 64))
			return err_set(err, ERR_CONFIG, "recipe: %s is not 64 hex digits",
				       print_keys[i]);
	}
	return 0;
}

static int read_cluster(struct arena *arena, const struct tree *map, struct recipe *r,
			struct err *err)
{
	const struct tree *members = tree_get(map, "members");
	const char *id;

	if (!map || map->kind != TREE_MAP || !members || members->kind != TREE_LIST)
		return err_set(err, ERR_CONFIG, "recipe: no cluster with members");
	if (get_text(arena, map, "name", true, &r->cluster.name, err) ||
	    get_text(arena, map, "id", true, &id, err) ||
	    get_text(arena, map, "uid", false, &r->cluster_uid, err) ||
	    get_text(arena, map, "caFingerprint", false, &r->cluster.ca_fingerprint, err) ||
	    get_text(arena, map, "kubernetesVersion", false, &r->cluster.kubernetes_version, err) ||
	    get_text(arena, map, "etcdVersion", false, &r->etcd_version, err))
		return -1;
	if (read_prints(arena, tree_get(map, "fingerprints"), r, err))
		return -1;
	if (!is_hex(id, 16))
		return err_set(err, ERR_CONFIG, "recipe: the cluster's id is not 16 hex digits");
	if (r->cluster.ca_fingerprint && !is_hex(r->cluster.ca_fingerprint, 64))
		return err_set(err, ERR_CONFIG, "recipe: caFingerprint is not 64 hex digits");
	r->cluster.id = strtoull(id, NULL, 16);
	for (const struct tree *at = members->first; at; at = at->next) {
		if (r->cluster.count == CLUSTER_MEMBERS_MAX)
			return err_set(err, ERR_CONFIG, "recipe: more than %d members",
				       CLUSTER_MEMBERS_MAX);
		if (read_member(arena, at, &r->cluster.members[r->cluster.count++], err))
			return -1;
	}
	return r->cluster.count ? 0 : err_set(err, ERR_CONFIG, "recipe: no members");
}

static int read_snapshot(struct arena *arena, const struct tree *map, struct recipe *r,
			 struct err *err)
{
	struct tm tm = { 0 };
	const char *when;

	if (get_text(arena, map, "takenAt", true, &when, err) ||
	    get_text(arena, map, "member", true, &r->member, err) ||
	    get_text(arena, map, "sha256", true, &r->sha256, err) ||
	    get_number(map, "revision", &r->revision, err) ||
	    get_number(map, "size", &r->size, err) || get_number(map, "dbSize", &r->db_size, err))
		return -1;
	if (!is_hex(r->sha256, 64))
		return err_set(err, ERR_CONFIG, "recipe: sha256 is not 64 hex digits");
	if (r->size < r->db_size || r->size - r->db_size != 32)
		return err_set(err, ERR_CONFIG, "recipe: size is not dbSize and 32 bytes more");
	const char *end = strptime(when, "%Y-%m-%dT%H:%M:%SZ", &tm);
	time_t seconds = end ? timegm(&tm) : -1;
	if (!end || *end || seconds < 0)
		return err_set(err, ERR_CONFIG, "recipe: takenAt is no time in UTC");
	r->taken_at = (uint64_t)seconds;
	return 0;
}

const char *recipe_tag_trouble(const char *text, size_t len)
{
	if (len > TEXT_MAX)
		return "is longer than 2048 bytes";
	if (memchr(text, '\0', len) || !is_printable(text))
		return "has a control character";
	return json_is_text(text, len) ? NULL : "is not UTF-8";
}
static_assert(TEXT_MAX == 2048, "recipe_tag_trouble says it in words");

static int read_tags(struct arena *arena, const struct tree *tags, struct recipe *r,
		     struct err *err)
{
	if (tags && tags->kind != TREE_LIST && tags->kind != TREE_NULL)
		return err_set(err, ERR_CONFIG, "recipe: tags is no list of texts");
	for (const struct tree *at = tags ? tags->first : NULL; at; at = at->next) {
		if (at->kind != TREE_STRING)
			return err_set(err, ERR_CONFIG, "recipe: tags is no list of texts");
		if (r->tag_count == RECIPE_TAGS_MAX)
			return err_set(err, ERR_CONFIG, "recipe: tags has more than %d",
				       RECIPE_TAGS_MAX);
		const char *trouble = recipe_tag_trouble(at->text, at->len);
		if (trouble)
			return err_set(err, ERR_CONFIG, "recipe: one of its tags %s", trouble);
		r->tags[r->tag_count++] = arena_strdup(arena, at->text);
	}
	return 0;
}

static int read_more(struct arena *arena, const struct tree *map, struct recipe *r, struct err *err)
{
	if (get_text(arena, map, "hashKV", false, &r->hashkv, err) ||
	    get_text(arena, map, "storageVersion", false, &r->storage_version, err) ||
	    get_text(arena, map, "set", false, &r->set, err) ||
	    get_text(arena, map, "degraded", false, &r->degraded, err) ||
	    (tree_get(map, "tookMs") && get_number(map, "tookMs", &r->took_ms, err)) ||
	    (tree_get(map, "term") && get_number(map, "term", &r->term, err)) ||
	    (tree_get(map, "compactRevision") &&
	     get_number(map, "compactRevision", &r->compact_revision, err)))
		return -1;
	if (r->hashkv && !is_hex(r->hashkv, 8))
		return err_set(err, ERR_CONFIG, "recipe: hashKV is not 8 hex digits");
	if (r->set && !is_hex(r->set, 16))
		return err_set(err, ERR_CONFIG, "recipe: set is not 16 hex digits");
	return read_tags(arena, tree_get(map, "tags"), r, err);
}

/* A name that is a file's beside the recipe, and nothing else. */
static bool is_plain_name(const char *name)
{
	return *name && *name != '.' && strlen(name) <= 255 && !strpbrk(name, "/\\");
}

static int read_object(struct arena *arena, const struct tree *top, const char *key,
		       struct recipe_stored *s, struct err *err)
{
	const struct tree *map = tree_get(top, key);

	if (map && (get_text(arena, map, "name", true, &s->name, err) ||
		    get_text(arena, map, "sha256", true, &s->sha256, err) ||
		    get_text(arena, map, "compression", true, &s->compression, err) ||
		    get_text(arena, map, "encryption", true, &s->encryption, err) ||
		    get_number(map, "size", &s->size, err)))
		return -1;
	if (s->name && (!is_plain_name(s->name) || !is_hex(s->sha256, 64)))
		return err_set(err, ERR_CONFIG, "recipe: %s has no plain name or no sha256", key);
	return 0;
}

static int read_stored(struct arena *arena, const struct tree *top, struct recipe *r,
		       struct err *err)
{
	const struct tree *previous = tree_get(top, "previous");

	if (read_object(arena, top, "stored", &r->stored, err) ||
	    read_object(arena, top, "controlPlane", &r->files, err))
		return -1;
	if (previous && (get_text(arena, previous, "name", true, &r->previous, err) ||
			 get_text(arena, previous, "sha256", true, &r->previous_sha256, err)))
		return -1;
	if (r->previous && (!is_plain_name(r->previous) || !is_hex(r->previous_sha256, 64)))
		return err_set(err, ERR_CONFIG, "recipe: previous has no plain name or no sha256");
	return 0;
}

int recipe_read(struct arena *arena, const char *text, size_t len, struct recipe *out,
		struct err *err)
{
	const struct tree *top = json_parse(arena, text, len, RECIPE_MAX, err);
	struct recipe r = { .cluster.arena = arena };
	const char *kind = tree_string(top, "kind"), *version = tree_string(top, "apiVersion");

	if (!top)
		return err_in(err, "recipe");
	if (!kind || strcmp(kind, "SnapshotRecipe") != 0)
		return err_set(err, ERR_CONFIG, "recipe: its kind is not SnapshotRecipe");
	if (!version || strcmp(version, "etcd-backup/v1") != 0)
		return err_set(err, ERR_CONFIG, "recipe: its apiVersion is not etcd-backup/v1");
	if (read_snapshot(arena, tree_get(top, "snapshot"), &r, err) ||
	    read_more(arena, tree_get(top, "snapshot"), &r, err) ||
	    read_stored(arena, top, &r, err) ||
	    read_cluster(arena, tree_get(top, "cluster"), &r, err))
		return -1;
	*out = r;
	return 0;
}
