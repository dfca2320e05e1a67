/*
 * runs_print: the runs that are on the nodes, as a table or a document.
 */
#ifndef PLUGIN_RUNS_PRINT_H
#define PLUGIN_RUNS_PRINT_H

#include "plugin/plan.h"

/* Finds the cluster and prints every run that a node knows, and what it needs.  -1: as discover(); FILE (stdout). */
int runs_show_nodes(const struct opts *opts, struct plan *plan, struct err *err);

#endif
