/*
 * report: all that is known of a run when it has ended, as one document: for JSON as it is, for the page and its picture
 * the only source, so that all say the same.  docs/report.md has its keys.
 */
#ifndef PLUGIN_REPORT_H
#define PLUGIN_REPORT_H

#include "play/play.h"
#include "plugin/plan.h"
#include "plugin/progress.h"
#include "snapshot/drill_report.h"
#include "store/last_drill.h"

/* What ended how; all borrowed. */
struct report {
	const struct plan *plan;
	const struct progress *progress;
	bool earlier; /* an earlier process began the run */
	bool undo;    /* going back is what was wanted */
	enum play_outcome outcome;
	int status;                       /* exit status */
	const struct err *err;            /* NULL or code NONE: nothing failed */
	uint64_t began_at;                /* seconds since 1970 */
	uint64_t ended;                   /* ms since progress->began */
	const char *journal;              /* its path; NULL: there is none */
	const struct drill_report *drill; /* what it proved and measured; NULL: it is no drill */
	const struct last_drill
		*last; /* of a drill: the one before it; NULL: it was not looked for */
};

struct tree *report_tree(struct arena *arena, const struct report *report);

/* A number of it; 0 when it is not there. */
uint64_t report_number(const struct tree *map, const char *key);

#endif
