/*
 * snapshot_stream: see snapshot_stream.h.  A server that is stopped in the middle ends its stream without an error:
 * so the end is believed only when everything that a whole stream has is there.
 */
#include "etcd/snapshot_stream.h"

#include "etcd/proto.h"

#include <string.h>

/*
 * Database bytes until `total` have come, each message saying how many remain; then one message with the hash.
 */
static int place(struct snapshot_stream *s, const struct proto_field *blob, uint64_t remaining,
		 struct err *err)
{
	if (s->ended)
		return err_set(err, ERR_CORRUPT, "the stream goes on after its hash");
	if (!blob->len)
		return err_set(
			err, ERR_ETCD,
			"etcd cannot read its own database (an empty part, %llu bytes to come)",
			(unsigned long long)remaining);
	if (!s->digest) {
		s->digest = digest_sha256_begin();
		s->total = remaining + blob->len;
	}
	if (s->size == s->total) {
		if (remaining || blob->len != SHA256_SIZE)
			return err_set(err, ERR_CORRUPT, "the stream's last part is no SHA-256");
		memcpy(s->sent, blob->data, SHA256_SIZE);
		s->ended = true;
		return 0;
	}
	digest_add(s->digest, blob->data, blob->len);
	s->size += blob->len;
	if (s->total < s->size || s->total - s->size != remaining)
		return err_set(err, ERR_CORRUPT,
			       "after %llu of %llu bytes etcd says that %llu remain",
			       (unsigned long long)s->size, (unsigned long long)s->total,
			       (unsigned long long)remaining);
	return 0;
}

/* SnapshotResponse {1 header, 2 remaining_bytes, 3 blob, 4 version} */
int snapshot_stream_message(void *stream, const void *data, size_t len, struct err *err)
{
	struct snapshot_stream *s = stream;
	struct proto p = proto_of(data, len);
	struct proto_field f, blob = { 0 };
	uint64_t remaining = 0;

	while (proto_next(&p, &f)) {
		if (f.number == 2 && f.type == 0)
			remaining = f.value;
		else if (f.number == 3 && f.type == 2)
			blob = f;
	}
	if (p.bad)
		return err_set(err, ERR_CORRUPT, "the stream has a message that does not parse");
	if (place(s, &blob, remaining, err))
		return -1;
	return s->on_data(s->arg, blob.data, blob.len, err);
}

int snapshot_stream_prove(struct snapshot_stream *s, struct etcd_snapshot *out, struct err *err)
{
	uint8_t sum[SHA256_SIZE], file[SHA256_SIZE];

	if (!s->ended)
		return err_set(err, ERR_CORRUPT,
			       "the stream ended after %llu of %llu bytes, without its hash",
			       (unsigned long long)s->size, (unsigned long long)s->total);
	struct digest *whole = digest_copy(s->digest); /* one pass for both */
	digest_add(whole, s->sent, sizeof(s->sent));
	digest_end(whole, file);
	digest_end(s->digest, sum);
	s->digest = NULL;
	if (memcmp(sum, s->sent, sizeof(sum)) != 0)
		return err_set(err, ERR_CORRUPT,
			       "the SHA-256 of what came is not the one that etcd sent");
	out->size = s->size;
	memcpy(out->sha256, sum, sizeof(sum));
	digest_hex(file, sizeof(file), out->file_sha256);
	return 0;
}

void snapshot_stream_release(struct snapshot_stream *s)
{
	digest_free(s->digest);
	s->digest = NULL;
}
