/*
 * drill_flags: which flags of a drill go together.
 */
#ifndef PLUGIN_DRILL_FLAGS_H
#define PLUGIN_DRILL_FLAGS_H

#include "plugin/opts.h"

/* -1: USAGE. */
int drill_flags_check(const struct opts *opts, struct err *err);

#endif
