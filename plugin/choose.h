/*
 * choose: which member a snapshot is taken from.
 */
#ifndef PLUGIN_CHOOSE_H
#define PLUGIN_CHOOSE_H

#include "plugin/discover.h"

/*
 * Whether etcd only says that it is full (alarm NOSPACE): its snapshot is good, and wanted before anything is done
 * about that.  `cut`: the text may end in the middle of an alarm.
 */
bool choose_only_full(const char *errors, bool cut);

/*
 * A healthy follower, to spare the leader; the one that is furthest; the leader when there is no other; or the one that
 * is called `name` (of the member or its node; NULL: any).  *chosen is its place.  -1: USAGE (no such member), UNSAFE:
 * none is healthy (each is told with its reason), or they belong to two clusters.
 */
int choose_member(const struct discovery *d, const char *name, size_t *chosen, struct err *err);

#endif
