/*
 * diff_print: see diff_print.h.  The lines and tables; the document is in diff_tree.c.
 */
#include "plugin/diff_print.h"

#include <stdio.h>

enum { NAME_SIZE = OBJECT_RESOURCE_TEXT + OBJECT_WORD_SHOWN + OBJECT_KEY_SHOWN + 4 };

bool diff_differs(const struct etcd_diff *diff)
{
	return diff->count[DIFF_ADDED] || diff->count[DIFF_REMOVED] || diff->count[DIFF_CHANGED];
}

struct diff_wish diff_wish(const struct opts *opts)
{
	bool wanted = opts->names || opts->output == OUTPUT_NAME;

	return (struct diff_wish){ .names = wanted ? DIFF_NAMES_MAX : 0,
				   .also_itself = opts->output == OUTPUT_WIDE };
}

static bool any(const uint64_t count[DIFF_CHANGES])
{
	return count[DIFF_ADDED] || count[DIFF_REMOVED] || count[DIFF_CHANGED];
}

static void print_side(const char *name, const struct source *s, uint64_t revision)
{
	char when[21] = "";

	if (s->recipe.taken_at)
		time_text(s->recipe.taken_at, when);
	print_field(name, "%s, revision %llu%s%s", s->shown, (unsigned long long)revision,
		    *when ? ", " : "", when);
}

static void print_facts(const struct comparison *c)
{
	const struct etcd_diff *d = c->diff;

	print_side("from", c->from, c->from_revision);
	print_side("to", c->to, c->to_revision);
	print_field("same", "%llu", (unsigned long long)d->same);
	print_field("added", "%llu", (unsigned long long)d->count[DIFF_ADDED]);
	print_field("removed", "%llu", (unsigned long long)d->count[DIFF_REMOVED]);
	print_field("changed", "%llu", (unsigned long long)d->count[DIFF_CHANGED]);
	print_field("by themselves",
		    "%llu added, %llu removed, %llu changed (events, leases and the like)",
		    (unsigned long long)d->itself[DIFF_ADDED],
		    (unsigned long long)d->itself[DIFF_REMOVED],
		    (unsigned long long)d->itself[DIFF_CHANGED]);
}

/* Heads of a table that comes after an empty line. */
static void print_heads(const struct opts *opts, struct table *table, const char *const heads[])
{
	print_line("%s", "");
	table_init(table);
	for (size_t i = 0; !opts->no_headers && heads[i]; i++)
		table_cell(table, "%s", heads[i]);
	table_row(table);
}

static void print_count(struct table *table, const struct diff_count *place,
			const uint64_t count[DIFF_CHANGES])
{
	if (!any(count))
		return;
	table_cell(table, "%s", place->resource);
	table_cell(table, "%s", place->namespace_);
	for (size_t i = 0; i < DIFF_CHANGES; i++)
		table_cell(table, "%llu", (unsigned long long)count[i]);
	table_row(table);
}

static void print_places(const struct etcd_diff *d, const struct opts *opts)
{
	static const char *const heads[] = { "RESOURCE", "NAMESPACE", "ADDED",
					     "REMOVED",  "CHANGED",   NULL };
	bool wide = opts->output == OUTPUT_WIDE;
	struct table table;

	if (!any(d->count) && !(wide && any(d->itself)))
		return;
	print_heads(opts, &table, heads);
	for (size_t i = 0; i < d->place_count; i++) {
		print_count(&table, &d->places[i], d->places[i].count);
		if (wide)
			print_count(&table, &d->places[i], d->places[i].itself);
	}
	table_print(&table);
	if (any(d->left_out))
		print_line("%llu added, %llu removed, %llu changed are not counted by namespace: "
			   "there are too many",
			   (unsigned long long)d->left_out[DIFF_ADDED],
			   (unsigned long long)d->left_out[DIFF_REMOVED],
			   (unsigned long long)d->left_out[DIFF_CHANGED]);
}

static void print_names(const struct etcd_diff *d, const struct opts *opts)
{
	static const char *const heads[] = { "CHANGE", "RESOURCE", "NAMESPACE", "NAME", NULL };
	static const char *const changes[] = { "added", "removed", "changed" };
	struct table table;

	if (d->name_count)
		print_heads(opts, &table, heads);
	for (size_t i = 0; i < d->name_count; i++) {
		const struct diff_name *n = &d->names[i];
		table_cell(&table, "%s", changes[n->change]);
		table_cell(&table, "%s", n->place ? n->place->resource : "?");
		table_cell(&table, "%s", n->place ? n->place->namespace_ : "?");
		table_cell(&table, "%s", n->name);
		table_row(&table);
	}
	if (d->name_count)
		table_print(&table);
	if (d->names_left_out)
		print_line("%llu more objects are not named",
			   (unsigned long long)d->names_left_out);
}

static void print_plain_names(const struct etcd_diff *d)
{
	for (size_t i = 0; i < d->name_count; i++) {
		const struct diff_name *n = &d->names[i];
		const char *resource = n->place ? n->place->resource : "?";
		const char *space = n->place ? n->place->namespace_ : "";
		char name[NAME_SIZE], safe[2 * NAME_SIZE];
		snprintf(name, sizeof(name), "%s%s%s%s%s", resource, *resource ? "/" : "", space,
			 *space ? "/" : "", n->name);
		escape_text(name, false, safe, sizeof(safe));
		print_line("%s", safe);
	}
	if (d->names_left_out)
		print_notice("%llu more objects are not named",
			     (unsigned long long)d->names_left_out);
}

void diff_print(const struct comparison *c, const struct opts *opts)
{
	if (opts->output == OUTPUT_NAME) {
		print_plain_names(c->diff);
		return;
	}
	print_facts(c);
	print_places(c->diff, opts);
	if (opts->names)
		print_names(c->diff, opts);
}
