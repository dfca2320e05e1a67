/*
 * grpc: one unary call to a member, and the frames of a streamed answer.  gRPC over HTTP/2: a frame is a flag
 * byte, four bytes of length, big endian, and a message.  For etcd_api.c, etcd_member.c and etcd_snapshot.c only.
 */
#ifndef ETCD_GRPC_H
#define ETCD_GRPC_H

#include "base/buf.h"
#include "base/http.h"
#include "etcd/etcd_api.h"

enum { GRPC_MESSAGE_MAX = 4 * 1024 * 1024 };

struct etcd_client {
	struct node *node;
	struct buf ca, cert, key; /* PEM; ca empty: plain http */
	char url[300], host[256]; /* https://host:port */
	unsigned port;
	char fingerprint[65];
};

/* Cuts a byte stream into messages. */
struct grpc_frames {
	struct buf partial; /* a frame that has not wholly come */
	int (*on_message)(void *arg, const void *data, size_t len, struct err *err);
	void *arg;
};
int grpc_frames_add(struct grpc_frames *frames, const void *data, size_t len, struct err *err);
void grpc_frames_release(struct grpc_frames *frames);

/* What a call is. */
struct grpc_call {
	const char *method; /* "/etcdserverpb.Maintenance/Status" */
	const struct buf *message;
	bool has_leader; /* send hasleader: true */
	uint64_t deadline, stall_ms;
	/* each message of the answer */
	int (*on_message)(void *arg, const void *data, size_t len, struct err *err);
	void *arg;
};

/* Calls; 0 only with HTTP 200 and grpc-status 0. */
int grpc_do(struct etcd_client *client, const struct grpc_call *call, struct err *err);

/* A call that is answered by exactly one message, which is appended to `answer`, at most answer->max bytes. */
int grpc_unary(struct etcd_client *client, const char *method, const struct buf *message,
	       bool has_leader, uint64_t deadline, struct buf *answer, struct err *err);

#endif
