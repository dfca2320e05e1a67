/*
 * etcd_snapshot: the stream of Maintenance/Snapshot.  A server that is stopped in the middle ends it with HTTP
 * 200 and no error: so the end is believed only when everything that a whole stream has is there.
 */
#include "base/digest.h"
#include "base/mem.h"
#include "etcd/etcd_api.h"
#include "etcd/grpc.h"
#include "etcd/proto.h"

#include <string.h>

enum { HASH_SIZE = 32 };

struct stream {
	int (*on_data)(void *arg, const void *data, size_t len, struct err *err);
	void *arg;
	struct digest *digest;
	uint64_t size;           /* database bytes so far */
	uint64_t total;          /* of the database, as the first message says */
	bool ended;              /* the message with the hash has come */
	uint8_t sent[HASH_SIZE]; /* the hash as etcd sent it */
};

/*
 * Database bytes until `total` have come, each message saying how many remain; then one message with the hash.
 */
static int place(struct stream *s, const struct proto_field *blob, uint64_t remaining,
		 struct err *err)
{
	if (s->ended)
		return err_set(err, ERR_CORRUPT, "the stream goes on after its hash");
	if (!blob->len)
		return err_set(
			err, ERR_ETCD,
			"etcd cannot read its own database (an empty part, %llu bytes to come)",
			(unsigned long long)remaining);
	if (!s->size)
		s->total = remaining + blob->len;
	if (s->size == s->total) {
		if (remaining || blob->len != HASH_SIZE)
			return err_set(err, ERR_CORRUPT, "the stream's last part is no SHA-256");
		memcpy(s->sent, blob->data, HASH_SIZE);
		s->ended = true;
		return 0;
	}
	digest_add(s->digest, blob->data, blob->len);
	s->size += blob->len;
	if (s->total < s->size || s->total - s->size != remaining)
		return err_set(err, ERR_CORRUPT,
			       "%llu bytes should be left of the stream, and etcd says %llu",
			       (unsigned long long)(s->total - s->size),
			       (unsigned long long)remaining);
	return 0;
}

/* SnapshotResponse {1 header, 2 remaining_bytes, 3 blob, 4 version} */
static int on_message(void *arg, const void *data, size_t len, struct err *err)
{
	struct stream *s = arg;
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

static int prove(struct stream *s, struct etcd_snapshot *out, struct err *err)
{
	uint8_t sum[SHA256_SIZE];

	digest_end(s->digest, sum);
	s->digest = NULL;
	if (!s->ended)
		return err_set(err, ERR_CORRUPT,
			       "the stream ended after %llu bytes without its hash",
			       (unsigned long long)s->size);
	if (memcmp(sum, s->sent, sizeof(sum)) != 0)
		return err_set(err, ERR_CORRUPT,
			       "the SHA-256 of what came is not the one that etcd sent");
	out->size = s->size;
	memcpy(out->sha256, sum, sizeof(sum));
	return 0;
}

int etcd_snapshot(struct etcd_client *client, uint64_t deadline, uint64_t stall_ms,
		  int (*on_data)(void *arg, const void *data, size_t len, struct err *err),
		  void *arg, struct etcd_snapshot *out, struct err *err)
{
	struct buf nothing = BUF_INIT(1);
	struct stream stream = { .on_data = on_data, .arg = arg, .digest = digest_sha256_begin() };
	struct grpc_call call = { .method = "/etcdserverpb.Maintenance/Snapshot",
				  .message = &nothing,
				  .has_leader = true,
				  .deadline = deadline,
				  .stall_ms = stall_ms,
				  .on_message = on_message,
				  .arg = &stream };
	int failed = grpc_do(client, &call, err) || prove(&stream, out, err);

	digest_free(stream.digest);
	return failed ? -1 : 0;
}
