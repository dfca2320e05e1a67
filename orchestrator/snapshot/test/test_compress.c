/* compress: there and back, and what is no whole stream. */
#include "base/digest.h"
#include "base/mem.h"
#include "base/test/check.h"
#include "snapshot/compress.h"
#include "snapshot/test/collect.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 8 * 1024 * 1024 };

static void test_parse(void)
{
	struct compress_choice c = { COMPRESS_NONE, 99 };
	struct err err = ERR_INIT;
	static const char *const bad[] = { "",        "zst",     "zstd:",  "zstd:0", "zstd:20",
					   "zstd:-1", "gzip:10", "none:1", "lz4",    "zstd:1x" };

	CHECK_INT(compress_parse("zstd", &c, &err), 0);
	CHECK_INT(c.kind, COMPRESS_ZSTD);
	CHECK_INT(c.level, 3);
	CHECK_INT(compress_parse("zstd:19", &c, &err), 0);
	CHECK_INT(c.level, 19);
	CHECK_INT(compress_parse("gzip:1", &c, &err), 0);
	CHECK_INT(c.kind, COMPRESS_GZIP);
	CHECK_INT(c.level, 1);
	CHECK_INT(compress_parse("none", &c, &err), 0);
	CHECK_INT(c.kind, COMPRESS_NONE);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK_INT(compress_parse(bad[i], &c, &err), -1);
		CHECK_INT(err.code, ERR_USAGE);
	}
}

/* Half of it compresses well, half not at all. */
static char *content(size_t len)
{
	char *data = mem_zalloc(len + 1);

	random_bytes(data, len / 2);
	return data;
}

static struct sink *packer(enum compress_kind kind, struct sink *next)
{
	return kind == COMPRESS_ZSTD ? zstd_pack(3, next) : gzip_pack(6, next);
}

static struct sink *unpacker(enum compress_kind kind, uint64_t max, struct sink *next)
{
	return kind == COMPRESS_ZSTD ? zstd_unpack(max, next) : gzip_unpack(max, next);
}

static void drop(enum compress_kind kind, struct sink *pack, struct sink *unpack)
{
	if (kind == COMPRESS_ZSTD) {
		zstd_pack_free(pack);
		zstd_unpack_free(unpack);
	} else {
		gzip_pack_free(pack);
		gzip_unpack_free(unpack);
	}
}

static void pack_all(enum compress_kind kind, const char *data, size_t len, struct collect *out)
{
	struct sink *pack = packer(kind, &out->sink);
	struct err err = ERR_INIT;

	for (size_t at = 0; at < len; at += 100000)
		CHECK_INT(sink_write(pack, data + at, len - at < 100000 ? len - at : 100000, &err),
			  0);
	CHECK_INT(sink_end(pack, &err), 0);
	CHECK(out->ended);
	drop(kind, pack, NULL);
}

/* In pieces of a size; -1 with err where the stream is not whole. */
static int unpack_all(enum compress_kind kind, const struct buf *in, size_t piece, uint64_t max,
		      struct collect *out, struct err *err)
{
	struct sink *unpack = unpacker(kind, max, &out->sink);
	int failed = 0;

	for (size_t at = 0; at < in->len && !failed; at += piece)
		failed = sink_write(unpack, in->data + at,
				    in->len - at < piece ? in->len - at : piece, err);
	if (!failed)
		failed = sink_end(unpack, err);
	drop(kind, NULL, unpack);
	return failed;
}

static void test_there_and_back(void)
{
	static const size_t sizes[] = { 0, 1, 65536, 131072, 3000001 };

	for (enum compress_kind kind = COMPRESS_ZSTD; kind <= COMPRESS_GZIP; kind++)
		for (size_t i = 0; i < 5; i++) {
			scoped(mem) char *data = content(sizes[i]);
			struct collect packed = collect_new(MOST), back = collect_new(MOST);
			struct err err = ERR_INIT;
			pack_all(kind, data, sizes[i], &packed);
			CHECK_INT(unpack_all(kind, &packed.got, i % 2 ? 7777 : 1 << 20, sizes[i],
					     &back, &err),
				  0);
			CHECK_STR(err.text, "");
			CHECK_INT(back.got.len, sizes[i]);
			CHECK(back.ended && (!sizes[i] || !memcmp(back.got.data, data, sizes[i])));
			buf_release(&packed.got);
			buf_release(&back.got);
		}
}

static void test_not_whole(void)
{
	scoped(mem) char *data = content(200000);

	for (enum compress_kind kind = COMPRESS_ZSTD; kind <= COMPRESS_GZIP; kind++) {
		struct collect packed = collect_new(MOST), back = collect_new(MOST);
		struct err err = ERR_INIT;
		pack_all(kind, data, 200000, &packed);
		size_t whole = packed.got.len;
		/* cut short, at some places; never an end that looks like one */
		for (size_t len = 0; len < whole; len += len < 40 ? 1 : whole / 13) {
			struct buf cut = { .data = packed.got.data, .len = len };
			back.ended = false;
			CHECK_INT(unpack_all(kind, &cut, 5000, MOST, &back, &err), -1);
			CHECK_INT(err.code, ERR_CORRUPT);
			CHECK(!back.ended);
			buf_clear(&back.got);
		}
		/* more than was said */
		CHECK_INT(unpack_all(kind, &packed.got, 5000, 199999, &back, &err), -1);
		CHECK_HAS(err.text, "more than the 199999 bytes expected");
		buf_clear(&back.got);
		/* a flipped byte in the part that does not compress */
		packed.got.data[whole / 2] ^= 0x20;
		back.ended = false;
		CHECK_INT(unpack_all(kind, &packed.got, 5000, MOST, &back, &err), -1);
		CHECK(!back.ended);
		packed.got.data[whole / 2] ^= 0x20;
		buf_clear(&back.got);
		/* bytes after the end */
		buf_adds(&packed.got, "and more");
		CHECK_INT(unpack_all(kind, &packed.got, 5000, MOST, &back, &err), -1);
		CHECK_INT(err.code, ERR_CORRUPT);
		buf_release(&packed.got);
		buf_release(&back.got);
	}
}

/* Two streams one after the other are one, as the tools of both formats have it. */
static void test_two(void)
{
	for (enum compress_kind kind = COMPRESS_ZSTD; kind <= COMPRESS_GZIP; kind++) {
		struct collect packed = collect_new(MOST), back = collect_new(MOST);
		struct err err = ERR_INIT;
		pack_all(kind, "one", 3, &packed);
		packed.ended = false;
		pack_all(kind, "two", 3, &packed);
		CHECK_INT(unpack_all(kind, &packed.got, 3, MOST, &back, &err), 0);
		CHECK_STR(buf_str(&back.got), "onetwo");
		buf_release(&packed.got);
		buf_release(&back.got);
	}
}

/* A frame of zstd that is to be skipped, which says that it has `size` bytes. */
static void add_skipped(struct buf *out, unsigned nibble, uint32_t size, size_t there)
{
	scoped(mem) char *bytes = content(2 * there);
	const uint8_t head[8] = { (uint8_t)(0x50 | nibble),
				  0x2a,
				  0x4d,
				  0x18,
				  (uint8_t)size,
				  (uint8_t)(size >> 8),
				  (uint8_t)(size >> 16),
				  (uint8_t)(size >> 24) };

	buf_add(out, head, sizeof(head));
	buf_add(out, bytes, there);
}

static void test_skipped(void)
{
	static const size_t pieces[] = { 1, 3, 9, 5000, MOST };
	struct collect packed = collect_new(MOST);
	struct err err = ERR_INIT;

	add_skipped(&packed.got, 0, 4, 4);
	pack_all(COMPRESS_ZSTD, "one", 3, &packed);
	add_skipped(&packed.got, 0xf, 300000, 300000);
	add_skipped(&packed.got, 7, 0, 0);
	packed.ended = false;
	pack_all(COMPRESS_ZSTD, "two", 3, &packed);
	add_skipped(&packed.got, 3, 1, 1);
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct collect back = collect_new(MOST);
		CHECK_INT(unpack_all(COMPRESS_ZSTD, &packed.got, pieces[i], 6, &back, &err), 0);
		CHECK_STR(err.text, "");
		CHECK_STR(buf_str(&back.got), "onetwo");
		CHECK_INT(back.ended, 1);
		CHECK_INT(unpack_all(COMPRESS_ZSTD, &packed.got, pieces[i], 5, &back, &err), -1);
		CHECK_HAS(err.text, "more than the 5 bytes expected");
		err = ERR_INIT;
		buf_release(&back.got);
	}
	/* one that says more than there is, up to all that a frame can say */
	for (unsigned i = 0; i < 2; i++) {
		scoped(buf) struct buf cut = BUF_INIT(MOST);
		scoped(collect) struct collect back = collect_new(MOST);
		add_skipped(&cut, 0, i ? UINT32_MAX : 5, 4);
		CHECK_INT(unpack_all(COMPRESS_ZSTD, &cut, 5000, MOST, &back, &err), -1);
		CHECK_INT(err.code, ERR_CORRUPT);
		CHECK_HAS(err.text, "ends in the middle");
		CHECK(!back.ended);
	}
	buf_release(&packed.got);
}

TESTS(TEST(test_parse), TEST(test_there_and_back), TEST(test_not_whole), TEST(test_two),
      TEST(test_skipped))
