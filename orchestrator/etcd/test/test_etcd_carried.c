/*
 * test_etcd_carried: what a snapshot brings along, out of databases that are made here.
 */
#include "base/test/check.h"
#include "etcd/etcd_alarm.h"
#include "etcd/etcd_carried.h"
#include "etcd/test/make_db.h"

#include <stdlib.h>

static const struct db_change changes[] = {
	{ 2, 0, "/registry/minions/worker-2", "x" },
	{ 3, 0, "/registry/minions/cp-1", "x" },
	{ 4, 0, "/registry/masterleases/10.9.9.9", "x" },
	{ 5, 0, "/registry/minions/cp-1", "changed" },
	{ 6, 0, "/registry/minions/gone", "x" },
	{ 7, 0, "/registry/minions/gone", NULL },
	{ 8, 0, "/registry/minions/back", NULL },
	{ 9, 0, "/registry/minions/back", "x" },
	{ 10, 0, "/registry/minions/", "no name" },
	{ 11, 0, "/registry/minionsx", "x" },
	{ 12, 0, "/registry/pods/default/minions", "x" },
	{ 13, 0, "/registry/masterleases/10.9.9.8", "x" },
	{ 14, 0, "/registry/masterleases/10.9.9.8", NULL },
};

static size_t alarm_of(uint64_t member, uint64_t kind, uint8_t out[16])
{
	scoped(buf) struct buf text = BUF_INIT(16);

	proto_add_varint(&text, 1, member);
	proto_add_varint(&text, 2, kind);
	memcpy(out, text.data, text.len);
	return text.len;
}

static int read_made(const struct db_want *want, struct arena *arena, struct etcd_carried *out,
		     struct err *err)
{
	scoped(bolt_map) struct bolt_map map = { 0 };
	struct bolt_file file = make_db(want);

	*err = ERR_INIT;
	int failed = bolt_map_of(file.data, file.size, &map, err) ||
		     etcd_carried_read(&map, arena, out, err);
	free(file.data);
	return failed ? -1 : 0;
}

static void test_names(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct db_want want = { .changes = changes,
				.change_count = sizeof(changes) / sizeof(changes[0]) };
	struct etcd_carried carried;
	struct err err;

	CHECK_INT(read_made(&want, arena, &carried, &err), 0);
	CHECK_STR(err.text, "");
	CHECK_STR(name_set_words(&carried.nodes, 9, arena), "back, cp-1, worker-2");
	CHECK_STR(name_set_words(&carried.apis, 9, arena), "10.9.9.9");
	CHECK_INT(carried.alarms, 0);
	CHECK_STR(carried.alarm_words, "");
	CHECK(!carried.auth);
	CHECK_INT(carried.leases, 0);
	/* two metas, the root, a branch and five leaves; neither the free page nor the list of such */
	CHECK_INT(carried.in_use, 9 * 4096);
}

static void test_alarms(void)
{
	scoped(arena) struct arena *arena = arena_new();
	uint8_t full[16], corrupt[16], other[16], lease[8] = { 1 };
	size_t full_len = alarm_of(7, 1, full), corrupt_len = alarm_of(0x1a2b, 2, corrupt);
	struct db_bucket buckets[] = {
		{ "alarm", { { full, full_len, "", 0, 0 } }, 1 },
		{ "auth", { { "authEnabled", 11, "\1", 1, 0 } }, 1 },
		{ "lease", { { lease, 8, "x", 1, 0 } }, 1 },
	};
	struct db_want want = { .buckets = buckets, .bucket_count = 3 };
	struct etcd_carried carried;
	struct err err;

	CHECK_INT(read_made(&want, arena, &carried, &err), 0);
	CHECK_INT(carried.alarms, ETCD_ALARM_NOSPACE);
	CHECK_STR(carried.alarm_words, "NOSPACE on 7");
	CHECK(carried.auth);
	CHECK_INT(carried.leases, 1);

	/* in the order of their bytes */
	buckets[0].items[1] = (struct bolt_item){ corrupt, corrupt_len, "", 0, 0 };
	buckets[0].count = 2;
	CHECK_INT(read_made(&want, arena, &carried, &err), 0);
	CHECK_INT(carried.alarms, ETCD_ALARM_NOSPACE | ETCD_ALARM_CORRUPT);
	CHECK_STR(carried.alarm_words, "NOSPACE on 7; CORRUPT on 1a2b");

	/* one that etcd may have some day */
	buckets[0].items[0] = (struct bolt_item){ other, alarm_of(7, 9, other), "", 0, 0 };
	buckets[0].count = 1;
	CHECK_INT(read_made(&want, arena, &carried, &err), 0);
	CHECK_INT(carried.alarms, ETCD_ALARM_OTHER);
	CHECK_STR(carried.alarm_words, "unknown on 7");

	static const char off[1] = { 0 };
	buckets[1].items[0].value = off;
	CHECK_INT(read_made(&want, arena, &carried, &err), 0);
	CHECK(!carried.auth);
}

static void test_version(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct db_bucket cluster = { "cluster",
				     { { "clusterVersion", 14, "3.5.0", 5, 0 },
				       { "downgrade", 9, "{}", 2, 0 } },
				     2 };
	struct db_want want = { .buckets = &cluster, .bucket_count = 1 };
	static const char long_one[] = "3.5.0-0123456789-0123456789-0123456789";
	struct etcd_carried carried;
	struct err err;

	CHECK_INT(read_made(&want, arena, &carried, &err), 0);
	CHECK_STR(carried.version, "3.5.0");

	cluster.items[0].value = long_one;
	cluster.items[0].value_len = 31;
	CHECK_INT(read_made(&want, arena, &carried, &err), 0);
	CHECK_INT(strlen(carried.version), 31);

	/* no version, and nothing that a restore minds */
	cluster.items[0].value_len = 32;
	CHECK_INT(read_made(&want, arena, &carried, &err), 0);
	CHECK_STR(carried.version, "");
	cluster.items[0].value_len = 0;
	CHECK_INT(read_made(&want, arena, &carried, &err), 0);
	CHECK_STR(carried.version, "");
	cluster.name = "clusters";
	cluster.items[0].value_len = 5;
	CHECK_INT(read_made(&want, arena, &carried, &err), 0);
	CHECK_STR(carried.version, "");
}

static void test_damaged(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct db_bucket alarm = { "alarm", { { "\xff\xff", 2, "", 0, 0 } }, 1 };
	struct db_want want = { .buckets = &alarm, .bucket_count = 1 };
	struct etcd_carried carried = { .leases = 77 };
	struct err err;

	CHECK_INT(read_made(&want, arena, &carried, &err), -1);
	CHECK_INT(err.code, ERR_CORRUPT);
	CHECK_HAS(err.text, "what should be an alarm is none");
	CHECK_INT(carried.leases, 77); /* untouched */
}

TESTS(TEST(test_names), TEST(test_alarms), TEST(test_version), TEST(test_damaged))
