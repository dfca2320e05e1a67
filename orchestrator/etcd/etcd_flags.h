/*
 * etcd_flags: how a member of a scratch cluster is started over restored data.
 */
#ifndef ETCD_ETCD_FLAGS_H
#define ETCD_ETCD_FLAGS_H

#include "etcd/cluster.h"

enum { ETCD_FLAGS_MAX = 24 };

/* A cluster of its own: one value of --initial-cluster and one token for all its members. */
struct etcd_scratch {
	const char *initial_cluster, *token;
	uint64_t db_size; /* the quota is chosen so that it is not reached */
};

/*
 * The flags, as many as it returns, in the arena, and NULL behind them.  The member listens where its client_url and peer_url say, over TLS where
 * they say https, by the files of the member; takes nobody in who has no certificate of their CAs; logs warnings only.
 */
size_t etcd_flags(struct arena *arena, const struct member *member,
		  const struct etcd_scratch *scratch, const char *out[ETCD_FLAGS_MAX]);

#endif
