/*
 * test_etcd_db: facts, hashes and objects of databases made by hand.  The hashes are computed here a second time,
 * from the list of changes, by etcd's rules.
 */
#include "base/crc32c.h"
#include "base/test/check.h"
#include "etcd/etcd_objects.h"
#include "etcd/test/make_db.h"

/* /registry/a: put 2, 4, deleted 6, put 9; b: put 3; c: put 5, deleted 7; one transaction at 8 */
static const struct db_change changes[] = {
	{ 2, 0, "/registry/pods/default/a", "one" },
	{ 3, 0, "/registry/pods/default/b", "two" },
	{ 4, 0, "/registry/pods/default/a", "three" },
	{ 5, 0, "/registry/services/specs/kube-system/c", "four" },
	{ 6, 0, "/registry/pods/default/a", NULL },
	{ 7, 0, "/registry/services/specs/kube-system/c", NULL },
	{ 8, 0, "/registry/example.com/widgets/default/w", "a long value, the longest one" },
	{ 8, 1, "/registry/minions/cp-1", "node" },
	{ 9, 0, "/registry/pods/default/a", "five" },
	{ 10, 0, "compact_rev_key", "8" },
};

enum { CHANGES = sizeof(changes) / sizeof(changes[0]) };

#define MEMBER                                                                                   \
	"{\"id\":12428976124636271536,\"peerURLs\":[\"https://10.0.0.1:2380\",\"https://x:1\"]," \
	"\"name\":\"cp-1\",\"clientURLs\":[\"https://10.0.0.1:2379\"],\"isLearner\":true}"

struct made {
	struct bolt_file file;
	struct db_bucket buckets[6];
	uint8_t compacted[17], numbers[2][8], alarm[16], leases[2][8];
	struct db_want want;
};

/* All small buckets; `compacted` 0: never. */
static void prepare(struct made *m, uint64_t compacted)
{
	static const char off[1] = { 1 };
	struct buf alarm = BUF_INIT(sizeof(m->alarm));

	*m = (struct made){ .numbers = { { [7] = 17 }, { [6] = 1 } }, .leases[1] = { 1 } };
	bolt_revision(m->compacted, compacted, 0);
	proto_add_varint(&alarm, 1, 0x1a2b);
	proto_add_varint(&alarm, 2, 1);
	memcpy(m->alarm, alarm.data, alarm.len);
	m->buckets[0] = (struct db_bucket){ "alarm", { { m->alarm, alarm.len, "", 0, 0 } }, 1 };
	m->buckets[1] = (struct db_bucket){ "auth", { { "authEnabled", 11, off, 1, 0 } }, 1 };
	m->buckets[2] = (struct db_bucket){
		"lease", { { m->leases[0], 8, "x", 1, 0 }, { m->leases[1], 8, "x", 1, 0 } }, 2
	};
	m->buckets[3] = (struct db_bucket){
		"members", { { "ac7c97ef0ec193b0", 16, MEMBER, sizeof(MEMBER) - 1, 0 } }, 1
	};
	m->buckets[4] = (struct db_bucket){ "meta",
					    { { "consistent_index", 16, m->numbers[0], 8, 0 },
					      { "finishedCompactRev", 18, m->compacted, 17, 0 },
					      { "storageVersion", 14, "3.6.0", 5, 0 },
					      { "term", 4, m->numbers[1], 8, 0 } },
					    4 };
	if (!compacted) {
		m->buckets[4].items[1] = m->buckets[4].items[3];
		m->buckets[4].count = 2;
	}
	m->want = (struct db_want){ .changes = changes,
				    .change_count = CHANGES,
				    .buckets = m->buckets,
				    .bucket_count = 5 };
	buf_release(&alarm);
}

static int read_made(struct made *m, struct bolt_map *map, struct etcd_db *db,
		     struct etcd_db_facts *facts, struct err *err)
{
	*err = ERR_INIT;
	*map = (struct bolt_map){ 0 };
	*db = (struct etcd_db){ 0 };
	*facts = (struct etcd_db_facts){ 0 };
	m->file = make_db(&m->want);
	return bolt_map_of(m->file.data, m->file.size, map, err) ||
			       etcd_db_read(map, db, facts, err)
		       ? -1
		       : 0;
}

static uint32_t add_change(uint32_t crc, const struct db_change *change)
{
	struct db_stored stored;

	db_store(change, &stored);
	crc = crc32c(crc, stored.key, stored.key_len);
	return crc32c(crc, stored.value, stored.value_len);
}

/* As `etcdutl snapshot status`: "key" stands between "auth" and "lease". */
static uint32_t status_hash(const struct made *m)
{
	uint32_t crc = 0;

	for (size_t i = 0; i < m->want.bucket_count; i++) {
		const struct db_bucket *b = &m->buckets[i];
		if (i == 2) {
			crc = crc32c(crc, "key", 3);
			for (size_t k = 0; k < m->want.change_count; k++)
				crc = add_change(crc, &m->want.changes[k]);
		}
		crc = crc32c(crc, b->name, strlen(b->name));
		for (size_t k = 0; k < b->count; k++) {
			crc = crc32c(crc, b->items[k].key, b->items[k].key_len);
			crc = crc32c(crc, b->items[k].value, b->items[k].value_len);
		}
	}
	return crc;
}

static bool superseded(size_t i, uint64_t revision)
{
	for (size_t k = i + 1; k < CHANGES; k++)
		if (changes[k].main <= revision && !strcmp(changes[k].key, changes[i].key))
			return true;
	return false;
}

static uint32_t hashkv(uint64_t revision, uint64_t compacted)
{
	uint32_t crc = crc32c(0, "key", 3);

	for (size_t i = 0; i < CHANGES; i++)
		if (changes[i].main <= revision &&
		    (changes[i].main > compacted || (changes[i].value && !superseded(i, revision))))
			crc = add_change(crc, &changes[i]);
	return crc;
}

static void test_facts(void)
{
	static const size_t page_sizes[] = { 4096, 65536 };
	struct etcd_db_facts facts;
	struct made m;
	struct err err;

	for (size_t i = 0; i < 2; i++) {
		scoped(bolt_map) struct bolt_map map;
		scoped(etcd_db) struct etcd_db db;
		prepare(&m, 5);
		m.want.page_size = page_sizes[i];
		CHECK_INT(read_made(&m, &map, &db, &facts, &err), 0);
		CHECK_STR(err.text, "");
		CHECK_INT(facts.hash, status_hash(&m));
		CHECK_INT(facts.size, m.file.size);
		CHECK_INT(facts.size_in_use, m.file.size - 2 * page_sizes[i]); /* 2 and 4 */
		CHECK_INT(facts.revision, 10);
		CHECK_INT(facts.compact_revision, 5);
		CHECK_INT(facts.entries, CHANGES + 9);
		CHECK_INT(facts.history, CHANGES);
		CHECK_INT(facts.keys, 5); /* a, b, w, the node, compact_rev_key */
		CHECK_INT(facts.leases, 2);
		CHECK_INT(facts.consistent_index, 17);
		CHECK_INT(facts.term, 256);
		CHECK(facts.auth);
		CHECK_INT(facts.alarms, 1);
		CHECK_STR(facts.alarm_words, "NOSPACE on 1a2b");
		CHECK_STR(facts.storage_version, "3.6.0");
		free(m.file.data);
	}
}

static void test_members(void)
{
	scoped(bolt_map) struct bolt_map map;
	scoped(etcd_db) struct etcd_db db;
	struct etcd_db_facts facts = { 0 };
	const struct etcd_member *member = &facts.members.list[0];
	struct made m;
	struct err err;

	prepare(&m, 5);
	CHECK_INT(read_made(&m, &map, &db, &facts, &err), 0);
	CHECK_INT(facts.members.count, 1);
	CHECK_INT(facts.members_all, 1);
	CHECK(member->id == 0xac7c97ef0ec193b0);
	CHECK_STR(member->name, "cp-1");
	CHECK_STR(member->peer_urls, "https://10.0.0.1:2380,https://x:1");
	CHECK_STR(member->client_urls, "https://10.0.0.1:2379");
	CHECK(member->learner);
	free(m.file.data);
}

static void test_hashkv(void)
{
	static const uint64_t compacted[] = { 0, 2, 5, 6, 7, 10 };
	struct etcd_db_facts facts;
	struct etcd_hash hash;
	struct made m;
	struct err err;

	for (size_t i = 0; i < 6; i++) {
		scoped(bolt_map) struct bolt_map map;
		scoped(etcd_db) struct etcd_db db;
		prepare(&m, compacted[i]);
		CHECK_INT(read_made(&m, &map, &db, &facts, &err), 0);
		CHECK_INT(etcd_db_hashkv(&db, 0, &hash, &err), 0);
		CHECK_INT(hash.hash, hashkv(10, compacted[i]));
		CHECK_INT(hash.revision, 10);
		CHECK_INT(hash.compact_revision, compacted[i]);
		for (uint64_t at = compacted[i] ? compacted[i] : 1; at <= 10; at++) {
			CHECK_INT(etcd_db_hashkv(&db, at, &hash, &err), 0);
			CHECK_INT(hash.hash, hashkv(at, compacted[i]));
		}
		CHECK_INT(etcd_db_hashkv(&db, 11, &hash, &err), -1);
		CHECK_INT(err.code, ERR_USAGE);
		if (compacted[i] > 1)
			CHECK_INT(etcd_db_hashkv(&db, compacted[i] - 1, &hash, &err), -1);
		free(m.file.data);
	}
}

static void test_objects(void)
{
	scoped(bolt_map) struct bolt_map map;
	scoped(etcd_db) struct etcd_db db;
	scoped(etcd_objects) struct etcd_objects objects = { 0 };
	struct etcd_db_facts facts;
	struct etcd_hash hash;
	struct made m;
	struct err err;

	prepare(&m, 5);
	CHECK_INT(read_made(&m, &map, &db, &facts, &err), 0);
	CHECK_INT(etcd_db_hashkv(&db, 5, &hash, &err), 0); /* the keys are those of then */
	CHECK_INT(etcd_objects_read(&db, 2, &objects, &err), 0);
	CHECK_INT(objects.all.count, 5);
	CHECK_INT(objects.left_out.count, 0);
	CHECK_INT(objects.resource_count, 4);
	CHECK_STR(objects.resources[0].resource, "pods");
	CHECK_INT(objects.resources[0].count, 2);
	CHECK_STR(objects.resources[1].resource, "widgets.example.com");
	CHECK_STR(objects.resources[2].resource, "nodes");
	CHECK_STR(objects.resources[3].resource, "");
	CHECK_INT(objects.place_count, 4);
	CHECK_STR(objects.places[0].namespace_, "default");
	CHECK_STR(objects.places[2].namespace_, "");
	CHECK_INT(objects.largest_count, 2);
	CHECK_STR(objects.largest[0].key, "/registry/example.com/widgets/default/w");
	CHECK_STR(objects.largest[1].key, "/registry/pods/default/a");
	free(m.file.data);
}

/* Names as kube-apiserver writes them. */
static void test_object_names(void)
{
	static const struct {
		const char *key, *resource, *space;
	} names[] = {
		{ "/registry/services/specs/ns/x", "services", "ns" },
		{ "/registry/services/endpoints/ns/x", "endpoints", "ns" },
		{ "/registry/controllers/ns/x", "replicationcontrollers", "ns" },
		{ "/registry/clusterroles/x", "clusterroles", "" },
		{ "/registry/apiregistration.k8s.io/apiservices/v1.",
		  "apiservices.apiregistration.k8s.io", "" },
		{ "/registry/a.b/minions/x/y", "minions.a.b", "x" },
		{ "/registry/ranges/serviceips", "ranges", "" },
		{ "/registry/pods", "", "" },
		{ "/registry/a/b/c/d", "", "" },
		{ "/registry/a.b/b/c/d/e/f", "", "" },
		{ "/other/pods/ns/x", "", "" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct db_change one = { 2, 0, names[i].key, "v" };
		scoped(bolt_map) struct bolt_map map;
		scoped(etcd_db) struct etcd_db db;
		scoped(etcd_objects) struct etcd_objects objects = { 0 };
		struct etcd_db_facts facts;
		struct made m;
		struct err err;
		prepare(&m, 0);
		m.want.changes = &one;
		m.want.change_count = 1;
		CHECK_INT(read_made(&m, &map, &db, &facts, &err), 0);
		CHECK_INT(etcd_objects_read(&db, 9, &objects, &err), 0);
		CHECK_INT(objects.place_count, 1);
		CHECK_STR(objects.places[0].resource, names[i].resource);
		CHECK_STR(objects.places[0].namespace_, names[i].space);
		free(m.file.data);
	}
}

static void test_empty(void)
{
	scoped(bolt_map) struct bolt_map map;
	scoped(etcd_db) struct etcd_db db;
	scoped(etcd_objects) struct etcd_objects objects = { 0 };
	struct etcd_db_facts facts;
	struct etcd_hash hash;
	struct made m;
	struct err err;

	prepare(&m, 0);
	m.want.change_count = 0;
	CHECK_INT(read_made(&m, &map, &db, &facts, &err), 0);
	CHECK_INT(facts.revision, 0);
	CHECK_INT(etcd_db_hashkv(&db, 0, &hash, &err), 0);
	CHECK_INT(hash.hash, crc32c(0, "key", 3));
	CHECK_INT(etcd_objects_read(&db, 9, &objects, &err), 0);
	CHECK_INT(objects.all.count + objects.resource_count + objects.largest_count, 0);
	free(m.file.data);
}

static void refused(struct made *m, const char *words)
{
	scoped(bolt_map) struct bolt_map map;
	scoped(etcd_db) struct etcd_db db;
	struct etcd_db_facts facts;
	struct err err;

	CHECK_INT(read_made(m, &map, &db, &facts, &err), -1);
	CHECK_INT(err.code, ERR_CORRUPT);
	CHECK_HAS(err.text, words);
	CHECK_INT(facts.size, 0);
	free(m->file.data);
}

static void test_refused(void)
{
	static const struct db_change twice[] = { { 2, 0, "a", "x" }, { 2, 0, "a", NULL } };
	struct made m;

	prepare(&m, 5);
	m.want.changes = twice;
	m.want.change_count = 2;
	refused(&m, "revision 2.0 comes after 2.0");
	prepare(&m, 5);
	m.buckets[3].items[0].value_len--;
	refused(&m, "bucket \"members\": page 3, element 0 (byte ");
	prepare(&m, 5);
	m.buckets[3].items[0].key = "xc7c97ef0ec193b0";
	refused(&m, "\"xc7c97ef0ec193b0\" has a value that etcd does not write");
	prepare(&m, 5);
	m.buckets[4].items[1].value_len = 16;
	refused(&m, "\"finishedCompactRev\" has a value");
	prepare(&m, 5);
	m.buckets[4].items[3].value_len = 7;
	refused(&m, "\"term\" has a value");
	prepare(&m, 5);
	m.buckets[0].items[0].key_len--;
	refused(&m, "what should be an alarm is none");
	prepare(&m, 5);
	m.buckets[2].items[0].key_len--;
	refused(&m, "what should be a lease is none");
	prepare(&m, 5);
	m.want.bucket_count = 4;
	refused(&m, "no bucket \"meta\"");
}

/* A revision that is none, and a value that is none. */
static void test_refused_key(void)
{
	static const struct {
		size_t at;
		uint8_t byte;
		const char *words;
	} damages[] = {
		{ 64 + 8, 'a',
		  "bucket \"key\": page 6, element 0 (byte 24592): the key is no revision" },
		{ 64 + 9, 0x80, "the key is no revision" },
		{ 64 + 17, 0x0b, "the value is no key and value of etcd" },
		{ 64 + 17, 0x12, "the value has no key" },
		{ 64 + 18, 200, "the value is no key and value of etcd" },
	};

	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		scoped(etcd_db) struct etcd_db db = { 0 };
		struct etcd_db_facts facts;
		struct bolt_map map;
		struct made m;
		struct err err = ERR_INIT;
		prepare(&m, 5);
		m.file = make_db(&m.want);
		m.file.data[DB_FIRST_LEAF * 4096 + damages[i].at] = damages[i].byte;
		CHECK_INT(bolt_map_of(m.file.data, m.file.size, &map, &err), 0);
		CHECK_INT(etcd_db_read(&map, &db, &facts, &err), -1);
		CHECK_INT(err.code, ERR_CORRUPT);
		CHECK_HAS(err.text, damages[i].words);
		free(m.file.data);
	}
}

/* A value with two keys would be one key to etcd and another to a reader that stops at the first. */
static void test_two_keys(void)
{
	scoped(etcd_db) struct etcd_db db = { 0 };
	struct etcd_db_facts facts;
	struct bolt_map map;
	struct made m;
	struct err err = ERR_INIT;

	prepare(&m, 5);
	m.file = make_db(&m.want);
	uint8_t *value = m.file.data + (size_t)DB_FIRST_LEAF * 4096 + 64 + 17;
	uint8_t *tag = value + 2 + value[1] + 2; /* key, mod_revision, and then the value */
	CHECK_INT(*tag, 5 << 3 | 2);
	*tag = 1 << 3 | 2;
	CHECK_INT(bolt_map_of(m.file.data, m.file.size, &map, &err), 0);
	CHECK_INT(etcd_db_read(&map, &db, &facts, &err), -1);
	CHECK_INT(err.code, ERR_CORRUPT);
	CHECK_HAS(err.text, "the value has two keys");
	free(m.file.data);
}

/* More keys than there is room for: of a file without bytes that is 7/8 of 64. */
static void test_too_many(void)
{
	static const char text[] =
		"0123456789012345678901234567890123456789012345678901234567890123456789";
	const struct bolt_map none = { 0 };
	scoped(etcd_keys) struct etcd_keys *keys = etcd_keys_new(&none);
	struct err err = ERR_INIT;

	for (size_t i = 0; i < 57; i++) {
		const struct etcd_kv kv = { .key = { (const uint8_t *)text, i + 1 }, .at = 1 };
		CHECK_INT(etcd_keys_see(keys, &kv, &err) || etcd_keys_end(keys, &err), i == 56);
	}
	CHECK_INT(err.code, ERR_FILE);
	CHECK_HAS(err.text, "more than 56 keys");
	CHECK_INT(etcd_keys_live(keys), 56);
	etcd_keys_clear(keys);
	CHECK_INT(etcd_keys_live(keys), 0);
}

TESTS(TEST(test_facts), TEST(test_members), TEST(test_hashkv), TEST(test_objects),
      TEST(test_object_names), TEST(test_empty), TEST(test_refused), TEST(test_refused_key),
      TEST(test_two_keys), TEST(test_too_many))
