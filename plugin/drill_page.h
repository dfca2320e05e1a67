/*
 * drill_page: the report of a drill that --report asks for.
 */
#ifndef PLUGIN_DRILL_PAGE_H
#define PLUGIN_DRILL_PAGE_H

#include "plugin/opts.h"
#include "plugin/report.h"

/* What becomes known of a drill while it goes on.  It is large. */
struct drill_page {
	struct report report; /* whoever plays the drill sets outcome, ended and journal */
	struct progress progress;
	struct drill_report
		shown; /* as the drill's own, and of one that failed what it had proved */
	struct last_drill last;
};

/* With the source open.  Looks for the last drill when a report is asked for; a store that does not answer is told. */
void drill_page_open(struct drill_page *page, const struct opts *opts, struct plan *plan,
		     int cancel_fd);

/* The record begins. */
void drill_page_begin(struct drill_page *page, const struct opts *opts);

/* Writes it, when one is asked for and the drill has begun.  A report that cannot be written is a warning. */
void drill_page_end(struct drill_page *page, const struct opts *opts,
		    const struct drill_report *report, int status, const struct err *err);

#endif
