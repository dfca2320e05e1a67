/*
 * save_take: the jobs of a save on the workers: the snapshot of a member into its place.
 */
#ifndef PLUGIN_SAVE_TAKE_H
#define PLUGIN_SAVE_TAKE_H

#include "plugin/save_job.h"

/*
 * Streams the member's snapshot into its seal and proves it; nothing has a name yet.  -1: UNSAFE when the member is not
 * well and --allow-degraded was not given; what etcd_snapshot and bolt_stream_revision say.
 */
int save_take(struct node *node, void *save, struct err *err);

/* Ends the member's seal and with it the object: it has its name. */
int save_finish(struct node *node, void *save, struct err *err);

#endif
