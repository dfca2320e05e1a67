/*
 * drill_print: what a drill has proved and measured, on stdout.
 */
#ifndef PLUGIN_DRILL_PRINT_H
#define PLUGIN_DRILL_PRINT_H

#include "plugin/opts.h"
#include "snapshot/drill_report.h"

/* -1: as print_flush. */
int drill_print(const struct drill_report *report, const struct opts *opts, struct err *err);

#endif
