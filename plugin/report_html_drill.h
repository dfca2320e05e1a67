/*
 * report_html_drill: what the page of a drill has that others have not, and what differs from the last one.
 */
#ifndef PLUGIN_REPORT_HTML_DRILL_H
#define PLUGIN_REPORT_HTML_DRILL_H

#include "base/tree.h"
#include "plugin/html.h"

#include <stdbool.h>

/* From the document of report_tree, all of them. */
bool report_html_is_drill(const struct tree *report);

/* `outcome` of the document, in the page's words. */
const char *report_html_drill_outcome(const char *outcome);

/* In which step and on which nodes it failed: a paragraph; nothing when no step failed. */
void report_html_drill_where(struct html *html, const struct tree *report);

/* Rows for a dl: where, by what, what it foresees. */
void report_html_drill_rows(struct html *html, const struct tree *report);

/* What differs from the last drill: a section; nothing in the page of another run that had none. */
void report_html_last(struct html *html, const struct tree *report);

#endif
