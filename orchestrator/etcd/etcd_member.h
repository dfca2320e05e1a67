/*
 * etcd_member: the calls of etcd's API that change who its members are.  Messages: etcd api/etcdserverpb/rpc.proto.
 */
#ifndef ETCD_ETCD_MEMBER_H
#define ETCD_ETCD_MEMBER_H

#include "etcd/etcd_api.h"

/*
 * Cluster/MemberAdd as a learner, which has no vote: since etcd 3.4.  peer_urls: comma separated.  *id: the id that the
 * new member was given.  -1: ETCD, also when a member with one of the URLs, or another learner, is there.
 */
int etcd_learner_add(struct etcd_client *client, const char *peer_urls, uint64_t deadline,
		     uint64_t *id, struct err *err);

/* Cluster/MemberPromote: the learner becomes a voter.  -1: ETCD, also while it is not in sync with the leader. */
int etcd_learner_promote(struct etcd_client *client, uint64_t id, uint64_t deadline,
			 struct err *err);

/* Cluster/MemberRemove, of learners and voters alike: the caller has looked.  -1: ETCD. */
int etcd_member_remove(struct etcd_client *client, uint64_t id, uint64_t deadline, struct err *err);

#endif
