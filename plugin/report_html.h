/*
 * report_html: the document of report_tree as one page: no scripts, nothing from elsewhere, light and dark, for a wide window
 * and a small one.
 */
#ifndef PLUGIN_REPORT_HTML_H
#define PLUGIN_REPORT_HTML_H

#include "base/buf.h"
#include "base/err.h"
#include "base/tree.h"

/* Adds the page.  -1 (BUG): it does not fit into the buffer. */
int report_html(const struct tree *report, struct buf *out, struct err *err);

#endif
