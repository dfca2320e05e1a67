/*
 * drill_left: what a drill, or a browse, has left on the nodes that was killed.
 */
#ifndef PLUGIN_DRILL_LEFT_H
#define PLUGIN_DRILL_LEFT_H

#include "plugin/plan.h"

/*
 * Undoes those that are surely dead: begun on this machine by a process that is gone, or older than they may be.  The
 * others are left alone.  -1: as rerun_find and perform.
 */
int drill_left_undo(const struct opts *opts, const struct plan *plan, struct err *err);

#endif
