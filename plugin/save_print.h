/*
 * save_print: what a save has made, to stdout, and what to think about, to stderr.
 */
#ifndef PLUGIN_SAVE_PRINT_H
#define PLUGIN_SAVE_PRINT_H

#include "plugin/save_job.h"

/*
 * A line for each snapshot that is whole, its name, or its recipe; with --all-members the recipes are the items of a
 * SnapshotRecipeList.
 */
int save_print(const struct save *save, struct err *err);

/* Of the nodes that discovery has passed over. */
void save_warn_unread(const struct discovery *found);
/* Of the cluster and the members that were chosen, before anything is taken; and of degraded snapshots, after it. */
void save_warn(const struct save *save);
void save_warn_degraded(const struct save *save);

#endif
