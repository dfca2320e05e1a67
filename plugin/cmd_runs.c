/*
 * cmd_runs: the runs that this machine has journals of.
 */
#include "play/journal.h"
#include "plugin/print.h"

struct listing {
	const struct opts *opts;
	struct arena *arena;
	struct tree *list;
	struct table table;
	bool as_table;
	size_t count;
};

static int take(void *arg, const struct journal_story *story, const struct err *bad)
{
	struct listing *listing = arg;
	struct tree *one = tree_map(listing->arena);
	static const char *const keys[] = { "run", "cluster", "playbook", "time", "outcome" };

	if (bad) {
		print_warning(bad->text);
		return 0;
	}
	const char *outcome = story->outcome;
	if (!outcome)
		outcome = arena_printf(listing->arena, "unfinished: %s%s%s",
				       story->last_event ? story->last_event : "nothing done yet",
				       story->last_step ? " " : "",
				       story->last_step ? story->last_step : "");
	const char *const cells[] = { story->run, story->cluster,
				      tree_string(story->header, "playbook"),
				      tree_string(story->header, "time"), outcome };
	for (size_t i = 0; i < 5; i++) {
		if (listing->as_table)
			table_cell(&listing->table, "%s", cells[i] ? cells[i] : "");
		tree_set_string(listing->arena, one, keys[i], cells[i]);
	}
	tree_set_bool(listing->arena, one, "committed", story->committed);
	tree_set_string(listing->arena, one, "journal", story->path);
	tree_add(listing->list, one);
	if (listing->as_table)
		table_row(&listing->table);
	listing->count++;
	return 0;
}

int cmd_runs(const struct opts *opts, struct err *err)
{
	scoped(arena) struct arena *arena = arena_new();
	struct listing listing = { .opts = opts, .arena = arena, .list = tree_list(arena) };
	static const char *const heads[] = { "RUN", "CLUSTER", "PLAYBOOK", "BEGUN", "OUTCOME" };

	listing.as_table = opts->output != OUTPUT_JSON && opts->output != OUTPUT_YAML;
	table_init(&listing.table);
	for (size_t i = 0; listing.as_table && !opts->no_headers && i < 5; i++)
		table_cell(&listing.table, "%s", heads[i]);
	if (listing.as_table && !opts->no_headers)
		table_row(&listing.table);
	journal_each(NULL, NULL, arena, take, &listing);
	if (!listing.as_table)
		return print_tree(listing.list, opts->output, err) ? err_status(err->code) : 0;
	table_print(&listing.table); /* frees, too */
	if (!listing.count)
		print_notice("No journals on this machine.");
	return print_flush(err) ? err_status(err->code) : 0;
}
