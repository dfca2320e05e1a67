/*
 * fuzz_proto: bytes as messages (proto.c), as answers of etcd (etcd_api.c, etcd_alarm.c), as gRPC frames and as a snapshot stream (grpc.c, snapshot_stream.c); the
 * first byte says how they are cut into chunks.
 */
#include "etcd/etcd_alarm.h"
#include "etcd/grpc.h"
#include "etcd/proto.h"
#include "etcd/snapshot_stream.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int take(void *arg, const void *data, size_t len, struct err *err)
{
	size_t *sum = arg;

	(void)err;
	for (size_t i = 0; i < len; i++) /* every byte is there to be read */
		*sum += ((const uint8_t *)data)[i];
	return 0;
}

static void read_fields(const void *data, size_t len, int depth, size_t *sum)
{
	struct proto p = proto_of(data, len);
	struct proto_field f;
	struct err none = ERR_INIT;
	char text[16];

	while (proto_next(&p, &f)) {
		proto_text(&f, text, sizeof(text));
		take(sum, f.data, f.len, &none);
		if (f.type == 2 && depth < 4)
			read_fields(f.data, f.len, depth + 1, sum);
	}
}

static void terminated(const char *text, size_t size)
{
	if (strnlen(text, size) == size)
		abort();
}

/* Texts end within their fields, and no list has more than it can hold. */
static void decode(const uint8_t *data, size_t len)
{
	struct etcd_alarm_list alarms;
	struct etcd_members members;
	struct etcd_status status;
	struct etcd_hash hash;
	struct err err = ERR_INIT;

	if (!etcd_status_decode(data, len, &status, &err)) {
		terminated(status.version, sizeof(status.version));
		terminated(status.storage_version, sizeof(status.storage_version));
		terminated(status.errors, sizeof(status.errors));
	}
	if (!etcd_members_decode(data, len, &members, &err))
		for (size_t i = 0; i < members.count; i++) {
			const struct etcd_member *m = &members.list[i];
			terminated(m->name, sizeof(m->name));
			terminated(m->peer_urls, sizeof(m->peer_urls));
			terminated(m->client_urls, sizeof(m->client_urls));
		}
	if (!etcd_alarm_decode(data, len, &alarms, &err) && alarms.count > ETCD_ALARMS_MAX)
		abort();
	etcd_hash_decode(data, len, &hash, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t sum = 0, chunk = len ? (size_t)data[0] + 1 : 1;
	struct snapshot_stream stream = { .on_data = take, .arg = &sum };
	struct grpc_frames frames = { .on_message = snapshot_stream_message, .arg = &stream };
	struct etcd_snapshot out;
	struct err err = ERR_INIT;
	int failed = 0;

	read_fields(data, len, 0, &sum);
	decode(data, len);
	for (size_t at = 1; !failed && at < len; at += chunk)
		failed = grpc_frames_add(&frames, data + at, len - at < chunk ? len - at : chunk,
					 &err);
	if (!failed)
		snapshot_stream_prove(&stream, &out, &err);
	snapshot_stream_release(&stream);
	grpc_frames_release(&frames);
	return 0;
}
