/*
 * drill_snapshot: what a drill must find again of a snapshot, read out of its file.
 */
#ifndef PLUGIN_DRILL_SNAPSHOT_H
#define PLUGIN_DRILL_SNAPSHOT_H

#include "etcd/etcd_carried.h"
#include "play/drill.h"
#include "plugin/prove.h"

struct drill_snapshot {
	struct arena *arena; /* given */
	bool objects_wanted; /* given: without them only the hash is read */
	struct etcd_hash hash;
	struct etcd_carried carried;
	struct etcd_objects objects;
	struct drill_secret secrets[DRILL_SECRETS_MAX]; /* one for each key of the encryption */
	size_t secret_count;
};

/* A prove_look; arg is a struct drill_snapshot.  -1: CORRUPT, FILE. */
int drill_snapshot_look(void *arg, struct etcd_db *db, struct err *err);
void drill_snapshot_release(struct drill_snapshot *snapshot);
void drill_snapshot_scoped(struct drill_snapshot *snapshot);

#endif
