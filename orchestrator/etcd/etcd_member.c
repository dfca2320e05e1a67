/*
 * etcd_member: see etcd_member.h.  Field numbers are those of rpc.proto.
 */
#include "etcd/etcd_member.h"

#include "etcd/grpc.h"
#include "etcd/proto.h"

#include <string.h>

enum { ANSWER_MAX = 1024 * 1024, MESSAGE_MAX = 16 * 1024 };

/* The id in MemberAdd's answer: field 2 is the member, its field 1 the id. */
static uint64_t added_id(const struct buf *answer)
{
	struct proto p = proto_of(answer->data, answer->len);
	struct proto_field f, g;
	uint64_t id = 0;

	while (proto_next(&p, &f)) {
		struct proto member = proto_of(f.data, f.len);
		while (f.number == 2 && f.type == 2 && proto_next(&member, &g))
			if (g.number == 1)
				id = g.value;
	}
	return p.bad ? 0 : id;
}

int etcd_learner_add(struct etcd_client *client, const char *peer_urls, uint64_t deadline,
		     uint64_t *id, struct err *err)
{
	scoped(buf) struct buf message = BUF_INIT(MESSAGE_MAX);
	scoped(buf) struct buf answer = BUF_INIT(ANSWER_MAX);

	for (const char *at = peer_urls; *at;) {
		size_t len = strcspn(at, ",");
		if (len)
			proto_add_bytes(&message, 1, at, len); /* peerURLs */
		at += len + (at[len] == ',');
	}
	proto_add_varint(&message, 2, 1); /* isLearner */
	if (grpc_unary(client, "/etcdserverpb.Cluster/MemberAdd", &message, true, deadline, &answer,
		       err))
		return -1;
	*id = added_id(&answer);
	return *id ? 0 : err_set(err, ERR_ETCD, "MemberAdd: an answer without an id");
}

static int call_with_id(struct etcd_client *client, const char *method, uint64_t id,
			uint64_t deadline, struct err *err)
{
	scoped(buf) struct buf message = BUF_INIT(MESSAGE_MAX);
	scoped(buf) struct buf answer = BUF_INIT(ANSWER_MAX);

	proto_add_varint(&message, 1, id); /* ID */
	return grpc_unary(client, method, &message, true, deadline, &answer, err);
}

int etcd_learner_promote(struct etcd_client *client, uint64_t id, uint64_t deadline,
			 struct err *err)
{
	return call_with_id(client, "/etcdserverpb.Cluster/MemberPromote", id, deadline, err);
}

int etcd_member_remove(struct etcd_client *client, uint64_t id, uint64_t deadline, struct err *err)
{
	return call_with_id(client, "/etcdserverpb.Cluster/MemberRemove", id, deadline, err);
}
