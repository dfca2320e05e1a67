/*
 * status_print: see status_print.h.
 */
#include "plugin/status_print.h"

#include "plugin/list_print.h"
#include "plugin/time_words.h"

#include <stdio.h>

/* An empty cell when it is not known. */
static void cell_number(struct table *table, bool known, uint64_t value)
{
	if (known)
		table_cell(table, "%llu", (unsigned long long)value);
	else
		table_cell(table, "%s", "");
}

static void cell_size(struct table *table, bool known, uint64_t bytes)
{
	char size[16] = "";

	if (known)
		size_text(bytes, size);
	table_cell(table, "%s", size);
}

static void cell_days(struct table *table, const struct member_status *m)
{
	if (!m->certificate_known)
		table_cell(table, "%s", "");
	else if (m->certificate_days < 0)
		table_cell(table, "ended");
	else
		table_cell(table, "%lldd", (long long)m->certificate_days);
}

static void add_wide(struct table *table, const struct status *s, size_t i)
{
	const struct found_node *f = &s->found->found[i];
	char end[21] = "";

	if (f->certificate_end)
		time_text(f->certificate_end, end);
	table_cell(table, "%s", s->found->nodes[i].address);
	if (f->answers)
		table_cell(table, "%llx", (unsigned long long)f->status.member_id);
	else
		table_cell(table, "%s", "");
	cell_number(table, f->answers, f->status.term);
	cell_number(table, f->answers, f->status.raft_applied);
	table_cell(table, "%s", end);
	table_cell(table, "%s", f->silence);
}

static void add_row(struct table *table, const struct status *s, size_t i, bool wide)
{
	const struct found_node *f = &s->found->found[i];
	const struct member_status *m = &s->members[i];

	table_cell(table, "%s", s->found->nodes[i].name);
	table_cell(table, "%s", m->role);
	table_cell(table, "%s", f->version ? f->version : "");
	cell_number(table, f->answers, f->revision);
	cell_size(table, f->answers, f->db_size);
	cell_size(table, f->answers, f->status.db_in_use);
	cell_size(table, m->quota, m->quota);
	cell_number(table, m->lag_known, m->lag);
	cell_days(table, m);
	table_cell(table, "%s", m->health);
	if (wide)
		add_wide(table, s, i);
	table_row(table);
}

static void print_members(const struct status *s, const struct opts *opts)
{
	static const char *const heads[] = { "NAME", "ROLE",    "ETCD",     "REVISION",
					     "DB",   "USED",    "QUOTA",    "LAG",
					     "CERT", "HEALTH",  "ADDRESS",  "MEMBER",
					     "TERM", "APPLIED", "CERT-END", "WHY" };
	bool wide = opts->output == OUTPUT_WIDE;
	size_t columns = wide ? 16 : 10;
	struct table table;

	table_init(&table);
	for (size_t i = 0; !opts->no_headers && i < columns; i++)
		table_cell(&table, "%s", heads[i]);
	table_row(&table);
	for (size_t i = 0; i < s->found->cluster.count; i++)
		add_row(&table, s, i, wide);
	table_print(&table);
}

static void print_backup(const struct status *s)
{
	const struct backup_status *b = &s->backup;
	char age[16];

	if (b->trouble || !b->entry) {
		print_field("newest snapshot", "%s, in %s", b->trouble ? "not known" : "none",
			    b->url);
		return;
	}
	age_text(s->now, b->entry->recipe.taken_at, age);
	print_field("newest snapshot", "%s in %s, %s old, %s", b->entry->name, b->url, age,
		    list_state(b->entry));
	if (b->drilled) {
		age_text(s->now, b->drilled->drill.at, age);
		print_field("last drill", "%s, %s ago, %llu member%s", b->drilled->name, age,
			    (unsigned long long)b->drilled->drill.members,
			    b->drilled->drill.members == 1 ? "" : "s");
	}
}

void status_print(const struct status *s, const struct opts *opts)
{
	size_t shown = s->alarm_count < STATUS_ALARMS_MAX ? s->alarm_count : STATUS_ALARMS_MAX;

	print_members(s, opts);
	if (s->backup.url || s->alarm_count)
		print_line("%s", "");
	if (s->backup.url)
		print_backup(s);
	for (size_t i = 0; i < shown; i++)
		print_field("alarm", "%s", s->alarms[i]);
}

static void set_time(struct arena *arena, struct tree *map, const char *key, uint64_t at)
{
	char when[21];

	if (at)
		time_text(at, when);
	tree_set_string(arena, map, key, at ? when : NULL);
}

static void set_answer(struct arena *arena, struct tree *map, const struct found_node *f,
		       const struct member_status *m)
{
	tree_set_string(arena, map, "role", m->role);
	tree_set_string(arena, map, "id",
			arena_printf(arena, "%016llx", (unsigned long long)f->status.member_id));
	tree_set_number(arena, map, "revision", f->revision);
	tree_set_number(arena, map, "dbSize", f->db_size);
	tree_set_number(arena, map, "dbSizeInUse", f->status.db_in_use);
	if (*f->status.storage_version)
		tree_set_string(arena, map, "storageVersion", f->status.storage_version);
	tree_set_number(arena, map, "raftTerm", f->status.term);
	tree_set_number(arena, map, "raftIndex", f->status.raft_index);
	tree_set_number(arena, map, "raftApplied", f->status.raft_applied);
	if (m->lag_known)
		tree_set_number(arena, map, "lag", m->lag);
}

static struct tree *member_tree(struct arena *arena, const struct status *s, size_t i)
{
	const struct found_node *f = &s->found->found[i];
	const struct member_status *m = &s->members[i];
	struct tree *map = tree_map(arena);

	tree_set_string(arena, map, "name", s->found->cluster.members[i].name);
	tree_set_string(arena, map, "node", s->found->nodes[i].name);
	tree_set_string(arena, map, "address", s->found->nodes[i].address);
	tree_set_string(arena, map, "health", m->health);
	tree_set_bool(arena, map, "answers", f->answers);
	tree_set_string(arena, map, "trouble", f->answers ? NULL : f->silence);
	tree_set_string(arena, map, "version", f->version);
	if (m->quota)
		tree_set_number(arena, map, "quota", m->quota);
	set_time(arena, map, "certificateEnd", f->certificate_end);
	if (f->answers)
		set_answer(arena, map, f, m);
	return map;
}

static struct tree *drill_tree(struct arena *arena, const struct status *s)
{
	const struct catalog_entry *e = s->backup.drilled;
	struct tree *map = tree_map(arena);

	tree_set_string(arena, map, "name", e->name);
	set_time(arena, map, "at", e->drill.at);
	tree_set_number(arena, map, "ageSeconds", s->now > e->drill.at ? s->now - e->drill.at : 0);
	tree_set_number(arena, map, "members", e->drill.members);
	return map;
}

static struct tree *backup_tree(struct arena *arena, const struct status *s)
{
	const struct catalog_entry *e = s->backup.entry;
	struct tree *map = tree_map(arena);

	if (!s->backup.url)
		return tree_new_string(arena, NULL);
	tree_set_string(arena, map, "store", s->backup.url);
	tree_set_string(arena, map, "trouble",
			s->backup.trouble ? s->backup.trouble
			: e               ? e->trouble
					  : NULL);
	tree_set_number(arena, map, "unreadableRecipes", s->backup.unread);
	tree_set_string(arena, map, "name", e ? e->name : NULL);
	if (!e)
		return map;
	tree_set_string(arena, map, "state", list_state(e));
	set_time(arena, map, "takenAt", e->recipe.taken_at);
	tree_set_number(arena, map, "ageSeconds",
			s->now > e->recipe.taken_at ? s->now - e->recipe.taken_at : 0);
	tree_set_number(arena, map, "revision", e->recipe.revision);
	tree_set_string(arena, map, "member", e->recipe.member);
	if (s->backup.drilled)
		tree_set(arena, map, "lastDrill", drill_tree(arena, s));
	return map;
}

struct tree *status_tree(struct arena *arena, const struct status *s)
{
	struct tree *top = tree_map(arena), *members = tree_list(arena), *alarms = tree_list(arena);
	const struct cluster *c = &s->found->cluster;

	tree_set_string(arena, top, "kind", "ClusterStatus");
	tree_set_string(arena, top, "apiVersion", "etcd-backup/v1");
	tree_set_string(arena, top, "name", c->name);
	tree_set_string(arena, top, "id",
			c->id ? arena_printf(arena, "%016llx", (unsigned long long)c->id) : NULL);
	tree_set_bool(arena, top, "ok", !s->alarm_count);
	for (size_t i = 0; i < c->count; i++)
		tree_add(members, member_tree(arena, s, i));
	tree_set(arena, top, "members", members);
	tree_set(arena, top, "backup", backup_tree(arena, s));
	for (size_t i = 0; i < s->alarm_count && i < STATUS_ALARMS_MAX; i++)
		tree_add(alarms, tree_new_string(arena, s->alarms[i]));
	tree_set(arena, top, "alarms", alarms);
	return top;
}
