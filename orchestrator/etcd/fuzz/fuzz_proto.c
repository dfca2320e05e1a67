/*
 * fuzz_proto: bytes as messages (proto.c), as gRPC frames and as a snapshot stream (grpc.c, snapshot_stream.c); the
 * first byte says how they are cut into chunks.
 */
#include "etcd/grpc.h"
#include "etcd/proto.h"
#include "etcd/snapshot_stream.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t sum = 0, chunk = len ? (size_t)data[0] + 1 : 1;
	struct snapshot_stream stream = { .on_data = take, .arg = &sum };
	struct grpc_frames frames = { .on_message = snapshot_stream_message, .arg = &stream };
	struct etcd_snapshot out;
	struct err err = ERR_INIT;
	int failed = 0;

	read_fields(data, len, 0, &sum);
	for (size_t at = 1; !failed && at < len; at += chunk)
		failed = grpc_frames_add(&frames, data + at, len - at < chunk ? len - at : chunk,
					 &err);
	if (!failed)
		snapshot_stream_prove(&stream, &out, &err);
	snapshot_stream_release(&stream);
	grpc_frames_release(&frames);
	return 0;
}
