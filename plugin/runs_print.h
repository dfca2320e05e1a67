/*
 * runs_print: the runs that are on the nodes, as a table or a document.
 */
#ifndef PLUGIN_RUNS_PRINT_H
#define PLUGIN_RUNS_PRINT_H

#include "plugin/runs_find.h"

/*
 * Finds the cluster and prints every run that a node knows, and what it needs; warns of nodes and runs that it cannot show.
 * -1: as plan_survey(), runs_find(); FILE (stdout).
 */
int runs_show_nodes(const struct opts *opts, struct plan *plan, struct err *err);
/* "resume or resume --undo": what `resume` would do with it. */
const char *runs_need(struct arena *arena, const struct found_run *run);

#endif
