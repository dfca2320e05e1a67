/*
 * test_etcd_db: what we read out of a database against what real etcd says of it: `snapshot status` (hash, revision,
 * keys, size) and the member's own HashKV at several revisions; fresh, filled, compacted, deleted, defragmented.
 * Started by ./run.
 */
#include "base/json.h"
#include "base/mem.h"
#include "base/test/check.h"
#include "e2e/etcd/lab.h"
#include "etcd/etcd_objects.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEYS = 3000, TXN_KEYS = 120, HASH_SIZE = 32 };

static struct lab lab;
static struct etcd *one;
static char *initial;

static void ctl(const char *const args[], const char *input, struct buf *out)
{
	buf_clear(out);
	if (lab_etcdctl(&lab, one, args, input, out))
		fprintf(stderr, "etcdctl %s: %s\n", args[0], buf_str(out));
	else
		return;
	CHECK(false);
}

static uint64_t number_in(const struct buf *json, const char *key)
{
	scoped(arena) struct arena *arena = arena_new();
	struct err err = ERR_INIT;
	const struct tree *tree = json_parse(arena, buf_str(json), json->len, 65536, &err);
	const char *text = tree_string(tree, key);
	uint64_t value = 0;

	CHECK(text && !parse_uint(text, UINT64_MAX, &value));
	return value;
}

static void open_map(const char *path, size_t cut, struct bolt_map *map)
{
	scoped(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct err err = ERR_INIT;
	struct stat st = { 0 };

	*map = (struct bolt_map){ 0 };
	CHECK(fd >= 0 && !fstat(fd, &st));
	CHECK_INT(bolt_map_open(fd, (uint64_t)st.st_size - cut, map, &err), 0);
	CHECK_STR(err.text, "");
}

static void same_status(const char *path, const struct etcd_db_facts *facts)
{
	scoped(buf) struct buf status = BUF_INIT(65536);

	CHECK_INT(lab_snapshot_status(&lab, path, &status), 0);
	CHECK_INT(facts->hash, number_in(&status, "hash"));
	CHECK_INT(facts->revision, number_in(&status, "revision"));
	CHECK_INT(facts->entries, number_in(&status, "totalKey"));
	CHECK_INT(facts->size, number_in(&status, "totalSize"));
}

/* At all revisions that the member still knows, in steps; returns how many were compared. */
static int same_hashkv(struct etcd_db *db, uint64_t revision)
{
	scoped(etcd_client) struct etcd_client *client = lab_client(&lab, one);
	uint64_t first = db->compact_revision ? db->compact_revision : 1, step;
	struct etcd_hash theirs, ours;
	struct err err = ERR_INIT;
	int compared = 0;

	step = (revision - first) / 12 + 1;
	for (uint64_t at = first; at <= revision; at += step) {
		if (at > first && at + step > revision)
			at = revision;
		if (etcd_hashkv(client, at, deadline_in(CALL_MS), &theirs, &err)) {
			CHECK_INT(at, db->compact_revision); /* some versions refuse that one */
			continue;
		}
		CHECK_INT(etcd_db_hashkv(db, at, &ours, &err), 0);
		/* 3.5.6 and later remember the hash of a compaction, made over what was there before */
		if (at == db->compact_revision && theirs.compact_revision < at)
			continue;
		CHECK_INT(ours.hash, theirs.hash);
		CHECK_INT(ours.compact_revision, theirs.compact_revision);
		compared++;
	}
	CHECK_INT(etcd_hashkv(client, 0, deadline_in(CALL_MS), &theirs, &err), 0);
	CHECK_INT(etcd_db_hashkv(db, 0, &ours, &err), 0);
	CHECK_INT(ours.hash, theirs.hash);
	return compared + 1;
}

/* Takes a snapshot and compares all of it. */
static void same(const char *name, struct etcd_db_facts *facts)
{
	scoped(etcd_client) struct etcd_client *client = lab_client(&lab, one);
	scoped(mem) char *path = lab_path(&lab, name);
	scoped(buf) struct buf out = BUF_INIT(65536);
	scoped(bolt_map) struct bolt_map map;
	scoped(etcd_db) struct etcd_db db = { 0 };
	struct etcd_status status = { 0 };
	struct err err = ERR_INIT;
	int compared;

	*facts = (struct etcd_db_facts){ 0 };
	ctl(argv("snapshot", "save", path), NULL, &out);
	CHECK_INT(etcd_status(client, deadline_in(CALL_MS), &status, &err), 0);
	open_map(path, HASH_SIZE, &map);
	CHECK_INT(etcd_db_read(&map, &db, facts, &err), 0);
	CHECK_STR(err.text, "");
	same_status(path, facts);
	CHECK_INT(facts->members.count, 1);
	CHECK_STR(facts->members.list[0].name, "one");
	CHECK_STR(facts->members.list[0].peer_urls, one->peer);
	/* 3.5.16 does not put a new member's client URLs into the bucket */
	if (facts->members.list[0].client_urls[0])
		CHECK_STR(facts->members.list[0].client_urls, one->client);
	CHECK(facts->members.list[0].id == status.member_id);
	CHECK_INT(facts->term, strncmp(status.version, "3.4.", 4) ? status.term : 0);
	CHECK(!facts->auth && !facts->alarms);
	CHECK(facts->consistent_index > 0 || !facts->revision);
	compared = same_hashkv(&db, status.revision);
	CHECK(compared > 0);
	printf("%s: revision %llu, compacted %llu, keys %llu, history %llu, HashKV at %d\n", name,
	       (unsigned long long)facts->revision, (unsigned long long)facts->compact_revision,
	       (unsigned long long)facts->keys, (unsigned long long)facts->history, compared);
}

/* Transactions on keys first..last, each `every` apart: puts, or deletes when value is NULL. */
static void change(int first, int last, int every, const char *value)
{
	scoped(mem) char *path = lab_path(&lab, "txn");
	scoped(buf) struct buf out = BUF_INIT(1 << 20);

	for (int i = first; i < last;) {
		FILE *file = fopen(path, "w");
		if (!file)
			abort();
		fputs("\n", file);
		for (int n = 0; n < TXN_KEYS && i < last; n++, i += every) {
			const char *resource = i % 3 ? "pods/default" : "example.com/widgets/ns";
			if (value)
				fprintf(file, "put /registry/%s/object-%d %s%d\n", resource, i,
					value, i);
			else
				fprintf(file, "del /registry/%s/object-%d\n", resource, i);
		}
		fputs("\n\n", file);
		fclose(file);
		ctl(argv("txn"), path, &out);
	}
}

static void compact(uint64_t revision)
{
	scoped(mem) char *text = mem_printf("%llu", (unsigned long long)revision);
	scoped(buf) struct buf out = BUF_INIT(65536);

	ctl(argv("compact", "--physical", text), NULL, &out);
}

static void test_fresh(void)
{
	struct etcd_db_facts facts;

	lab_init(&lab);
	one = lab_member(&lab, "one", false);
	initial = lab_initial(&one, 1);
	lab_start(&lab, one, initial, NULL);
	lab_wait(&lab, one, true);
	same("fresh.db", &facts);
	CHECK_INT(facts.keys, 0);
}

static void test_filled(void)
{
	scoped(buf) struct buf out = BUF_INIT(65536);
	struct etcd_db_facts facts;
	char lease[32] = "";

	change(0, KEYS, 1, "first-value-");
	change(0, KEYS, 5, "second-value-");
	change(0, KEYS, 7, NULL);
	change(0, KEYS, 21, "again-");
	ctl(argv("lease", "grant", "3600"), NULL, &out);
	CHECK_INT(sscanf(buf_str(&out), "lease %31s granted", lease), 1);
	ctl(argv("put", "leased", "x", "--lease", lease), NULL, &out);
	same("filled.db", &facts);
	CHECK_INT(facts.leases, 1);
	CHECK_INT(facts.keys, KEYS - 429 + 143 + 1);
	CHECK_INT(facts.compact_revision, 0);
}

static void test_compacted(void)
{
	struct etcd_db_facts facts;

	same("before.db", &facts);
	compact(facts.revision / 2 + 3);
	same("compacted.db", &facts);
	CHECK(facts.compact_revision > 0);
	change(3, KEYS, 11, "third-value-");
	change(2, KEYS, 13, NULL);
	change(2, KEYS, 39, "back-");
	same("after.db", &facts);
	compact(facts.revision - 2);
	same("again.db", &facts);
}

/* The newest revision is a tombstone, and it is compacted: nothing of it stays in the file. */
static void test_last_deleted(void)
{
	scoped(buf) struct buf out = BUF_INIT(65536);
	struct etcd_db_facts facts;

	ctl(argv("put", "short", "lived"), NULL, &out);
	ctl(argv("del", "short"), NULL, &out);
	same("deleted.db", &facts);
	compact(facts.revision);
	same("gone.db", &facts);
	ctl(argv("defrag"), NULL, &out);
	same("defragmented.db", &facts);
	change(5, KEYS, 17, "fifth-");
	same("new.db", &facts);
}

/* How many keys with that prefix the member has. */
static uint64_t live_keys(const char *prefix)
{
	scoped(buf) struct buf out = BUF_INIT(1 << 20);
	uint64_t lines = 0;

	ctl(argv("get", prefix, "--prefix", "--keys-only"), NULL, &out);
	for (size_t i = 0; i + 1 < out.len; i++)
		lines += out.data[i] == '\n' && out.data[i + 1] == '\n';
	return lines;
}

static void test_objects(void)
{
	scoped(mem) char *path = lab_path(&lab, "new.db");
	scoped(bolt_map) struct bolt_map map;
	scoped(etcd_db) struct etcd_db db = { 0 };
	scoped(etcd_objects) struct etcd_objects objects = { 0 };
	struct etcd_db_facts facts;
	struct err err = ERR_INIT;

	open_map(path, HASH_SIZE, &map);
	CHECK_INT(etcd_db_read(&map, &db, &facts, &err), 0);
	CHECK_INT(etcd_objects_read(&db, 10, &objects, &err), 0);
	CHECK_INT(objects.all.count, facts.keys);
	CHECK_INT(objects.resource_count, 3); /* "leased" is of none */
	CHECK_INT(objects.largest_count, 10);
	CHECK_INT(facts.keys, live_keys(""));
	for (size_t i = 0; i < objects.resource_count; i++) {
		scoped(mem) char *prefix =
			mem_printf("/registry/%s/", strcmp(objects.resources[i].resource, "pods")
							    ? "example.com/widgets"
							    : "pods");
		if (!objects.resources[i].resource[0])
			continue;
		CHECK_INT(objects.resources[i].count, live_keys(prefix));
	}
}

/* Only compacted tombstones are left: etcd then skips nothing but those of the last revision. */
static void test_all_deleted(void)
{
	scoped(buf) struct buf out = BUF_INIT(65536);
	struct etcd_db_facts facts;

	ctl(argv("del", "", "--prefix"), NULL, &out);
	same("empty.db", &facts);
	CHECK_INT(facts.keys, 0);
	compact(facts.revision);
	same("empty-compacted.db", &facts);
}

/* The member's own file, after its end, with authentication on: larger than its pages say. */
static void test_data_dir(void)
{
	scoped(mem) char *path = mem_printf("%s/member/snap/db", one->dir);
	scoped(buf) struct buf out = BUF_INIT(65536);
	scoped(bolt_map) struct bolt_map map;
	scoped(etcd_db) struct etcd_db db = { 0 };
	struct etcd_db_facts facts = { 0 };
	struct err err = ERR_INIT;

	ctl(argv("user", "add", "root:secret"), NULL, &out);
	lab_etcdctl(&lab, one, argv("role", "add", "root"), NULL, &out); /* may be there */
	ctl(argv("user", "grant-role", "root", "root"), NULL, &out);
	ctl(argv("auth", "enable"), NULL, &out);
	lab_end(one, SIGTERM);
	open_map(path, 0, &map);
	CHECK_INT(etcd_db_read(&map, &db, &facts, &err), 0);
	CHECK_STR(err.text, "");
	CHECK(facts.auth);
	CHECK(facts.size <= map.given && facts.size_in_use <= facts.size);
	lab_release(&lab);
	free(initial);
}

TESTS(TEST(test_fresh), TEST(test_filled), TEST(test_compacted), TEST(test_last_deleted),
      TEST(test_objects), TEST(test_all_deleted), TEST(test_data_dir))
