/*
 * report_last: two drills side by side.
 */
#ifndef PLUGIN_REPORT_LAST_H
#define PLUGIN_REPORT_LAST_H

#include "snapshot/drill_report.h"
#include "store/last_drill.h"

/*
 * snapshot, at, sameSnapshot, and rows: what, unit ("ms", "s", "": a word), then, now (null: not told) and differs.  Times
 * differ when one is half as long again as the other, and a second longer.
 */
struct tree *report_last(struct arena *arena, const struct last_drill *last,
			 const struct drill_report *now);

#endif
