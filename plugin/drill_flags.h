/*
 * drill_flags: which flags of a drill go together.
 */
#ifndef PLUGIN_DRILL_FLAGS_H
#define PLUGIN_DRILL_FLAGS_H

#include "plugin/plan.h"

/* -1: USAGE. */
int drill_flags_check(const struct opts *opts, struct err *err);

/* Which snapshot, as source_open takes it; the word may be left out beside --from.  NULL: USAGE. */
const char *drill_flags_snapshot(const struct opts *opts, struct err *err);

/*
 * From the real cluster of the plan to the scratch one: its ports, its limit (limit_s, in seconds, without --timeout) and
 * programs by the flags; no bump, nobody to wait for.  The plan borrows `drill`, whose other fields are the caller's.  -1: as
 * drill_cluster and plan_members.
 */
int drill_flags_settle(const struct opts *opts, struct plan *plan, struct play_drill *drill,
		       uint64_t limit_s, struct err *err);

#endif
