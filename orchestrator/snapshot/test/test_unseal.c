/*
 * test_unseal: what a stored object is, by its first bytes, and the way back through its layers.
 */
#include "base/mem.h"
#include "base/test/check.h"
#include "snapshot/compress.h"
#include "snapshot/test/collect.h"
#include "snapshot/unseal.h"

#include <string.h>

enum { MAX = 64 * 1024 };

static void test_kind(void)
{
	static const struct {
		const char *head;
		size_t len;
		enum unseal_kind want;
	} cases[] = {
		{ "", 0, UNSEAL_PLAIN },
		{ "\x28\xb5\x2f\xfd", 4, UNSEAL_ZSTD },
		{ "\x28\xb5\x2f", 3, UNSEAL_PLAIN },
		{ "\x50\x2a\x4d\x18", 4, UNSEAL_ZSTD },
		{ "\x57\x2a\x4d\x18", 4, UNSEAL_ZSTD },
		{ "\x5f\x2a\x4d\x18", 4, UNSEAL_ZSTD },
		{ "\x4f\x2a\x4d\x18", 4, UNSEAL_PLAIN },
		{ "\x60\x2a\x4d\x18", 4, UNSEAL_PLAIN },
		{ "\x50\x2a\x4d\x19", 4, UNSEAL_PLAIN },
		{ "\x50\x2a\x4d", 3, UNSEAL_PLAIN },
		{ "\x1f\x8b\x08", 3, UNSEAL_GZIP },
		{ "age-encryption.org/v1", 21, UNSEAL_AGE },
		{ "-----BEGIN AGE ENCRYPTED FILE-----", 34, UNSEAL_AGE },
		{ "-----BEGIN AGE ENCRYPTED FILE----", 33, UNSEAL_PLAIN },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped(mem) char *copy = mem_alloc(cases[i].len + 1); /* no byte more */
		memcpy(copy, cases[i].head, cases[i].len);
		CHECK_INT(unseal_kind(copy, cases[i].len), cases[i].want);
	}
}

/* As pzstd writes it: a frame to be skipped in front of each. */
static void test_skipped(void)
{
	static const char skipped[] = { 0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 9, 0, 0, 0 };
	scoped(collect) struct collect packed = collect_new(MAX), out = collect_new(MAX);
	const struct unseal_settings settings = { .max = 12 };
	struct unseal *unseal = unseal_new(&settings, &out.sink);
	struct err err = ERR_INIT;

	for (int i = 0; i < 2; i++) {
		struct sink *pack = zstd_pack(3, &packed.sink);
		buf_add(&packed.got, skipped, sizeof(skipped));
		CHECK_INT(sink_write(pack, "etcd's", 6, &err), 0);
		CHECK_INT(sink_end(pack, &err), 0);
		zstd_pack_free(pack);
	}
	CHECK_INT(sink_write(unseal_sink(unseal), packed.got.data, packed.got.len, &err), 0);
	CHECK_INT(sink_end(unseal_sink(unseal), &err), 0);
	CHECK_STR(buf_str(&out.got), "etcd'setcd's");
	CHECK_STR(unseal_compression(unseal), "zstd");
	CHECK_STR(unseal_encryption(unseal), "none");
	unseal_free(unseal);
}

TESTS(TEST(test_kind), TEST(test_skipped))
