/*
 * drill_tell: what a drill on the nodes has proved and measured, into its report.
 */
#ifndef PLUGIN_DRILL_TELL_H
#define PLUGIN_DRILL_TELL_H

#include "plugin/plan.h"
#include "plugin/progress.h"
#include "snapshot/drill_report.h"

/* A proof for what each step that ended well compared; of one that went well these are all. */
void drill_tell_proofs(const struct plan *plan, const struct progress *progress,
		       struct drill_report *report);

/* Steps and how long they took; all undos are one. */
void drill_tell_steps(const struct progress *progress, struct drill_report *report);

/* From where it is done, by which way ("local", "nodes") and by which version of this program. */
void drill_tell_where(const struct plan *plan, const char *way, struct drill_report *report);

/* Whatever it left could not be removed: what to do. */
void drill_tell_left(const struct plan *plan);

/* Nodes and versions. */
void drill_tell_nodes(const struct plan *plan, struct drill_report *report);

/* How long the API would be down in a restore, in ms, by what was measured. */
uint64_t drill_forecast(const struct plan *plan, const struct progress *progress);

#endif
