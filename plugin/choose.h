/*
 * choose: which members a snapshot is taken from.
 */
#ifndef PLUGIN_CHOOSE_H
#define PLUGIN_CHOOSE_H

#include "plugin/discover.h"
#include "plugin/health.h"

/* As it was when the cluster was discovered. */
unsigned choose_health(const struct found_node *found);

/*
 * A healthy follower, to spare the leader; the one that has applied most; the leader when there is no other; or the one
 * that is called `name` (of the member or its node; NULL: any).  A learner, a member without a leader or with an alarm
 * CORRUPT only with `degraded`, and then only when no other is healthy.  *chosen is its place.  -1: USAGE (no such
 * member), UNSAFE: none may be taken (each is told with its reason), or they belong to two clusters.
 */
int choose_member(const struct discovery *d, const char *name, bool degraded, size_t *chosen,
		  struct err *err);

/*
 * All that may be taken: wanted[i].  Why another one may not is in why[i] (UNSAFE).  -1: as choose_member when there
 * is none.
 */
int choose_all(const struct discovery *d, bool degraded, bool wanted[], struct err why[],
	       struct err *err);

#endif
