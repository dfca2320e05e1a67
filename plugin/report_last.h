/*
 * report_last: two drills side by side, or a drill and the restore that came of it.
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

/*
 * The same of a restore, of whose snapshot that was the last drill.  `now` is the restore's report as far as it is known: apiDown,
 * members and steps at least.
 */
struct tree *report_last_restore(struct arena *arena, const struct drill_report *drill,
				 const struct tree *now);

#endif
