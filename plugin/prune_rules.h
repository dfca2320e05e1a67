/*
 * prune_rules: which snapshots may be removed at all, and which of those no rule keeps.
 */
#ifndef PLUGIN_PRUNE_RULES_H
#define PLUGIN_PRUNE_RULES_H

#include "plugin/opts.h"
#include "store/catalog.h"
#include "store/retention.h"

/*
 * Leaves in the catalog what is whole and of the wanted cluster, in its order; says what is passed over.  -1 UNSAFE: of
 * several clusters.
 */
int prune_gather(const struct opts *opts, struct catalog *catalog, struct err *err);

/* Whether the --keep flags are rules at all.  -1: USAGE. */
int prune_check(const struct opts *opts, struct err *err);

/* By the --keep flags; verdicts has room for all entries.  -1: USAGE, or as retention_decide. */
int prune_decide(const struct opts *opts, const struct catalog *catalog,
		 struct retention_verdict *verdicts, struct err *err);

#endif
