/*
 * test_tar_check: what tar_join writes is read to its end, in pieces of any size; and what is not in order is damaged.
 */
#include "base/mem.h"
#include "base/test/check.h"
#include "snapshot/tar_check.h"
#include "snapshot/tar_join.h"
#include "snapshot/test/collect.h"

enum { MAX = 64 * 1024, BIG = 700 };

/* Three files, the second of more than a block. */
static void make(struct collect *out)
{
	static const char big[BIG];
	struct err err = ERR_INIT;

	collect_init(out, MAX);
	CHECK_INT(tar_join_file(&out->sink, "one", "1", 1, 0, &err), 0);
	CHECK_INT(tar_join_file(&out->sink, "two", big, sizeof(big), 0, &err), 0);
	CHECK_INT(tar_join_file(&out->sink, "none", NULL, 0, 0, &err), 0);
	CHECK_INT(tar_join_end(&out->sink, &err), 0);
}

static void see(void *arg, const char *path)
{
	buf_addf(arg, "%s ", path);
}

static int check_all(const char *data, size_t len, size_t piece, struct buf *seen, struct err *err)
{
	struct tar_check check;

	buf_clear(seen);
	tar_check_init(&check, see, seen);
	for (size_t at = 0; at < len; at += piece)
		if (sink_write(&check.sink, data + at, len - at < piece ? len - at : piece, err))
			return -1;
	return sink_end(&check.sink, err);
}

static void test_whole(void)
{
	static const size_t pieces[] = { 1, 7, 511, 512, 513, MAX };
	scoped(buf) struct buf seen = BUF_INIT(MAX);
	scoped(collect) struct collect all;
	struct err err = ERR_INIT;

	make(&all);
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		CHECK_INT(check_all(all.got.data, all.got.len, pieces[i], &seen, &err), 0);
		CHECK_STR(buf_str(&seen), "one two none ");
	}
	for (size_t i = 0; i < 4; i++) /* as tar fills its last record */
		buf_add(&all.got, (const char[TAR_BLOCK]){ 0 }, TAR_BLOCK);
	CHECK_INT(check_all(all.got.data, all.got.len, 1000, &seen, &err), 0);
}

/* Every place where it may have been cut: only the whole of it is whole. */
static void test_cut(void)
{
	scoped(buf) struct buf seen = BUF_INIT(MAX);
	scoped(collect) struct collect all;

	make(&all);
	for (size_t len = 0; len < all.got.len; len += 128) {
		scoped(mem) char *copy = mem_alloc(len + 1);
		struct err err = ERR_INIT;
		memcpy(copy, all.got.data, len);
		CHECK_INT(check_all(copy, len, 300, &seen, &err), -1);
		CHECK_INT(err.code, ERR_CORRUPT);
		CHECK_HAS(err.text, "cut off");
	}
}

static void test_refused(void)
{
	scoped(buf) struct buf seen = BUF_INIT(MAX);
	scoped(collect) struct collect all;
	struct err err = ERR_INIT;

	make(&all);
	size_t end = all.got.len - 2 * (size_t)TAR_BLOCK;
	all.got.data[end + TAR_BLOCK] = 1; /* behind one block of zeros */
	CHECK_INT(check_all(all.got.data, all.got.len, MAX, &seen, &err), -1);
	CHECK_HAS(err.text, "goes on after its end");
	all.got.data[end + TAR_BLOCK] = 0;
	buf_add(&all.got, "x", 1);
	CHECK_INT(check_all(all.got.data, all.got.len, MAX, &seen, &err), -1);
	CHECK_INT(err.code, ERR_CORRUPT);
	all.got.len--;
	all.got.data[0] ^= 1; /* its checksum is not right */
	CHECK_INT(check_all(all.got.data, all.got.len, MAX, &seen, &err), -1);
	CHECK_INT(err.code, ERR_CORRUPT);
	CHECK_HAS(err.text, "damaged");
	CHECK_STR(buf_str(&seen), "");
}

TESTS(TEST(test_whole), TEST(test_cut), TEST(test_refused))
