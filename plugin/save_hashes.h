/*
 * save_hashes: what the members say of the revisions that were taken, before it is compared.
 */
#ifndef PLUGIN_SAVE_HASHES_H
#define PLUGIN_SAVE_HASHES_H

#include "plugin/save_job.h"

/* A job: the member's HashKV at the revisions of all parts that ask for it; one that cannot tell is passed over. */
int save_hash(struct node *node, void *save, struct err *err);

/*
 * Has all members that answer do `ask` (save_hash), and twice more those that are behind the others with a compaction.  Warns of
 * those that are still, and with --compare of those that could not tell.  -1: CANCELLED.
 */
int save_hashes(struct save *save, node_fn *ask, struct err *err);

#endif
