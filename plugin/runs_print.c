/*
 * runs_print: see runs_print.h.
 */
#include "plugin/runs_print.h"

#include "play/state.h"
#include "plugin/print.h"
#include "plugin/rerun.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ASK_MS = 60 * 1000, RUNS_MAX = 64 };

struct node_runs {
	size_t count;
	char names[RUNS_MAX][RUN_ID_SIZE];
	struct run_state states[RUNS_MAX];
};

struct reading {
	struct plan *plan;
	struct node_runs nodes[CLUSTER_MEMBERS_MAX];
};

static int read_runs(struct node *node, void *arg, struct err *err)
{
	struct reading *reading = arg;
	struct node_runs *own = &reading->nodes[node->index];
	struct arena *arena = reading->plan->found.arenas[node->index];
	uint64_t deadline = deadline_in(ASK_MS);
	size_t older;

	if (state_runs(node, deadline, own->names, RUNS_MAX, &own->count, &older, err))
		return -1;
	for (size_t i = 0; i < own->count; i++)
		if (state_read(node, own->names[i], arena, deadline, &own->states[i], err))
			return -1;
	return 0;
}

/* One run over all nodes. */
struct sum {
	const char *name;
	const struct run_state *told;
	enum run_phase furthest;
	bool locked, undoing;
};

static void add(struct sum sums[], size_t *count, const char *name, const struct run_state *state)
{
	size_t i = 0;

	if (!state->found)
		return;
	while (i < *count && strcmp(sums[i].name, name) != 0)
		i++;
	if (i == RUNS_MAX)
		return;
	if (i == *count)
		sums[(*count)++] = (struct sum){ .name = name, .told = state };
	if (state->phase > sums[i].furthest)
		sums[i].furthest = state->phase;
	sums[i].locked |= state->locked;
	sums[i].undoing |= state->undoing;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct sum *)b)->name, ((const struct sum *)a)->name);
}

static const char *need_of(const struct sum *sum)
{
	if (sum->furthest == PHASE_API_STARTED)
		return sum->locked        ? "resume"
		       : sum->told->joins ? "nothing; or clean"
					  : "nothing; rollback or clean";
	if (strcmp(sum->told->playbook, "clean") == 0)
		return "resume: it is only finished";
	if (!sum->locked)
		return "resume --undo: to tidy up";
	return sum->undoing ? "resume: it was going back" : "resume or resume --undo";
}

enum { CELLS = 6 };

static void cells_of(const struct sum *sum, const char *cells[CELLS])
{
	cells[0] = sum->name;
	cells[1] = sum->told->playbook;
	cells[2] = sum->told->since;
	cells[3] = sum->told->operator;
	cells[4] = phase_text(sum->furthest);
	cells[5] = need_of(sum);
}

static int print_document(const struct opts *opts, struct arena *arena, const struct sum sums[],
			  size_t count, struct err *err)
{
	static const char *const keys[CELLS] = { "run",      "playbook", "since",
						 "operator", "state",    "needs" };
	struct tree *list = tree_list(arena);

	for (size_t i = 0; i < count; i++) {
		struct tree *one = tree_map(arena);
		const char *cells[CELLS];
		cells_of(&sums[i], cells);
		for (size_t k = 0; k < CELLS; k++)
			tree_set_string(arena, one, keys[k], cells[k]);
		tree_set_bool(arena, one, "locked", sums[i].locked);
		tree_add(list, one);
	}
	return print_tree(list, opts->output, err);
}

static int print_sums(const struct opts *opts, struct plan *plan, const struct sum sums[],
		      size_t count, struct err *err)
{
	static const char *const heads[CELLS] = {
		"RUN", "PLAYBOOK", "SINCE", "BY", "STATE", "NEEDS"
	};
	struct table table;

	if (opts->output == OUTPUT_JSON || opts->output == OUTPUT_YAML)
		return print_document(opts, plan->arena, sums, count, err);
	if (!count) {
		print_notice("No node knows of a run.");
		return 0;
	}
	table_init(&table);
	for (size_t i = 0; !opts->no_headers && i < CELLS; i++)
		table_cell(&table, "%s", heads[i]);
	if (!opts->no_headers)
		table_row(&table);
	for (size_t i = 0; i < count; i++) {
		const char *cells[CELLS];
		cells_of(&sums[i], cells);
		for (size_t k = 0; k < CELLS; k++)
			table_cell(&table, "%s", cells[k] ? cells[k] : "");
		table_row(&table);
	}
	table_print(&table);
	return print_flush(err);
}

int runs_show_nodes(const struct opts *opts, struct plan *plan, struct err *err)
{
	struct reading *reading = mem_zalloc(sizeof(*reading));
	struct sum sums[RUNS_MAX];
	struct err errs[CLUSTER_MEMBERS_MAX];
	size_t count = 0;

	reading->plan = plan;
	int failed = plan_found(opts, plan, err);
	if (!failed && fleet_each(plan->found.fleet, read_runs, reading, NULL, errs, NULL, NULL))
		failed = fleet_first(plan->found.fleet, errs, err);
	for (size_t n = 0; !failed && n < plan->found.cluster.count; n++)
		for (size_t i = 0; i < reading->nodes[n].count; i++)
			add(sums, &count, reading->nodes[n].names[i], &reading->nodes[n].states[i]);
	if (!failed) {
		if (count)
			qsort(sums, count, sizeof(sums[0]), by_name);
		failed = print_sums(opts, plan, sums, count, err);
	}
	free(reading);
	return failed ? -1 : 0;
}
