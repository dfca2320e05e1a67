/*
 * drill_nodes: a drill on the nodes of the cluster, by playbooks/drill.yaml.
 */
#ifndef PLUGIN_DRILL_NODES_H
#define PLUGIN_DRILL_NODES_H

#include "plugin/drill_page.h"
#include "plugin/drill_snapshot.h"

/*
 * The plan's source is open; `snapshot` is what was read of it.  Removes what drills that are dead have left, plays the drill, undoes it, and
 * fills the page, and the report but for its time.  The report's texts live in the plan's arena.  *status is the exit status when it
 * failed: 5 when something is left on a node.
 */
int drill_nodes(const struct opts *opts, struct plan *plan, const struct drill_snapshot *snapshot,
		struct drill_page *page, struct drill_report *report, int *status, struct err *err);

#endif
