/*
 * prune_run: prunes one store by the --keep flags; first it reads the newest snapshot back.
 */
#ifndef PLUGIN_PRUNE_RUN_H
#define PLUGIN_PRUNE_RUN_H

#include "plugin/opts.h"
#include "store/store.h"

/*
 * Prints what stays and goes (as a table, or not at all when -o asks for something else) and removes what no rule keeps.
 * `proved` (may be NULL) are names of snapshots that have just been read back whole, a NULL at the end.  -1: as
 * prune_gather and prune_decide; CORRUPT: the newest is damaged; what the store says.
 */
int prune_run(const struct opts *opts, struct store *store, const char *const proved[],
	      struct err *err);

#endif
