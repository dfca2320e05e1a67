/*
 * absent: the members that a restore leaves out: they must not serve, or be known to be down.
 */
#ifndef PLUGIN_ABSENT_H
#define PLUGIN_ABSENT_H

#include "plugin/plan.h"

/*
 * Finds the members that are on none of the plan's nodes: in the lists of the members that answer, or, when none tells one, in the
 * snapshot's recipe.  None: 0.  Otherwise --without must name each, nothing may answer on its ports when the other nodes
 * ask, and its node must show over SSH that neither etcd nor the API server runs and that no kubelet starts them; or
 * --assume-down says so; plan->left_out then has each.  -1, with what is wrong with all of them: UNSAFE, REMOTE (a member answers, and nobody
 * tells who the members are), SSH, TIMEOUT, CANCELLED.
 */
int absent_check(const struct opts *opts, struct plan *plan, struct err *err);

/*
 * Behind absent_check, of each of --without that it did not find: where no member tells who the members are, so that nothing could be
 * asked of that one, --assume-down must say that it is down.  -1: UNSAFE.
 */
int absent_unseen(const struct opts *opts, struct plan *plan, struct err *err);

/*
 * The same, and each name must be one: not of a node that is there (USAGE), nor of nobody whom the members, the recipe or the API
 * name (USAGE, with the names that are known).
 */
int absent_named(const struct opts *opts, struct plan *plan, struct err *err);

/* Whether one of them has found the member of that name to be left out. */
bool absent_is_left_out(const struct plan *plan, const char *name);

#endif
