/*
 * save_run: the order in which the snapshots of a save come into being.
 */
#ifndef PLUGIN_SAVE_RUN_H
#define PLUGIN_SAVE_RUN_H

#include "plugin/save_job.h"

/*
 * All parts that are wanted: streamed at once, compared, named, read back, each with its recipe.  One that fails leaves
 * nothing behind and does not keep others from becoming whole; members that disagree, and Ctrl-C, end all of them.
 * 0: every one is whole and proved.  -1: err is the first reason; the stage of each part says which are whole.
 */
int save_run(struct save *save, struct err *err);
void save_release(struct save *save);

#endif
