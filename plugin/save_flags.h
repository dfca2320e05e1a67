/*
 * save_flags: which flags of `save` go together.
 */
#ifndef PLUGIN_SAVE_FLAGS_H
#define PLUGIN_SAVE_FLAGS_H

#include "plugin/opts.h"

/*
 * -1 (USAGE): FILE "true" or "false" with --compare; --all-members with FILE or --member; a --tag that no recipe may have; --prune without --to or a --keep rule;
 * such a rule without --prune.
 */
int save_flags_check(const struct opts *opts, struct err *err);

#endif
