/*
 * absent: the member that a restore leaves out: it must not serve, or be known to be down.
 */
#ifndef PLUGIN_ABSENT_H
#define PLUGIN_ABSENT_H

#include "plugin/plan.h"

/*
 * Finds the member that is on none of the plan's nodes: in the lists of the members that answer, or, when none tells one, in the
 * snapshot's recipe.  None: 0.  More than one: refused.  Otherwise --without must name it, nothing may answer on its ports when the other nodes
 * ask, and its node must show over SSH that neither etcd nor the API server runs and that no kubelet starts them; or
 * --assume-down says so; plan->left_out then tells which.  -1: UNSAFE, REMOTE (a member answers, and nobody tells who the members are), CANCELLED.
 */
int absent_check(const struct opts *opts, struct plan *plan, struct err *err);

/*
 * Behind absent_check, with --without, when that found nobody: where no member tells who the members are, so that nothing could be
 * asked of that one, --assume-down must say that it is down.  -1: UNSAFE.
 */
int absent_unseen(const struct opts *opts, struct plan *plan, struct err *err);

/*
 * The same, and the name must be one: not of a node that is there (USAGE), nor of nobody whom the members, the recipe or the API
 * name (USAGE, with the names that are known).
 */
int absent_named(const struct opts *opts, struct plan *plan, struct err *err);

#endif
