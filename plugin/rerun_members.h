/*
 * rerun_members: with which members a run that is found again may be gone on with.
 */
#ifndef PLUGIN_RERUN_MEMBERS_H
#define PLUGIN_RERUN_MEMBERS_H

#include "plugin/rerun.h"

/*
 * Those of the nodes must be those of then, but for members of --without: they may be left out where nothing more is built with them, on
 * the way back, and past the commit; and no quorum of them may be outside the cluster of now.  Sets the plan's outside, lacks, the context's no_quorum, and committed where the journal here knows of a commit that no node does.
 * -1: UNSAFE.
 */
int rerun_check_members(const struct opts *opts, struct plan *plan, struct rerun *rerun,
			struct err *err);

/* A run that has passed that check is not stopped for it: what is wrong with --without is told. */
void rerun_tell_without(const struct opts *opts, struct plan *plan, const struct rerun *rerun);

/*
 * The member of the rejoin's node among those that the run had and the nodes have not, which are all to be of --without; by the node's name where
 * there are several.  In the plan's arena.  NULL: which it is cannot be told.
 */
const struct member *rerun_gone(const struct opts *opts, struct plan *plan,
				const struct run_state *told);

#endif
