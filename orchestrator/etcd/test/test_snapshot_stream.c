/*
 * test_snapshot_stream: whole streams, cut into chunks at every border, and every kind of stream that is not whole.
 */
#include "base/digest.h"
#include "base/mem.h"
#include "base/test/check.h"
#include "etcd/grpc.h"
#include "etcd/proto.h"
#include "etcd/snapshot_stream.h"

enum { PART = 700, PARTS = 3, DB = PART * PARTS };

struct taken {
	struct buf data;
	size_t fail_at; /* 0: never */
};

static int take(void *arg, const void *data, size_t len, struct err *err)
{
	struct taken *t = arg;

	if (t->fail_at && t->data.len + len >= t->fail_at)
		return err_set(err, ERR_FILE, "the disk is full");
	return buf_add(&t->data, data, len);
}

static void add_message(struct buf *out, uint64_t remaining, const void *blob, size_t len)
{
	scoped(buf) struct buf message = BUF_INIT(65536);
	size_t size;

	if (remaining)
		proto_add_varint(&message, 2, remaining);
	if (len)
		proto_add_bytes(&message, 3, blob, len);
	proto_add_bytes(&message, 4, "3.6.0", 5);
	size = message.len;
	char head[5] = { 0, (char)(size >> 24), (char)(size >> 16), (char)(size >> 8), (char)size };
	buf_add(out, head, 5);
	buf_add(out, message.data, message.len);
}

static void make_db(uint8_t db[DB], uint8_t sum[SHA256_SIZE])
{
	for (size_t i = 0; i < DB; i++)
		db[i] = (uint8_t)(i * 7);
	digest_sha256(db, DB, sum);
}

static void add_parts(struct buf *out, const uint8_t db[DB], size_t parts)
{
	for (size_t i = 0; i < parts; i++)
		add_message(out, DB - (i + 1) * PART, db + i * PART, PART);
}

/* The stream's bytes in pieces of `chunk`; -1 as etcd_snapshot would, without the network. */
static int play(const struct buf *bytes, size_t chunk, struct taken *taken,
		struct etcd_snapshot *out, struct err *err)
{
	struct snapshot_stream stream = { .on_data = take, .arg = taken };
	struct grpc_frames frames = { .on_message = snapshot_stream_message, .arg = &stream };
	int failed = 0;

	*err = ERR_INIT;
	for (size_t at = 0; !failed && at < bytes->len; at += chunk)
		failed = grpc_frames_add(&frames, bytes->data + at,
					 bytes->len - at < chunk ? bytes->len - at : chunk, err);
	if (!failed)
		failed = snapshot_stream_prove(&stream, out, err);
	snapshot_stream_release(&stream);
	grpc_frames_release(&frames);
	return failed;
}

/* Of the file as etcdctl writes it: the database, and its hash after it. */
static void file_sum(const uint8_t db[DB], const uint8_t sum[SHA256_SIZE], char out[SHA256_TEXT])
{
	uint8_t file[DB + SHA256_SIZE], whole[SHA256_SIZE];

	memcpy(file, db, DB);
	memcpy(file + DB, sum, SHA256_SIZE);
	digest_sha256(file, sizeof(file), whole);
	digest_hex(whole, sizeof(whole), out);
}

static void test_whole(void)
{
	scoped(buf) struct buf bytes = BUF_INIT(65536);
	char file[SHA256_TEXT];
	uint8_t db[DB], sum[SHA256_SIZE];

	make_db(db, sum);
	file_sum(db, sum, file);
	add_parts(&bytes, db, PARTS);
	add_message(&bytes, 0, sum, SHA256_SIZE);
	for (size_t chunk = 1; chunk <= bytes.len; chunk += chunk < 800 ? 1 : 97) {
		struct taken taken = { .data = BUF_INIT(65536) };
		struct etcd_snapshot got = { 0 };
		struct err err;
		CHECK_INT(play(&bytes, chunk, &taken, &got, &err), 0);
		CHECK_INT(got.size, DB);
		CHECK(memcmp(got.sha256, sum, SHA256_SIZE) == 0);
		CHECK_STR(got.file_sha256, file);
		CHECK_INT(taken.data.len, DB + SHA256_SIZE);
		CHECK(memcmp(taken.data.data, db, DB) == 0);
		CHECK(memcmp(taken.data.data + DB, sum, SHA256_SIZE) == 0);
		buf_release(&taken.data);
	}
}

/* Cut anywhere: never believed. */
static void test_cut(void)
{
	scoped(buf) struct buf bytes = BUF_INIT(65536);
	uint8_t db[DB], sum[SHA256_SIZE];

	make_db(db, sum);
	add_parts(&bytes, db, PARTS);
	add_message(&bytes, 0, sum, SHA256_SIZE);
	for (size_t cut = 0; cut < bytes.len; cut++) {
		struct taken taken = { .data = BUF_INIT(65536) };
		struct buf part = { .data = bytes.data, .len = cut, .max = cut };
		struct etcd_snapshot got = { .size = 7 };
		struct err err;
		CHECK_INT(play(&part, 512, &taken, &got, &err), -1);
		CHECK_INT(err.code, ERR_CORRUPT);
		CHECK_INT(got.size, 7);
		buf_release(&taken.data);
	}
}

enum bad {
	EMPTY_PART,
	NO_HASH,
	HASH_SHORT,
	HASH_LONG,
	HASH_REMAINS,
	HASH_TWICE,
	WRONG_HASH,
	PART_MISSING,
	PART_TWICE,
	REMAINING_HUGE,
	NO_PROTO,
	FLIPPED,
	COMPRESSED,
	TOO_LONG,
	ONLY_HASH,
	BAD_COUNT
};

static const struct {
	enum err_code code;
	const char *words;
} bads[BAD_COUNT] = {
	[EMPTY_PART] = { ERR_ETCD, "an empty part" },
	[NO_HASH] = { ERR_CORRUPT, "without its hash" },
	[HASH_SHORT] = { ERR_CORRUPT, "no SHA-256" },
	[HASH_LONG] = { ERR_CORRUPT, "no SHA-256" },
	[HASH_REMAINS] = { ERR_CORRUPT, "no SHA-256" },
	[HASH_TWICE] = { ERR_CORRUPT, "goes on after its hash" },
	[WRONG_HASH] = { ERR_CORRUPT, "not the one that etcd sent" },
	[PART_MISSING] = { ERR_CORRUPT, "remain" },
	[PART_TWICE] = { ERR_CORRUPT, "remain" },
	[REMAINING_HUGE] = { ERR_CORRUPT, "remain" },
	[NO_PROTO] = { ERR_CORRUPT, "does not parse" },
	[FLIPPED] = { ERR_CORRUPT, "not the one that etcd sent" },
	[COMPRESSED] = { ERR_ETCD, "compressed" },
	[TOO_LONG] = { ERR_ETCD, "a message of" },
	[ONLY_HASH] = { ERR_CORRUPT, "without its hash" },
};

static void make_bad(struct buf *out, enum bad bad)
{
	uint8_t db[DB], sum[SHA256_SIZE];

	make_db(db, sum);
	switch (bad) {
	case EMPTY_PART:
		add_parts(out, db, 1);
		add_message(out, DB - PART, NULL, 0);
		return;
	case PART_MISSING:
		add_parts(out, db, 1);
		add_message(out, 0, db + 2 * PART, PART);
		break;
	case PART_TWICE:
		add_parts(out, db, 2);
		add_message(out, PART, db + PART, PART);
		break;
	case REMAINING_HUGE:
		add_message(out, UINT64_MAX, db, PART);
		break;
	case NO_PROTO:
		buf_add(out, "\0\0\0\0\2\x1a\x7f", 7);
		return;
	case COMPRESSED:
		buf_add(out, "\1\0\0\0\2\x10\1", 7);
		return;
	case TOO_LONG:
		buf_add(out, "\0\1\0\0\0", 5);
		return;
	case ONLY_HASH:
		break;
	default:
		db[5] ^= bad == FLIPPED;
		add_parts(out, db, PARTS);
		break;
	}
	sum[31] ^= bad == WRONG_HASH;
	if (bad == HASH_LONG)
		add_message(out, 0, db, SHA256_SIZE + 1);
	else if (bad != NO_HASH)
		add_message(out, bad == HASH_REMAINS, sum, SHA256_SIZE - (bad == HASH_SHORT));
	if (bad == HASH_TWICE)
		add_message(out, 0, sum, SHA256_SIZE);
}

static void test_bad(void)
{
	for (enum bad bad = 0; bad < BAD_COUNT; bad++) {
		scoped(buf) struct buf bytes = BUF_INIT(65536);
		struct taken taken = { .data = BUF_INIT(65536) };
		struct etcd_snapshot got = { .size = 7 };
		struct err err;
		int before = check_failures;
		make_bad(&bytes, bad);
		CHECK_INT(play(&bytes, 100, &taken, &got, &err), -1);
		CHECK_INT(err.code, bads[bad].code);
		CHECK_HAS(err.text, bads[bad].words);
		CHECK_INT(got.size, 7);
		buf_release(&taken.data);
		if (check_failures != before)
			fprintf(stderr, "kind %d: %s\n", (int)bad, err.text);
	}
}

static void test_taker_fails(void)
{
	scoped(buf) struct buf bytes = BUF_INIT(65536);
	uint8_t db[DB], sum[SHA256_SIZE];

	make_db(db, sum);
	add_parts(&bytes, db, PARTS);
	add_message(&bytes, 0, sum, SHA256_SIZE);
	for (size_t at = 1; at <= DB + SHA256_SIZE; at += PART / 2) {
		struct taken taken = { .data = BUF_INIT(65536), .fail_at = at };
		struct etcd_snapshot got;
		struct err err;
		CHECK_INT(play(&bytes, 333, &taken, &got, &err), -1);
		CHECK_INT(err.code, ERR_FILE);
		buf_release(&taken.data);
	}
}

TESTS(TEST(test_whole), TEST(test_cut), TEST(test_bad), TEST(test_taker_fails))
