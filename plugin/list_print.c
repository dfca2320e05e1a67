/*
 * list_print: see list_print.h.
 */
#include "plugin/list_print.h"

#include "plugin/print.h"
#include "plugin/time_words.h"

#include <stdio.h>
#include <string.h>

bool list_wants(const struct opts *opts, const struct catalog_entry *entry)
{
	return !opts->cluster_name || entry->state == CATALOG_UNREAD ||
	       strcmp(entry->recipe.cluster.name, opts->cluster_name) == 0;
}

static const char *const states[] = { [CATALOG_OK] = "ok",
				      [CATALOG_MISSING] = "missing",
				      [CATALOG_SIZE] = "size",
				      [CATALOG_UNREAD] = "unreadable" };

/* What is whole may still be a snapshot that was taken of a member that was not well; what was drilled is more than whole. */
const char *list_state(const struct catalog_entry *entry)
{
	if (entry->state != CATALOG_OK)
		return states[entry->state];
	return entry->recipe.degraded ? "degraded" : entry->drilled ? "drilled" : "ok";
}

static void join_tags(const struct recipe *recipe, char out[512])
{
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < recipe->tag_count && len < 500; i++)
		len += (size_t)snprintf(out + len, 512 - len, "%s%.200s", i ? "," : "",
					recipe->tags[i]);
}

static uint64_t stored_size(const struct recipe *recipe)
{
	return recipe->stored.name ? recipe->stored.size : recipe->size;
}

static void add_row(struct table *table, const struct catalog_entry *entry, bool wide)
{
	const struct recipe *r = &entry->recipe;
	char when[21] = "", age[16] = "", size[16] = "", tags[512] = "", revision[24] = "",
	     members[24] = "";
	bool known = entry->state != CATALOG_UNREAD;

	if (known) {
		time_text(r->taken_at, when);
		age_text(now_unix(), r->taken_at, age);
		size_text(r->db_size, size);
		join_tags(r, tags);
		snprintf(members, sizeof(members), "%zu", r->cluster.count);
		snprintf(revision, sizeof(revision), "%llu", (unsigned long long)r->revision);
	}
	table_cell(table, "%s", entry->name);
	table_cell(table, "%s", when);
	table_cell(table, "%s", size);
	table_cell(table, "%s", revision);
	table_cell(table, "%s", members);
	table_cell(table, "%s", list_state(entry));
	table_cell(table, "%s", tags);
	if (wide) {
		char stored[16] = "";
		if (known)
			size_text(stored_size(r), stored);
		table_cell(table, "%s", known ? r->cluster.name : "");
		table_cell(table, "%s", known ? r->member : "");
		table_cell(table, "%s", known && r->set ? r->set : "");
		table_cell(table, "%s", r->etcd_version ? r->etcd_version : "");
		table_cell(table, "%s", stored);
		table_cell(table, "%s", r->stored.encryption ? r->stored.encryption : "none");
	}
	table_cell(table, "%s", age);
	table_row(table);
}

void list_print_table(const struct catalog *catalog, const struct opts *opts)
{
	static const char *const narrow[] = { "NAME",  "TIME", "SIZE", "REVISION", "MEMBERS",
					      "STATE", "TAGS", "AGE",  NULL };
	static const char *const wide[] = { "NAME",  "TIME",   "SIZE",       "REVISION", "MEMBERS",
					    "STATE", "TAGS",   "CLUSTER",    "MEMBER",   "SET",
					    "ETCD",  "STORED", "ENCRYPTION", "AGE",      NULL };
	const char *const *heads = opts->output == OUTPUT_WIDE ? wide : narrow;
	struct table table;

	table_init(&table);
	for (size_t i = 0; !opts->no_headers && heads[i]; i++)
		table_cell(&table, "%s", heads[i]);
	table_row(&table);
	for (size_t i = 0; i < catalog->count; i++)
		if (list_wants(opts, &catalog->entries[i]))
			add_row(&table, &catalog->entries[i], opts->output == OUTPUT_WIDE);
	table_print(&table);
}

static struct tree *entry_tree(struct arena *arena, const struct catalog_entry *entry)
{
	const struct recipe *r = &entry->recipe;
	struct tree *map = tree_map(arena), *tags = tree_list(arena);
	char when[21];

	tree_set_string(arena, map, "name", entry->name);
	tree_set_string(arena, map, "object", entry->object);
	tree_set_string(arena, map, "state", list_state(entry));
	tree_set_string(arena, map, "trouble", entry->trouble);
	if (entry->state == CATALOG_UNREAD)
		return map;
	time_text(r->taken_at, when);
	tree_set_string(arena, map, "takenAt", when);
	tree_set_string(arena, map, "cluster", r->cluster.name);
	tree_set_string(arena, map, "member", r->member);
	tree_set_number(arena, map, "members", r->cluster.count);
	if (r->set)
		tree_set_string(arena, map, "set", r->set);
	if (r->degraded)
		tree_set_string(arena, map, "degraded", r->degraded);
	if (entry->drilled) {
		time_text(entry->drill.at, when);
		tree_set_string(arena, map, "drilledAt", when);
		tree_set_number(arena, map, "drilledMembers", entry->drill.members);
	}
	tree_set_string(arena, map, "etcdVersion", r->etcd_version);
	tree_set_number(arena, map, "revision", r->revision);
	tree_set_number(arena, map, "dbSize", r->db_size);
	tree_set_number(arena, map, "storedSize", stored_size(r));
	tree_set_string(arena, map, "encryption",
			r->stored.encryption ? r->stored.encryption : "none");
	for (size_t i = 0; i < r->tag_count; i++)
		tree_add(tags, tree_new_string(arena, r->tags[i]));
	tree_set(arena, map, "tags", tags);
	tree_set_string(arena, map, "previous", r->previous);
	tree_set_bool(arena, map, "previousFound", r->previous && !entry->gap && !entry->replaced);
	return map;
}

int list_print_document(const struct catalog *catalog, const struct opts *opts, struct err *err)
{
	scoped(arena) struct arena *arena = arena_new();
	struct tree *top = tree_map(arena), *items = tree_list(arena);

	tree_set_string(arena, top, "kind", "SnapshotList");
	tree_set_string(arena, top, "apiVersion", "etcd-backup/v1");
	for (size_t i = 0; i < catalog->count; i++)
		if (list_wants(opts, &catalog->entries[i]))
			tree_add(items, entry_tree(arena, &catalog->entries[i]));
	tree_set(arena, top, "items", items);
	return print_tree(top, opts->output, err);
}
