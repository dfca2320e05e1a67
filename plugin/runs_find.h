/*
 * runs_find: the runs that the nodes know, whichever of the nodes can be asked.
 */
#ifndef PLUGIN_RUNS_FIND_H
#define PLUGIN_RUNS_FIND_H

#include "plugin/plan.h"
#include "plugin/rerun.h"

enum { RUNS_MAX = 64, RUNS_WARNINGS_MAX = CLUSTER_MEMBERS_MAX * (RUNS_MAX + 1) };

struct found_run {
	struct rerun
		rerun; /* told is set; committed does not count a vote, which only the cluster knows */
	const char *trouble; /* why resume refuses it; NULL: nothing is known */
};

/* Strings are the plan's. */
struct runs {
	struct found_run list[RUNS_MAX]; /* the newest, newest first */
	size_t count;
	bool older;   /* there are more */
	bool partial; /* not all nodes could be asked */
	const char *warnings[RUNS_WARNINGS_MAX];
	size_t warning_count;
};

/*
 * Asks every node of a survey (plan_survey) that was reached.  One that does not answer, and a state.json that is damaged or
 * of another version, are left out with a warning.  -1: CANCELLED, or no node told anything.
 */
int runs_find(struct plan *plan, struct runs *out, struct err *err);

#endif
