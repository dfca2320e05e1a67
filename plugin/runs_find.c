/*
 * runs_find: see runs_find.h.
 */
#include "plugin/runs_find.h"

#include <stdlib.h>
#include <string.h>

enum { ASK_MS = 60 * 1000 };

/* What one node says; written by its worker. */
struct node_runs {
	size_t count, older;
	char names[RUNS_MAX][RUN_ID_SIZE];
	struct run_state states[RUNS_MAX];
	const char *unread[RUNS_MAX]; /* why its state is not known; NULL: it is */
};

struct asking {
	struct plan *plan;
	bool asked[CLUSTER_MEMBERS_MAX];
	struct node_runs nodes[CLUSTER_MEMBERS_MAX];
};

static bool is_lost(const struct err *err)
{
	return err->code == ERR_SSH || err->code == ERR_TIMEOUT || err->code == ERR_CANCELLED;
}

static int ask_node(struct node *node, void *arg, struct err *err)
{
	struct asking *asking = arg;
	struct node_runs *own = &asking->nodes[node->index];
	struct arena *arena = asking->plan->found.arenas[node->index];
	uint64_t deadline = deadline_in(ASK_MS);
	struct lock lock;

	/* a lock that is not understood would be in the way of each of its runs */
	if (state_lock(node, deadline, &lock, err) ||
	    state_runs(node, deadline, own->names, RUNS_MAX, &own->count, &own->older, err))
		return -1;
	for (size_t i = 0; i < own->count; i++) {
		struct err bad = ERR_INIT;
		if (!state_read(node, own->names[i], arena, deadline, &own->states[i], &bad))
			continue;
		if (is_lost(&bad)) {
			*err = bad;
			return -1;
		}
		own->unread[i] = arena_printf(arena,
					      "%s: run %s is not shown as this node has it: "
					      "%s",
					      node->name, own->names[i], bad.text);
	}
	return 0;
}

static void warn(struct runs *runs, const char *words)
{
	if (runs->warning_count < RUNS_WARNINGS_MAX)
		runs->warnings[runs->warning_count++] = words;
}

static void warn_silent(struct plan *plan, struct runs *runs, size_t i, const char *why)
{
	runs->partial = true;
	warn(runs,
	     arena_printf(plan->arena, "%s %s, what it knows is not shown: %s",
			  plan->found.nodes[i].name,
			  plan->found.found[i].reached ? "could not be read" : "does not answer",
			  why));
}

/* asking->asked: those that told all they know. */
static int ask_all(struct asking *asking, struct runs *out, struct err *err)
{
	struct plan *plan = asking->plan;
	struct err errs[CLUSTER_MEMBERS_MAX] = { 0 };
	bool reached[CLUSTER_MEMBERS_MAX], some = false;

	for (size_t i = 0; i < plan->found.cluster.count; i++)
		reached[i] = plan->found.found[i].reached;
	fleet_each(plan->found.fleet, ask_node, asking, reached, errs, NULL, NULL);
	for (size_t i = 0; i < plan->found.cluster.count; i++) {
		if (errs[i].code == ERR_CANCELLED)
			return fleet_first(plan->found.fleet, errs, err);
		asking->asked[i] = reached[i] && !errs[i].code;
		some |= asking->asked[i];
		if (!asking->asked[i])
			warn_silent(plan, out, i,
				    reached[i] ? errs[i].text : plan->found.found[i].silence);
	}
	return some ? 0 : fleet_first(plan->found.fleet, errs, err);
}

static int newest_first(const void *a, const void *b)
{
	return strcmp(*(const char *const *)b, *(const char *const *)a);
}

/* Every name once, newest first.  A node that had no room for all has RUNS_MAX that are newer than those. */
static size_t list_names(const struct asking *asking, struct runs *out, const char *names[])
{
	size_t count = 0, kept = 0;

	for (size_t n = 0; n < CLUSTER_MEMBERS_MAX; n++) {
		const struct node_runs *own = &asking->nodes[n];
		if (!asking->asked[n])
			continue;
		for (size_t i = 0; i < own->count; i++)
			names[count++] = own->names[i];
		out->older |= own->older > 0;
	}
	if (count)
		qsort(names, count, sizeof(names[0]), newest_first);
	for (size_t i = 0; i < count; i++) {
		if (kept && strcmp(names[kept - 1], names[i]) == 0)
			continue;
		if (kept == RUNS_MAX) {
			out->older = true;
			break;
		}
		names[kept++] = names[i];
	}
	return kept;
}

/* One run over all nodes; told of by none: only its folder is there. */
static void sum_up(const struct asking *asking, const char *name, struct runs *out)
{
	const struct plan *plan = asking->plan;
	struct found_run *one = &out->list[out->count];
	bool asked[CLUSTER_MEMBERS_MAX];
	struct err err = ERR_INIT;

	*one = (struct found_run){ .rerun.run = arena_strdup(plan->arena, name) };
	for (size_t n = 0; n < plan->found.cluster.count; n++) {
		const struct node_runs *own = &asking->nodes[n];
		asked[n] = asking->asked[n];
		for (size_t i = 0; asking->asked[n] && i < own->count; i++) {
			if (strcmp(own->names[i], name) != 0)
				continue;
			asked[n] = !own->unread[i];
			if (asked[n])
				one->rerun.states[n] = own->states[i];
			else
				warn(out, own->unread[i]);
		}
	}
	if (rerun_sum_up(plan, asked, &one->rerun, &err))
		one->trouble = arena_strdup(plan->arena, err.text);
	out->count += one->rerun.told != NULL;
}

int runs_find(struct plan *plan, struct runs *out, struct err *err)
{
	struct asking *asking = arena_alloc(plan->arena, sizeof(*asking));
	const char *names[CLUSTER_MEMBERS_MAX * RUNS_MAX];

	*out = (struct runs){ .count = 0 };
	asking->plan = plan;
	if (ask_all(asking, out, err))
		return -1;
	size_t count = list_names(asking, out, names);
	for (size_t i = 0; i < count; i++)
		sum_up(asking, names[i], out);
	return 0;
}
