/*
 * save_take: the jobs of a save on the workers beside the snapshot itself (take): what the members say of its revision,
 * and its end.
 */
#ifndef PLUGIN_SAVE_TAKE_H
#define PLUGIN_SAVE_TAKE_H

#include "plugin/discover.h"
#include "plugin/place.h"
#include "plugin/take.h"

struct save_job {
	struct discovery *found;
	size_t chosen;
	struct place *place;
	struct store_put *put;
	struct seal seal;
	struct take take;
	struct etcd_hash hashes[CLUSTER_MEMBERS_MAX]; /* at that revision; compared[i] says which */
	bool compared[CLUSTER_MEMBERS_MAX];
};

/* HashKV at the snapshot's revision; a member that cannot tell is passed over. */
int save_hash(struct node *node, void *job, struct err *err);

/* Members with the same compact revision must have the same hash.  -1 (CORRUPT): names those that differ. */
int save_compare(const struct save_job *job, struct err *err);

/* Ends the seal and with it the object: it has its name. */
int save_finish(struct node *node, void *job, struct err *err);

#endif
