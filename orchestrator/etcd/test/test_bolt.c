/*
 * test_bolt: facts of databases made by hand; each damage is found, and no flipped byte does harm.
 */
#include "base/test/check.h"
#include "etcd/bolt.h"
#include "etcd/test/make_bolt.h"

static int facts_of(const struct bolt_file *file, struct bolt_facts *facts, struct err *err)
{
	scoped(fd) int fd = bolt_fd(file);

	*err = ERR_INIT;
	*facts = (struct bolt_facts){ 0 };
	return bolt_facts(fd, file->size, facts, err);
}

static void test_good(void)
{
	static const size_t page_sizes[] = { 1024, 4096, 16384, 65536 };
	struct bolt_facts facts;
	struct err err;

	for (size_t i = 0; i < 4; i++) {
		struct bolt_want want = { .page_size = page_sizes[i],
					  .revision = 8812093,
					  .compacted = 8800000,
					  .version = "3.6.0" };
		struct bolt_file file = make_bolt(&want);
		CHECK_INT(facts_of(&file, &facts, &err), 0);
		CHECK_INT(facts.page_size, page_sizes[i]);
		CHECK_INT(facts.size, file.size);
		CHECK_INT(facts.revision, 8812093);
		CHECK_INT(facts.compact_revision, 8800000);
		CHECK_STR(facts.storage_version, "3.6.0");
		free(file.data);
	}
}

static void test_absent(void)
{
	struct bolt_want want = { .revision = 5 };
	struct bolt_file file = make_bolt(&want);
	struct bolt_facts facts;
	struct err err;

	CHECK_INT(facts_of(&file, &facts, &err), 0);
	CHECK_INT(facts.revision, 5);
	CHECK_INT(facts.compact_revision, 0);
	CHECK_STR(facts.storage_version, "");
	free(file.data);

	want.empty = true;
	file = make_bolt(&want);
	CHECK_INT(facts_of(&file, &facts, &err), 0);
	CHECK_INT(facts.revision, 0);
	free(file.data);
}

/* A leaf of several MiB, its last key behind the large value. */
static void test_large_value(void)
{
	struct bolt_want want = { .revision = 77, .large = 9 * 1024 * 1024 };
	struct bolt_file file = make_bolt(&want);
	struct bolt_facts facts;
	struct err err;

	CHECK_INT(facts_of(&file, &facts, &err), 0);
	CHECK_INT(facts.revision, 77);
	free(file.data);
}

static void test_metas(void)
{
	struct bolt_want want = { .revision = 5 };
	struct bolt_file file = make_bolt(&want);
	struct bolt_facts facts;
	struct err err;

	file.data[16] ^= 1; /* the first meta's magic: the second one is used */
	CHECK_INT(facts_of(&file, &facts, &err), 0);
	CHECK_INT(facts.revision, 5);
	file.data[4096 + 16 + 50] ^= 1; /* the second one's txid: its sum is wrong now */
	CHECK_INT(facts_of(&file, &facts, &err), -1);
	CHECK_INT(err.code, ERR_CORRUPT);
	CHECK_HAS(err.text, "no valid meta");
	free(file.data);

	file = make_bolt(&want);
	struct bolt_file other = make_bolt(&want);
	other.pages = 99;
	bolt_meta(&other, 1, 11); /* newer, and of another size: it decides */
	CHECK_INT(facts_of(&other, &facts, &err), -1);
	CHECK_HAS(err.text, "99 pages");
	bolt_meta(&other, 1, 9); /* older: it does not */
	CHECK_INT(facts_of(&other, &facts, &err), 0);
	free(file.data);
	free(other.data);
}

static void test_size(void)
{
	struct bolt_want want = { .revision = 5 };
	struct bolt_file file = make_bolt(&want);
	struct bolt_facts facts;
	struct err err;
	scoped(fd) int fd = bolt_fd(&file);

	err = ERR_INIT;
	CHECK_INT(bolt_facts(fd, file.size - 4096, &facts, &err), -1);
	CHECK_INT(err.code, ERR_CORRUPT);
	CHECK_INT(bolt_facts(fd, file.size + 4096, &facts, &err), -1);
	CHECK_INT(bolt_facts(fd, 0, &facts, &err), -1);
	CHECK_INT(ftruncate(fd, (off_t)file.size - 4096), 0); /* shorter than it was said to be */
	CHECK_INT(bolt_facts(fd, file.size, &facts, &err), -1);
	CHECK_INT(err.code, ERR_CORRUPT);
	free(file.data);
}

struct damage {
	size_t page, at;
	int bytes;
	uint64_t value;
	const char *words;
};

static void test_damage(void)
{
	static const struct damage damages[] = {
		{ BOLT_ROOT, 0, 8, 4, "says it is another" },
		{ BOLT_ROOT, 8, 2, 0x10, "neither branch nor leaf" },
		{ BOLT_ROOT, 10, 2, 65535, "too many elements" },
		{ BOLT_ROOT, 12, 4, 1000, "says it is another" },
		{ BOLT_ROOT, 16 + 16 + 4, 4, 60000, "outside its page" },
		{ BOLT_ROOT, 16 + 16 + 8, 4, UINT32_MAX, "outside its page" },
		{ BOLT_ROOT, 16 + 16, 4, 0, "no bucket \"key\"" }, /* a key, not a bucket */
		{ BOLT_BRANCH, 16 + 16 + 8, 8, BOLT_BRANCH, "no end" },
		{ BOLT_BRANCH, 16 + 16 + 8, 8, 1, "does not exist" },
		{ BOLT_BRANCH, 16 + 16 + 8, 8, 99, "does not exist" },
		{ BOLT_LAST_LEAF, 16 + 16 + 8, 4, 16, "is none" },   /* key too short */
		{ BOLT_LAST_LEAF, 16 + 32 + 25, 1, 'x', "is none" }, /* '_' of the last key */
	};

	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		const struct damage *d = &damages[i];
		struct bolt_want want = { .revision = 5 };
		struct bolt_file file = make_bolt(&want);
		struct bolt_facts facts;
		struct err err;
		bolt_put(file.data + d->page * 4096 + d->at, d->bytes, d->value);
		CHECK_INT(facts_of(&file, &facts, &err), -1);
		CHECK_INT(err.code, ERR_CORRUPT);
		CHECK_HAS(err.text, d->words);
		CHECK_INT(facts.size, 0); /* untouched */
		free(file.data);
	}
}

static void test_buckets_missing(void)
{
	static const char *const names[] = { "key", "meta" };

	for (size_t i = 0; i < 2; i++) {
		struct bolt_want want = { .revision = 5, .no_bucket = names[i] };
		struct bolt_file file = make_bolt(&want);
		struct bolt_facts facts;
		struct err err;
		CHECK_INT(facts_of(&file, &facts, &err), -1);
		CHECK_HAS(err.text, names[i]);
		free(file.data);
	}
}

/* Whatever byte is changed: an answer, never a crash, never a read outside. */
static void test_every_byte(void)
{
	struct bolt_want want = {
		.page_size = 1024, .revision = 5, .compacted = 4, .version = "3.6.0"
	};
	struct bolt_file file = make_bolt(&want);
	scoped(fd) int fd = bolt_fd(&file);
	struct bolt_facts facts;
	size_t refused = 0;

	for (size_t i = 0; i < file.size; i++) {
		struct err err = ERR_INIT;
		uint8_t byte = (uint8_t)~file.data[i];
		CHECK_INT(pwrite(fd, &byte, 1, (off_t)i), 1);
		int failed = bolt_facts(fd, file.size, &facts, &err);
		CHECK(!failed == !err.code);
		refused += failed != 0;
		CHECK_INT(pwrite(fd, file.data + i, 1, (off_t)i), 1);
	}
	CHECK(refused > 100);
	free(file.data);
}

TESTS(TEST(test_good), TEST(test_absent), TEST(test_large_value), TEST(test_metas), TEST(test_size),
      TEST(test_damage), TEST(test_buckets_missing), TEST(test_every_byte))
