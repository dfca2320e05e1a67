/*
 * rerun_members: with which members a run that is found again may be gone on with.
 */
#ifndef PLUGIN_RERUN_MEMBERS_H
#define PLUGIN_RERUN_MEMBERS_H

#include "plugin/rerun.h"

/*
 * Those of the nodes must be those of then, but for members of --without: they may be left out where nothing more is built with them, on
 * the way back, and past the commit; and no quorum of them may be outside the cluster of now.  Sets the plan's outside, lacks, the
 * context's lacks_members and no_quorum, committed where the journal here knows of a commit that no node does, and abandoned where others
 * than a rejoin's node are outside and that one is done with it.
 * -1: UNSAFE.
 */
int rerun_check_members(const struct opts *opts, struct plan *plan, struct rerun *rerun,
			struct err *err);

/* A run that has passed that check is not stopped for it: what is wrong with --without is told. */
void rerun_tell_without(const struct opts *opts, struct plan *plan, const struct rerun *rerun);

/*
 * Whether the nodes are no quorum of the voters that their members list; where none does, as an etcd that was started without its
 * quorum, of the members that the run had, the one that comes back among them.
 */
bool rerun_lacks_quorum(const struct discovery *found, const struct run_state *told);

/* Before a rollback: -1 (UNSAFE) when what the run kept has voters that are on none of the nodes: wait-etcd wants to see all. */
int rerun_check_target(const struct plan *plan, const struct rerun *target, struct err *err);

/*
 * The member of the rejoin's node among those that the run had and the nodes have not, which are all to be of --without; by the node's name where
 * there are several.  In the plan's arena.  NULL: which it is cannot be told.
 */
const struct member *rerun_gone(const struct opts *opts, struct plan *plan,
				const struct run_state *told);

#endif
