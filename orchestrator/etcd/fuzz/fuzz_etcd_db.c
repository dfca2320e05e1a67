/*
 * fuzz_etcd_db: all that is read out of a database (bolt_map, bolt_walk, bolt_check, etcd_db, etcd_objects, etcd_carried).  The
 * input changes bytes of a good database, or is its pages; the checksums of the metas are made right again.
 */
#include "etcd/etcd_carried.h"
#include "etcd/etcd_objects.h"
#include "etcd/test/make_db.h"

#include <stdio.h>

enum { PAGE = 1024, CHANGE = 3 };

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct bolt_file good(void)
{
	static const struct db_change changes[] = {
		{ 2, 0, "/registry/pods/ns/a", "one" },
		{ 3, 0, "/registry/a.b/widgets/ns/b", "two" },
		{ 4, 0, "/registry/pods/ns/a", NULL },
		{ 5, 0, "/registry/minions/c", "three" },
		{ 5, 1, "/registry/pods/ns/a", "four" },
		{ 6, 0, "/registry/services/specs/ns/d", "five" },
		{ 7, 0, "x", "six" },
	};
	static const char member[] = "{\"id\":18446744073709551615,\"name\":\"n\","
				     "\"peerURLs\":[\"u\",\"v\"],\"clientURLs\":[]}";
	static const uint8_t compacted[] = { 0, 0, 0, 0, 0, 0, 0, 5, '_', 0, 0, 0, 0, 0, 0, 0, 0 };
	const struct db_bucket buckets[] = {
		{ "alarm", { { "\x08\x01\x10\x01", 4, "", 0, 0 } }, 1 },
		{ "auth", { { "authEnabled", 11, "\x01", 1, 0 } }, 1 },
		{ "lease", { { "12345678", 8, "x", 1, 0 } }, 1 },
		{ "members", { { "ac7c97ef0ec193b0", 16, member, sizeof(member) - 1, 0 } }, 1 },
		{ "meta",
		  { { "consistent_index", 16, compacted, 8, 0 },
		    { "scheduledCompactRev", 19, compacted, 17, 0 },
		    { "term", 4, compacted, 8, 0 } },
		  3 },
	};
	const struct db_want want = { .page_size = PAGE,
				      .changes = changes,
				      .change_count = COUNT(changes),
				      .buckets = buckets,
				      .bucket_count = COUNT(buckets) };

	return make_db(&want);
}

/* Two good metas and then what came, in whole pages. */
static struct bolt_file raw(const uint8_t *data, size_t len)
{
	struct bolt_file file = { .page_size = PAGE, .pages = 2 + (len + PAGE - 1) / PAGE };

	file.size = file.pages * PAGE;
	file.data = mem_zalloc(file.size);
	bolt_meta(&file, 0, 10);
	bolt_meta(&file, 1, 9);
	if (len)
		memcpy(file.data + 2 * (size_t)PAGE, data, len);
	return file;
}

static void fix_meta(uint8_t *page)
{
	uint64_t hash = 14695981039346656037ull;

	for (int i = 0; i < 56; i++)
		hash = (hash ^ page[16 + i]) * 1099511628211ull;
	bolt_put(page + 16 + 56, 8, hash);
}

static void read_all(const struct bolt_file *file)
{
	scoped(bolt_map) struct bolt_map map = { 0 };
	scoped(etcd_db) struct etcd_db db = { 0 };
	scoped(etcd_objects) struct etcd_objects objects = { 0 };
	struct etcd_db_facts facts;
	scoped(arena) struct arena *arena = arena_new();
	struct etcd_carried carried;
	struct etcd_hash hash;
	struct err err = ERR_INIT, other = ERR_INIT;
	int failed = bolt_map_of(file->data, file->size, &map, &err);

	if (!failed)
		bolt_walk(&map, NULL, &(struct bolt_visitor){ 0 }, &(struct err){ 0 });
	bool read = !failed && !etcd_carried_read(&map, arena, &carried, &other);
	if (!failed && read == (other.code != ERR_NONE))
		abort();
	failed = failed || etcd_db_read(&map, &db, &facts, &err);
	if (!failed != !err.code)
		abort();
	if (failed)
		return;
	/* what the long way finds whole the short way reads, and the same */
	if (!read || carried.alarms != facts.alarm_kinds || carried.auth != facts.auth ||
	    carried.leases != facts.leases || carried.in_use > facts.size_in_use)
		abort();
	for (uint64_t at = 0; at < 9; at++) {
		if (etcd_db_hashkv(&db, at, &hash, &err) && err.code != ERR_USAGE)
			abort(); /* what was proved can be hashed */
	}
	if (etcd_objects_read(&db, 2, &objects, &err) || objects.all.count != facts.keys)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bolt_file file;

	if (len && data[0] & 1) {
		file = raw(data + 1, len - 1);
	} else {
		file = good();
		for (size_t i = 1; i + CHANGE <= len; i += CHANGE)
			file.data[((size_t)data[i] << 8 | data[i + 1]) % file.size] = data[i + 2];
	}
	fix_meta(file.data);
	fix_meta(file.data + PAGE);
	read_all(&file);
	free(file.data);
	return 0;
}
