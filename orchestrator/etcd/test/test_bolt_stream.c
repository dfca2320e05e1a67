/*
 * test_bolt_stream: what goes by in pieces gives the same revision as the file, wherever the pieces end.
 */
#include "base/test/check.h"
#include "etcd/bolt_stream.h"
#include "etcd/test/make_bolt.h"

static int revision_of(const uint8_t *data, size_t size, size_t piece, uint64_t least,
		       uint64_t *revision, struct err *err)
{
	scoped(bolt_stream) struct bolt_stream *stream = bolt_stream_new(least);

	*err = ERR_INIT;
	for (size_t at = 0; at < size; at += piece)
		bolt_stream_add(stream, data + at, size - at < piece ? size - at : piece);
	return bolt_stream_revision(stream, size, revision, err);
}

static void test_same(void)
{
	static const size_t page_sizes[] = { 1024, 4096, 16384, 65536 };
	static const size_t pieces[] = { 1, 977, 4096, 32768, 1 << 20 };
	uint64_t revision;
	struct err err;

	for (size_t i = 0; i < 4; i++)
		for (size_t k = 0; k < 5; k++) {
			struct bolt_want want = { .page_size = page_sizes[i],
						  .revision = 8812093,
						  .compacted = 8800000 };
			struct bolt_file file = make_bolt(&want);
			revision = 0;
			CHECK_INT(revision_of(file.data, file.size, pieces[k], 8812000, &revision,
					      &err),
				  0);
			CHECK_STR(err.text, "");
			CHECK_INT(revision, 8812093);
			free(file.data);
		}
}

/* The last key lies in a page that comes later. */
static void test_large_value(void)
{
	struct bolt_want want = { .revision = 77, .large = 3 * 1024 * 1024 };
	struct bolt_file file = make_bolt(&want);
	uint64_t revision = 0;
	struct err err;

	CHECK_INT(revision_of(file.data, file.size, 32768, 77, &revision, &err), 0);
	CHECK_INT(revision, 77);
	CHECK_INT(revision_of(file.data, file.size, 4095, 0, &revision, &err), 0);
	CHECK_INT(revision, 77);
	free(file.data);
}

static void test_refused(void)
{
	struct bolt_want want = { .revision = 100 };
	struct bolt_file file = make_bolt(&want);
	uint64_t revision = 4;
	struct err err;

	CHECK_INT(revision_of(file.data, file.size, 4096, 101, &revision, &err), -1);
	CHECK_INT(err.code, ERR_CORRUPT);
	CHECK_HAS(err.text, "older than revision 101");
	CHECK_INT(revision_of(file.data, file.size - 4096, 4096, 1, &revision, &err), -1);
	CHECK_HAS(err.text, "its meta says");
	CHECK_INT(revision_of(file.data, 70, 4096, 1, &revision, &err), -1);
	CHECK_HAS(err.text, "no valid meta page");
	CHECK_INT(revision_of(file.data, 0, 4096, 1, &revision, &err), -1);
	CHECK_INT(revision, 4);
	free(file.data);
}

/* No flipped byte does harm; what is still accepted has a revision. */
static void test_every_byte(void)
{
	struct bolt_want want = { .page_size = 1024, .revision = 100 };
	struct bolt_file file = make_bolt(&want);
	uint64_t revision;
	struct err err;

	for (size_t i = 0; i < file.size; i++) {
		file.data[i] ^= 0xff;
		revision = 0;
		if (!revision_of(file.data, file.size, 5000, 90, &revision, &err))
			CHECK(revision >= 90);
		else
			CHECK_INT(err.code, ERR_CORRUPT);
		file.data[i] ^= 0xff;
	}
	free(file.data);
}

TESTS(TEST(test_same), TEST(test_large_value), TEST(test_refused), TEST(test_every_byte))
