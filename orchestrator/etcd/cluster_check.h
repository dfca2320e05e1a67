/*
 * cluster_check: whether members that were started on restored data are the cluster that was meant: what they say,
 * beside what was predicted.
 */
#ifndef ETCD_CLUSTER_CHECK_H
#define ETCD_CLUSTER_CHECK_H

#include "etcd/etcd_api.h"

/* The ids of all members, in their order, and the cluster's. */
struct cluster_ids {
	uint64_t members[CLUSTER_MEMBERS_MAX], cluster;
	size_t count;
};

/*
 * Member `index` serves under its ids and has a leader; with `well` it also reports no error.  -1: UNSAFE (other ids:
 * waiting does not help), ETCD.
 */
int cluster_check_status(const struct cluster_ids *want, size_t index,
			 const struct etcd_status *status, bool well, struct err *err);

/* Those members, all of them voters, and no other.  -1: ETCD. */
int cluster_check_members(const struct cluster_ids *want, const struct etcd_members *members,
			  struct err *err);

/* HashKV at a revision; of the newest where it is compacted (some versions do not hash at the compacted one itself). */
int cluster_check_hash(struct etcd_client *client, uint64_t revision, uint64_t deadline,
		       struct etcd_hash *out, struct err *err);

#endif
