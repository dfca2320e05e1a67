/*
 * runs_print: see runs_print.h.
 */
#include "plugin/runs_print.h"

#include "plugin/discover_compare.h"
#include "plugin/print.h"
#include "plugin/runs_find.h"

#include <string.h>

const char *runs_need(struct arena *arena, const struct found_run *run)
{
	const struct rerun *rerun = &run->rerun;
	const struct run_state *told = rerun->told;

	if (run->trouble)
		return arena_printf(arena, "by hand, resume refuses it: %s", run->trouble);
	switch (rerun_next(rerun)) {
	case RERUN_ENDED:
		return told->joins ? "nothing; or clean" : "nothing; rollback or clean";
	case RERUN_ON:
		return strcmp(told->playbook, "clean") == 0 ? "resume: it is only finished"
							    : "resume";
	case RERUN_BACK:
		return told->drill_port ? "resume --undo"
		       : !rerun->locked ? "resume --undo: to tidy up"
					: "resume: it was going back";
	case RERUN_EITHER:
		break;
	}
	/* its member is asked for after the swap; whether it votes only the cluster can tell, and resume asks it */
	return told->joins && rerun->furthest >= PHASE_SWAPPED
		       ? "resume; --undo only before the member's vote"
		       : "resume or resume --undo";
}

enum { CELLS = 6 };

static void cells_of(struct arena *arena, const struct found_run *run, const char *cells[CELLS])
{
	const struct run_state *told = run->rerun.told;

	cells[0] = run->rerun.run;
	cells[1] = told->playbook;
	cells[2] = told->since;
	cells[3] = told->operator;
	cells[4] = phase_text(run->rerun.furthest);
	cells[5] = runs_need(arena, run);
}

static int print_document(const struct opts *opts, struct arena *arena, const struct runs *runs,
			  struct err *err)
{
	static const char *const keys[CELLS] = { "run",      "playbook", "since",
						 "operator", "state",    "needs" };
	struct tree *list = tree_list(arena);

	for (size_t i = 0; i < runs->count; i++) {
		struct tree *one = tree_map(arena);
		const char *cells[CELLS];
		cells_of(arena, &runs->list[i], cells);
		for (size_t k = 0; k < CELLS; k++)
			tree_set_string(arena, one, keys[k], cells[k]);
		tree_set_bool(arena, one, "locked", runs->list[i].rerun.locked);
		tree_add(list, one);
	}
	return print_tree(list, opts->output, err);
}

static int print_runs(const struct opts *opts, struct arena *arena, const struct runs *runs,
		      struct err *err)
{
	static const char *const heads[CELLS] = {
		"RUN", "PLAYBOOK", "SINCE", "BY", "STATE", "NEEDS"
	};
	struct table table;

	if (opts->output == OUTPUT_JSON || opts->output == OUTPUT_YAML)
		return print_document(opts, arena, runs, err);
	if (!runs->count) {
		print_notice(runs->partial || runs->warning_count
				     ? "No other run is known to the nodes that could be asked."
				     : "No node knows of a run.");
		return 0;
	}
	table_init(&table);
	for (size_t i = 0; !opts->no_headers && i < CELLS; i++)
		table_cell(&table, "%s", heads[i]);
	if (!opts->no_headers)
		table_row(&table);
	for (size_t i = 0; i < runs->count; i++) {
		const char *cells[CELLS];
		cells_of(arena, &runs->list[i], cells);
		for (size_t k = 0; k < CELLS; k++)
			table_cell(&table, "%s", cells[k] ? cells[k] : "");
		table_row(&table);
	}
	table_print(&table);
	return print_flush(err);
}

/* What the list may lack. */
static void warn(const struct plan *plan, const struct runs *runs)
{
	const struct discovery *d = &plan->found;

	if (d->missing_count)
		print_warning(arena_printf(plan->arena,
					   "member %s is on none of the nodes that were asked: "
					   "what is known there is not shown",
					   discover_missing(d)));
	for (size_t i = 0; i < runs->warning_count; i++)
		print_warning(runs->warnings[i]);
	if (runs->older)
		print_warning(arena_printf(plan->arena,
					   "only the newest %zu runs are shown, and there are "
					   "more: clean those that are not needed",
					   runs->count));
}

int runs_show_nodes(const struct opts *opts, struct plan *plan, struct err *err)
{
	struct runs *runs = arena_alloc(plan->arena, sizeof(*runs));

	if (plan_survey(opts, plan, err) || runs_find(plan, runs, err))
		return -1;
	warn(plan, runs);
	return print_runs(opts, plan->arena, runs, err);
}
