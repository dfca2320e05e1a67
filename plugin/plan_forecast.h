/*
 * plan_forecast: how long the API will be down in the restore that is planned, as the last drill of the snapshot tells.
 */
#ifndef PLUGIN_PLAN_FORECAST_H
#define PLUGIN_PLAN_FORECAST_H

#include "base/tree.h"
#include "etcd/cluster.h"
#include "plugin/opts.h"
#include "snapshot/drill_report.h"

struct plan;

struct plan_forecast {
	bool drilled; /* beside the snapshot is the report of a good drill of this very file: the next */
	struct drill_report drill;
	const char *hint; /* the command that drills it; NULL: this is no time for it */
};

/*
 * Looks for the report beside the snapshot, for some seconds at most.  A restore does not need it: whatever goes wrong here, no
 * drill is known.
 */
void plan_forecast_find(const struct opts *opts, struct plan *plan);

/* Why a drill's figure does not hold for a restore of that cluster, in the arena; NULL: it does. */
const char *plan_forecast_foreign(const struct drill_report *drill, const struct cluster *now,
				  struct arena *arena);

/* The line of the plan without its name, in the plan's arena; NULL: there is nothing to say. */
const char *plan_forecast_words(const struct plan *plan);

/* The same for a document; NULL: not known. */
struct tree *plan_forecast_tree(const struct plan *plan);

#endif
