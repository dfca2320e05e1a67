/*
 * report_proved: what a run has proved, and how: one entry a step that ended well in this process and compares
 * something.
 */
#ifndef PLUGIN_REPORT_PROVED_H
#define PLUGIN_REPORT_PROVED_H

#include "plugin/report.h"

/* A list of maps: step ("snapshot" for what was proved before the first), what, how. */
struct tree *report_proved(struct arena *arena, const struct report *report);

#endif
