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
	/* rollback: who votes in the data that it brings back, by node, as cluster_can_serve has it; NULL: it is none, or not known */
	const char *target_voters[CLUSTER_MEMBERS_MAX];
	bool mute; /* a rejoin past its commit, by what stands on the nodes, of which the cluster did not answer */
	enum run_phase furthest;
	bool locked; /* on some node */
	bool undoing;
	bool committed; /* an API server has been started over the new data; rejoin: the member has its vote */
	const char *lacks; /* members of then that are left out now, "cp-2, cp-3"; NULL: none is */
	bool abandoned; /* a rejoin whose node is left out, or is done with it while others are not, or whose member was taken out past the
			   commit: playbooks/abandon.yaml ends it */
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
 * CONFIG when this program has another playbook.  Of one that is abandoned: that playbook, and as ctx.gone the member of its node.
 */
int rerun_context(const struct opts *opts, struct plan *plan, struct rerun *rerun,
		  struct playbook *book, struct err *err);

/*
 * What the states by node say, in one; the plan's nodes give them their names.  asked: of which nodes there is an answer,
 * NULL: of all.  -1: UNSAFE, as above.
 */
int rerun_sum_up(const struct plan *plan, const bool asked[], struct rerun *rerun, struct err *err);

/* What `resume` does with the run; of a rejoin it is certain only when the cluster was asked for the vote (rerun_context). */
enum rerun_next {
	RERUN_ENDED,  /* nothing */
	RERUN_ON,     /* goes on; there is no way back */
	RERUN_BACK,   /* goes back, asked for it or not */
	RERUN_EITHER, /* goes on, or with --undo back */
};
enum rerun_next rerun_next(const struct rerun *rerun);

/* A line a node on stderr: how far the run is there. */
void rerun_show(const struct plan *plan, const struct rerun *rerun);

#endif
