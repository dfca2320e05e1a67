/*
 * take: a fresh snapshot of one member, as a stream; the job of a fleet.
 */
#ifndef PLUGIN_TAKE_H
#define PLUGIN_TAKE_H

#include "etcd/etcd_api.h"
#include "snapshot/stream.h"

struct take {
	const struct member *member;
	struct sink *to; /* not ended */
	uint64_t deadline;
	bool allow_degraded; /* a member that is not well, too */
	/* what came of it */
	uint64_t revision; /* of the snapshot */
	unsigned health;   /* as health.h: what was allowed to be wrong with the member */
	struct etcd_status status;
	struct etcd_snapshot snapshot;
};

/*
 * Asks the member whether it is well and has a quorum, and streams its snapshot, database and hash, into `to`.  -1: UNSAFE
 * (the member is not well, and that is not allowed), CORRUPT (the stream is not whole, or older than the cluster was when it began), ETCD, TIMEOUT,
 * CANCELLED, SSH, or what `to` set; what was written to it is then worth nothing.
 */
int take_snapshot(struct node *node, void *take, struct err *err);

#endif
