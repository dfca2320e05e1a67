/* seal and unseal: every way there is the way back; what was done is told by content. */
#include "base/digest.h"
#include "base/mem.h"
#include "base/test/check.h"
#include "snapshot/seal.h"
#include "snapshot/test/collect.h"
#include "snapshot/unseal.h"

#include <string.h>

/* more than the relays hold */
enum { MOST = 8 * 1024 * 1024, SIZE = 3 * 1024 * 1024 + 32 };

static struct age_identities mine;
static struct age_recipients to_me;
static char content[SIZE];

static void prepare(void)
{
	char text[AGE_RECIPIENT_TEXT];
	struct err err = ERR_INIT;

	age_identity_new(&mine.items[0]);
	mine.count = 1;
	age_recipient_text(mine.items[0].recipient, text);
	CHECK_INT(age_recipients_add(&to_me, text, &err), 0);
	random_bytes(content + SIZE / 2, SIZE / 2); /* the first half is zeros, as of a database */
}

static void sum_of(const struct buf *bytes, char out[SHA256_TEXT])
{
	uint8_t sum[SHA256_SIZE];

	digest_sha256(bytes->data, bytes->len, sum);
	digest_hex(sum, sizeof(sum), out);
}

static int there(const struct seal_settings *settings, struct collect *out, struct err *err)
{
	struct seal seal;
	char sum[SHA256_TEXT];
	int failed = seal_init(&seal, settings, &out->sink, err);

	for (size_t at = 0; at < SIZE && !failed; at += 32768)
		failed = sink_write(seal.first, content + at, SIZE - at < 32768 ? SIZE - at : 32768,
				    err);
	failed = failed || sink_end(seal.first, err);
	CHECK_INT(seal.stored.size, out->got.len);
	sum_of(&out->got, sum);
	CHECK_STR(seal.stored.sha256, seal_is_plain(settings) ? "" : sum);
	seal_release(&seal);
	return failed ? -1 : 0;
}

static int back(const struct buf *in, const struct unseal_settings *settings, struct collect *out,
		const char *compression, const char *encryption, struct err *err)
{
	struct unseal *unseal = unseal_new(settings, &out->sink);
	int failed = 0;

	for (size_t at = 0; at < in->len && !failed; at += 10007)
		failed = sink_write(unseal_sink(unseal), in->data + at,
				    in->len - at < 10007 ? in->len - at : 10007, err);
	failed = failed || sink_end(unseal_sink(unseal), err);
	if (!failed) {
		CHECK_STR(unseal_compression(unseal), compression);
		CHECK_STR(unseal_encryption(unseal), encryption);
	}
	unseal_free(unseal);
	return failed ? -1 : 0;
}

static void test_every_way(void)
{
	for (enum compress_kind kind = COMPRESS_NONE; kind <= COMPRESS_GZIP; kind++)
		for (int sealed = 0; sealed < 2; sealed++) {
			struct seal_settings s = { .compress = { kind, 3 },
						   .recipients = sealed ? &to_me : NULL };
			struct unseal_settings u = { .identities = &mine, .max = SIZE };
			struct collect stored = collect_new(MOST), got = collect_new(MOST);
			struct err err = ERR_INIT;
			CHECK_INT(there(&s, &stored, &err), 0);
			CHECK_INT(back(&stored.got, &u, &got, seal_compression(&s),
				       seal_encryption(&s), &err),
				  0);
			CHECK_STR(err.text, "");
			CHECK(got.ended && got.got.len == SIZE &&
			      !memcmp(got.got.data, content, SIZE));
			CHECK(kind == COMPRESS_NONE || stored.got.len < SIZE * 3 / 4);
			buf_release(&stored.got);
			buf_release(&got.got);
		}
}

static void test_refused(void)
{
	struct seal_settings s = { .compress = { COMPRESS_ZSTD, 3 }, .recipients = &to_me };
	struct unseal_settings u = { .max = SIZE };
	struct age_identities other = { .count = 1 };
	struct collect stored = collect_new(MOST), got = collect_new(MOST);
	struct err err = ERR_INIT;

	CHECK_INT(there(&s, &stored, &err), 0);
	CHECK_INT(back(&stored.got, &u, &got, "", "", &err), -1);
	CHECK_INT(err.code, ERR_CONFIG);
	CHECK_HAS(err.hint, "--identity");
	age_identity_new(&other.items[0]);
	u.identities = &other;
	CHECK_INT(back(&stored.got, &u, &got, "", "", &err), -1);
	CHECK_INT(err.code, ERR_CONFIG);
	u.identities = &mine;
	u.max = SIZE - 1; /* what comes out is more than was said */
	CHECK_INT(back(&stored.got, &u, &got, "", "", &err), -1);
	CHECK_INT(err.code, ERR_CORRUPT);
	CHECK(!got.ended);
	buf_clear(&got.got);
	u.max = SIZE;
	stored.got.len /= 2;
	CHECK_INT(back(&stored.got, &u, &got, "", "", &err), -1);
	CHECK_INT(err.code, ERR_CORRUPT);
	CHECK(!got.ended);
	buf_release(&stored.got);
	buf_release(&got.got);
}

/* Packed again and again: a bomb, or a mistake. */
static void test_layers(void)
{
	struct collect one = collect_new(MOST), two = collect_new(MOST), got = collect_new(MOST);
	struct unseal_settings u = { .max = MOST };
	struct err err = ERR_INIT;
	struct collect *from = &one, *to = &two;

	buf_adds(&one.got, "plain");
	for (int layers = 0; layers < 4; layers++) {
		struct sink *pack = gzip_pack(6, &to->sink);
		buf_clear(&to->got);
		to->ended = false;
		CHECK_INT(sink_write(pack, from->got.data, from->got.len, &err), 0);
		CHECK_INT(sink_end(pack, &err), 0);
		gzip_pack_free(pack);
		got.ended = false;
		buf_clear(&got.got);
		if (layers < 3)
			CHECK_INT(back(&to->got, &u, &got, "gzip", "none", &err), 0);
		else
			CHECK_INT(back(&to->got, &u, &got, "gzip", "none", &err), -1);
		struct collect *other = from;
		from = to;
		to = other;
	}
	CHECK_HAS(err.text, "packed more than");
	buf_release(&one.got);
	buf_release(&two.got);
	buf_release(&got.got);
}

/* Nothing at all, and less than the first look wants. */
static void test_short(void)
{
	struct unseal_settings u = { .max = MOST };
	struct collect got = collect_new(MOST);
	char few_text[] = "abc";
	struct buf few = { .data = few_text, .len = 3 }, none = { .data = NULL };
	struct err err = ERR_INIT;

	CHECK_INT(back(&few, &u, &got, "none", "none", &err), 0);
	CHECK_STR(buf_str(&got.got), "abc");
	got.ended = false;
	CHECK_INT(back(&none, &u, &got, "none", "none", &err), 0);
	CHECK(got.ended);
	buf_release(&got.got);
}

/* A store that is full, and a seal that is given up in the middle: no end is passed on, and the words come back. */
static void test_given_up(void)
{
	for (enum compress_kind kind = COMPRESS_NONE; kind <= COMPRESS_GZIP; kind++)
		for (int how = 0; how < 4; how++) {
			struct seal_settings s = { .compress = { kind, 1 },
						   .recipients = how & 1 ? &to_me : NULL };
			struct collect out = collect_new(how & 2 ? 100000 : MOST);
			struct err err = ERR_INIT;
			struct seal seal;
			int failed = seal_init(&seal, &s, &out.sink, &err);
			for (size_t at = 0; at < SIZE && !failed; at += 32768)
				failed = sink_write(seal.first, content + at,
						    SIZE - at < 32768 ? SIZE - at : 32768, &err);
			if (how & 2)
				failed = failed || sink_end(seal.first, &err);
			CHECK_INT(failed != 0, how >> 1);
			CHECK_STR(err.text, how & 2 ? "the disk is full" : "");
			seal_release(&seal);
			seal_release(&seal);
			CHECK_INT(out.ended, 0);
			buf_release(&out.got);
		}
}

TESTS(TEST(prepare), TEST(test_every_way), TEST(test_refused), TEST(test_layers), TEST(test_short),
      TEST(test_given_up))
