/*
 * report_drill: what a report of a drill says that one of a restore has not: where it was, what it foresees of a restore, its proofs in
 * words, and what differs from the last drill.
 */
#ifndef PLUGIN_REPORT_DRILL_H
#define PLUGIN_REPORT_DRILL_H

#include "plugin/report.h"

/* For a report whose `drill` is not NULL, all of them. */

/* How it ended, in words. */
const char *report_drill_outcome(const struct report *report);
/* What to do now; NULL: nothing. */
const char *report_drill_next(struct arena *arena, const struct report *report);

/* Adds the drill's proofs to a list of report_proved. */
void report_drill_proved(struct arena *arena, const struct report *report, struct tree *list);

/* Adds the keys `drill` and `lastDrill`; the latter is null when none is known. */
void report_drill(struct arena *arena, const struct report *report, struct tree *top);

#endif
