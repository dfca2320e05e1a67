/*
 * test_bolt_check: databases made by hand are whole; each damage is found, and told where; no changed byte does
 * harm.  test_bolt_map: metas, sizes, and mapping a file.
 */
#include "base/test/check.h"
#include "etcd/bolt_check.h"
#include "etcd/test/make_bolt.h"

static int check_of(const struct bolt_file *file, struct bolt_check *out, struct err *err)
{
	scoped(bolt_map) struct bolt_map map = { 0 };

	*err = ERR_INIT;
	*out = (struct bolt_check){ 0 };
	return bolt_map_of(file->data, file->size, &map, err) || bolt_check(&map, NULL, out, err)
		       ? -1
		       : 0;
}

static struct bolt_file make(size_t page_size)
{
	struct bolt_want want = {
		.page_size = page_size, .revision = 5, .compacted = 4, .version = "3.6.0"
	};

	return make_bolt(&want);
}

static void test_good(void)
{
	static const size_t page_sizes[] = { 512, 1024, 4096, 16384, 65536 };
	struct bolt_check check;
	struct err err;

	for (size_t i = 0; i < 5; i++) {
		struct bolt_file file = make(page_sizes[i]);
		CHECK_INT(check_of(&file, &check, &err), 0);
		CHECK_STR(err.text, "");
		CHECK_INT(check.pages, BOLT_PAGES);
		CHECK_INT(check.used, BOLT_PAGES - 1); /* all but page 2 */
		CHECK_INT(check.buckets, 3);
		CHECK_INT(check.entries, 3 + 2);
		CHECK_INT(check.meta, 0);
		CHECK(!check.meta_bad[0] && !check.meta_bad[1] && !check.freelist);
		free(file.data);
	}
}

static void test_overflow(void)
{
	struct bolt_want want = { .revision = 77, .large = 1024 * 1024 };
	struct bolt_file file = make_bolt(&want);
	struct bolt_check check;
	struct err err;

	CHECK_INT(check_of(&file, &check, &err), 0);
	CHECK_INT(check.used, file.pages - 1);
	free(file.data);
}

static void test_metas(void)
{
	static const size_t page_sizes[] = { 512, 4096, 65536 };
	struct bolt_check check;
	struct err err;

	for (size_t i = 0; i < 3; i++) {
		struct bolt_file file = make(page_sizes[i]);
		bolt_meta(&file, 1, 11);
		CHECK_INT(check_of(&file, &check, &err), 0);
		CHECK_INT(check.meta, 1);
		file.data[16] ^= 1;
		CHECK_INT(check_of(&file, &check, &err), 0);
		CHECK_STR(check.meta_bad[0], "wrong magic number");
		CHECK(!check.meta_bad[1]);
		file.data[page_sizes[i] + 16 + 50] ^= 1;
		CHECK_INT(check_of(&file, &check, &err), -1);
		CHECK_INT(err.code, ERR_CORRUPT);
		CHECK_HAS(err.text, "no valid meta page");
		bolt_meta(&file, 0, 10);
		CHECK_INT(check_of(&file, &check, &err), 0);
		CHECK_INT(check.meta, 0);
		CHECK(!check.meta_bad[0] && check.meta_bad[1]);
		free(file.data);
	}
}

static void test_size(void)
{
	struct bolt_file file = make(4096);
	scoped(bolt_map) struct bolt_map map = { 0 };
	scoped(fd) int fd = bolt_fd(&file);
	struct err err = ERR_INIT;

	CHECK_INT(bolt_map_of(file.data, file.size - 1, &map, &err), -1);
	CHECK_HAS(err.text, "7 pages of 4096 bytes, and only 28671 bytes");
	CHECK_INT(bolt_map_of(file.data, 79, &map, &err), -1);
	CHECK_INT(bolt_map_of(file.data, 0, &map, &err), -1);
	CHECK_INT(bolt_map_open(fd, file.size + 1, &map, &err), -1);
	CHECK_INT(err.code, ERR_CORRUPT);
	CHECK_INT(bolt_map_open(fd, 0, &map, &err), -1);
	CHECK_INT(bolt_map_open(-1, 4096, &map, &err), -1);
	CHECK_INT(err.code, ERR_FILE);
	CHECK_INT(bolt_map_open(fd, file.size, &map, &err), 0);
	CHECK_INT(map.size, file.size);
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
	/* a leaf's element 1 stands at 32 {flags, pos, ksize, vsize}, a branch's {pos, ksize, child} */
	static const struct damage damages[] = {
		{ BOLT_ROOT, 0, 8, 4, "page 3 (byte 12288) says it is page 4" },
		{ BOLT_ROOT, 8, 2, 0x10, "page 3 (byte 12288) is neither branch nor leaf" },
		{ BOLT_ROOT, 8, 2, 3, "neither branch nor leaf" },
		{ BOLT_ROOT, 10, 2, 65535, "too many elements: 65535" },
		{ BOLT_ROOT, 12, 4, 1000, "goes on for 1001 pages" },
		{ BOLT_ROOT, 12, 4, UINT32_MAX, "goes on for 4294967296 pages" },
		{ BOLT_ROOT, 12, 4, 1, "is used twice" },
		{ BOLT_ROOT, 16, 4, 2, "page 3, element 0 (byte 12304): unknown flags" },
		{ BOLT_ROOT, 32 + 4, 4, 60000, "element 1 (byte 12320): it lies outside" },
		{ BOLT_ROOT, 32 + 4, 4, 0, "it lies outside its page" }, /* in the elements */
		{ BOLT_ROOT, 32 + 4, 4, 32, "it overlaps the one before it" },
		{ BOLT_ROOT, 32 + 8, 4, UINT32_MAX, "it lies outside its page" },
		{ BOLT_ROOT, 32 + 12, 4, 15, "a bucket's value is too short" },
		{ BOLT_ROOT, 48 + 12, 4, 31, "an inline bucket of 31 bytes is too short" },
		{ BOLT_ROOT, 64, 1, 'z', "element 1 (byte 12320): the key is not after" },
		{ BOLT_BRANCH, 10, 2, 0, "a branch has no element" },
		{ BOLT_BRANCH, 24, 8, BOLT_BRANCH, "bucket \"key\": page 4 (byte 16384, part of" },
		{ BOLT_BRANCH, 24, 8, BOLT_ROOT, "page 3 (byte 12288, part of page 3) is used" },
		{ BOLT_BRANCH, 40, 8, BOLT_FIRST_LEAF, "page 5 (byte 20480, part of page 5) is" },
		{ BOLT_BRANCH, 40, 8, 1, "bucket \"key\": page 1 does not exist" },
		{ BOLT_BRANCH, 40, 8, 7, "page 7 does not exist" },
		{ BOLT_BRANCH, 40, 8, 2, "page 2 (byte 8192) is neither" },
		{ BOLT_BRANCH, 48 + 7, 1, 9, "page 5, element 0 (byte 20496): the key is before" },
		{ BOLT_BRANCH, 65 + 7, 1, 1, "page 5, element 0 (byte 20496): the key is after" },
		{ BOLT_BRANCH, 65 + 7, 1, 5, "page 6, element 0 (byte 24592): the key is before" },
		{ BOLT_ROOT, 16 + 8, 4, 0, "the key is empty" },
		{ BOLT_LAST_LEAF, 48 + 7, 1, 6, "page 6, element 1 (byte 24608): the key is not" },
	};

	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		const struct damage *d = &damages[i];
		struct bolt_file file = make(4096);
		struct bolt_check check;
		struct err err;
		bolt_put(file.data + d->page * 4096 + d->at, d->bytes, d->value);
		CHECK_INT(check_of(&file, &check, &err), -1);
		CHECK_INT(err.code, ERR_CORRUPT);
		CHECK_HAS(err.text, d->words);
		CHECK_INT(check.pages, 0); /* untouched */
		free(file.data);
	}
}

/* Without bolt_check's bitmap a walk ends, too. */
static void test_walk_ends(void)
{
	struct bolt_file file = make(4096);
	struct bolt_map map;
	struct err err = ERR_INIT;

	CHECK_INT(bolt_map_of(file.data, file.size, &map, &err), 0);
	CHECK_INT(bolt_walk(&map, NULL, &(struct bolt_visitor){ 0 }, &err), 0);
	bolt_put(file.data + BOLT_BRANCH * 4096 + 24, 8, BOLT_BRANCH);
	CHECK_INT(bolt_walk(&map, NULL, &(struct bolt_visitor){ 0 }, &err), -1);
	CHECK_HAS(err.text, "used twice");
	free(file.data);
}

static int count(void *arg, const struct bolt_entry *entry, struct err *err)
{
	char *text = arg;
	size_t len = strlen(text);

	(void)err;
	snprintf(text + len, 200 - len, "%u%.*s:%.*s ", entry->level, (int)entry->bucket.len,
		 (const char *)entry->bucket.data, (int)(entry->key.len < 18 ? 3 : entry->key.len),
		 entry->key.len == 17 ? "rev" : (const char *)entry->key.data);
	return 0;
}

/* The bytes of files that this process has in its memory (proc(5), statm: shared). */
static uint64_t mapped_in_memory(void)
{
	unsigned long long size, resident, shared = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	CHECK(f && fscanf(f, "%llu %llu %llu", &size, &resident, &shared) == 3);
	if (f)
		fclose(f);
	return shared * (uint64_t)sysconf(_SC_PAGESIZE);
}

static int read_value(void *arg, const struct bolt_entry *entry, struct err *err)
{
	uint64_t *sum = arg;

	(void)err;
	for (size_t i = 0; i < entry->value.len; i++)
		*sum += entry->value.data[i];
	return 0;
}

/* What a walk has passed is no longer in this process's memory, and can be read again. */
static void test_walk_forgets(void)
{
	enum { LARGE = 24 * 1024 * 1024 };
	struct bolt_want want = { .revision = 77, .large = LARGE };
	struct bolt_file file = make_bolt(&want);
	uint64_t sums[2] = { 0 }, before;
	scoped(bolt_map) struct bolt_map map = { 0 };
	scoped(fd) int fd = bolt_fd(&file);
	struct err err = ERR_INIT;

	CHECK_INT(bolt_map_open(fd, file.size, &map, &err), 0);
	before = mapped_in_memory();
	for (int i = 0; i < 2; i++) {
		struct bolt_visitor visitor = { .arg = &sums[i], .entry = read_value };
		CHECK_INT(bolt_walk(&map, NULL, &visitor, &err), 0);
		CHECK(mapped_in_memory() < before + LARGE / 2);
	}
	CHECK(sums[0] && sums[0] == sums[1]);
	free(file.data);
}

static int stop(void *arg, const struct bolt_entry *entry, struct err *err)
{
	(void)arg;
	return entry->level ? err_set(err, ERR_CANCELLED, "enough") : 0;
}

static void test_entries(void)
{
	struct bolt_file file = make(4096);
	struct bolt_map map;
	char text[200] = "";
	struct bolt_visitor visitor = { .arg = text, .entry = count };
	struct err err = ERR_INIT;

	CHECK_INT(bolt_map_of(file.data, file.size, &map, &err), 0);
	CHECK_INT(bolt_walk(&map, "key", &visitor, &err), 0);
	CHECK_STR(text, "0:key 1key:rev 1key:rev 1key:rev ");
	text[0] = '\0';
	CHECK_INT(bolt_walk(&map, "meta", &visitor, &err), 0);
	CHECK_STR(text, "0:met 1meta:finishedCompactRev 1meta:sto ");
	text[0] = '\0';
	CHECK_INT(bolt_walk(&map, "none", &visitor, &err), 0);
	CHECK_STR(text, "");
	visitor.entry = stop;
	CHECK_INT(bolt_walk(&map, NULL, &visitor, &err), -1);
	CHECK_INT(err.code, ERR_CANCELLED);
	CHECK_STR(err.text, "bucket \"key\": page 5, element 0 (byte 20496): enough");
	free(file.data);
}

/* Both metas name page 2 as the list of free pages. */
static void set_freelist(struct bolt_file *file, const uint64_t *ids, size_t count_ids)
{
	uint8_t *page = file->data + 2 * file->page_size;

	for (int i = 0; i < 2; i++) {
		uint8_t *m = file->data + (size_t)i * file->page_size + 16;
		uint64_t hash = 14695981039346656037ull;
		bolt_put(m + 32, 8, 2);
		for (int k = 0; k < 56; k++)
			hash = (hash ^ m[k]) * 1099511628211ull;
		bolt_put(m + 56, 8, hash);
	}
	bolt_header(page, 2, 0x10, count_ids, 0);
	for (size_t i = 0; i < count_ids; i++)
		bolt_put(page + 16 + 8 * i, 8, ids[i]);
}

static void test_freelist(void)
{
	static const struct {
		uint64_t ids[3];
		size_t count;
		const char *words;
	} lists[] = {
		{ { 7 }, 1, NULL },
		{ { 0 }, 0, "page 7 is neither used nor free" },
		{ { 5 }, 1, "page 5 is in the list of free pages and used" },
		{ { 7, 7 }, 2, "page 7 is in the list of free pages and used, or twice" },
		{ { 1 }, 1, "has page 1, which does not exist" },
		{ { 8 }, 1, "has page 8, which does not exist" },
		{ { 1, 7 }, 0xffff, NULL }, /* the first number is the count */
		{ { 0 }, 1000, "1000 free pages do not fit" },
		{ { UINT64_MAX, 7 }, 0xffff, "do not fit" },
	};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct bolt_file file = make(4096);
		struct bolt_check check;
		struct err err;
		file.data = mem_grow(file.data, file.size + 4096); /* page 7 is free */
		file.pages++;
		file.size += 4096;
		bolt_meta(&file, 0, 10);
		bolt_meta(&file, 1, 9);
		set_freelist(&file, lists[i].ids, lists[i].count > 3 ? 2 : lists[i].count);
		bolt_put(file.data + 2 * 4096 + 10, 2, lists[i].count);
		CHECK_INT(check_of(&file, &check, &err), lists[i].words ? -1 : 0);
		if (lists[i].words)
			CHECK_HAS(err.text, lists[i].words);
		else
			CHECK(check.freelist && check.used == 7);
		free(file.data);
	}
}

/* Whatever byte is changed: an answer, never a crash, never a read outside. */
static void test_every_byte(void)
{
	struct bolt_file file = make(512);
	size_t refused = 0;
	struct bolt_check check;
	struct err err;

	for (size_t i = 0; i < file.size; i++) {
		file.data[i] = (uint8_t)~file.data[i];
		int failed = check_of(&file, &check, &err);
		CHECK(!failed == !err.code);
		refused += failed != 0;
		file.data[i] = (uint8_t)~file.data[i];
	}
	CHECK(refused > 100);
	free(file.data);
}

TESTS(TEST(test_good), TEST(test_overflow), TEST(test_metas), TEST(test_size), TEST(test_damage),
      TEST(test_walk_ends), TEST(test_walk_forgets), TEST(test_entries), TEST(test_freelist),
      TEST(test_every_byte))
