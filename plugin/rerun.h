/*
 * rerun: a run that was begun earlier, here or elsewhere, found again on the nodes.
 */
#ifndef PLUGIN_RERUN_H
#define PLUGIN_RERUN_H

#include "play/journal.h"
#include "play/playbook.h"
#include "play/state.h"
#include "plugin/plan.h"

struct rerun {
	const char *run;
	struct run_state states[CLUSTER_MEMBERS_MAX]; /* by node */
	const struct run_state *told; /* one of them that has a state.json; NULL: none has */
	enum run_phase furthest;
	bool locked; /* on some node */
	bool undoing;
	bool committed; /* an API server has been started over the new data; rejoin: the member has its vote */
	bool lacks;     /* a member of then is left out now */
	bool has_story; /* this machine has its journal */
	struct journal_story story;
};

/*
 * Reads this machine's journal of the run, if there is one, then finds the cluster (by --nodes, by the journal's members, by the
 * API) and asks every node.  -1: as discover(); USAGE (no name of a run); UNSAFE (no node knows the run; nodes that tell
 * different stories).
 */
int rerun_find(const struct opts *opts, const char *run, struct plan *plan, struct rerun *out,
	       struct err *err);

/*
 * Puts into the plan's context what the run was begun with.  -1: UNSAFE when the members are not those of then;
 * CONFIG when this program has another playbook.
 */
int rerun_context(const struct opts *opts, struct plan *plan, struct rerun *rerun,
		  struct playbook *book, struct err *err);

/* A line a node on stderr: how far the run is there. */
void rerun_show(const struct plan *plan, const struct rerun *rerun);

#endif
