/*
 * report_svg: the picture of a run: a lane a node, a bar a step, the time that the API was down, the commit.  Its width is
 * that of the page: places are in percent, only heights and letters in pixels.
 */
#ifndef PLUGIN_REPORT_SVG_H
#define PLUGIN_REPORT_SVG_H

#include "base/tree.h"
#include "plugin/html.h"

/* From the document of report_tree; colours are classes of the page's style. */
void report_svg(struct html *html, const struct tree *report);

#endif
