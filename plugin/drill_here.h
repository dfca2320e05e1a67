/*
 * drill_here: a drill on this machine, without any node.
 */
#ifndef PLUGIN_DRILL_HERE_H
#define PLUGIN_DRILL_HERE_H

#include "plugin/drill_page.h"
#include "plugin/drill_snapshot.h"

/*
 * The plan's source is open; `snapshot` is what was read of it; cancel_fd: readable means give up.  Fills the page, and the
 * report but for its time, and for the page's sake the plan.  Texts live in the plan's arena.  -1: as drill_run.
 */
int drill_here(const struct opts *opts, struct plan *plan, const struct drill_snapshot *snapshot,
	       int cancel_fd, struct drill_page *page, struct drill_report *report,
	       struct err *err);

#endif
