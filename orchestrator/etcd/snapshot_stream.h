/*
 * snapshot_stream: the messages of Maintenance/Snapshot, one after the other, and whether all of them came.  Pure:
 * no network, so that every kind of bad stream can be tried.
 */
#ifndef ETCD_SNAPSHOT_STREAM_H
#define ETCD_SNAPSHOT_STREAM_H

#include "base/digest.h"
#include "base/err.h"
#include "etcd/etcd_api.h"

#include <stdbool.h>

struct snapshot_stream {
	int (*on_data)(void *arg, const void *data, size_t len, struct err *err);
	void *arg;
	struct digest *digest;     /* of the database bytes; NULL until the first message */
	uint64_t size;             /* database bytes so far */
	uint64_t total;            /* of the database, as the first message says */
	bool ended;                /* the message with the hash has come */
	uint8_t sent[SHA256_SIZE]; /* the hash as etcd sent it */
};

/* Takes one SnapshotResponse (the stream is the first argument) and hands its bytes to on_data. */
int snapshot_stream_message(void *stream, const void *data, size_t len, struct err *err);

/* After the last message: 0 when the stream was whole and its hash is right. */
int snapshot_stream_prove(struct snapshot_stream *stream, struct etcd_snapshot *out,
			  struct err *err);

void snapshot_stream_release(struct snapshot_stream *stream);

#endif
