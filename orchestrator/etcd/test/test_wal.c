/*
 * test_wal: the first bytes of a log that etcdutl 3.5.16 wrote for a restored member, and damages of them.
 */
#include "base/test/check.h"
#include "etcd/wal.h"

/* Restored with token "tok"; ids as etcdutl printed them. */
static const uint8_t head[] = {
	0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x84, 0x08, 0x04, 0x10, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x1f, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x81, 0x08, 0x01, 0x10, 0xc7,
	0x99, 0x99, 0xb4, 0x03, 0x1a, 0x15, 0x08, 0xfe, 0xb9, 0xb3, 0xfa, 0xa3, 0xa3, 0xc5,
	0x9b, 0xd7, 0x01, 0x10, 0xc6, 0x93, 0x87, 0xfa, 0x9a, 0xdd, 0xd8, 0xc7, 0x0e, 0x00,
};
static const uint64_t MEMBER = 0xd737151a3f4cdcfe, CLUSTER = 0x0e8f62e9af41c9c6;

static void test_good(void)
{
	uint8_t more[4096] = { 0 };
	uint64_t member = 0, cluster = 0;
	struct err err = ERR_INIT;

	CHECK_INT(wal_ids(head, sizeof(head), &member, &cluster, &err), 0);
	CHECK(member == MEMBER && cluster == CLUSTER);
	memcpy(more, head, sizeof(head));
	member = cluster = 0;
	CHECK_INT(wal_ids(more, sizeof(more), &member, &cluster, &err), 0);
	CHECK(member == MEMBER && cluster == CLUSTER);
}

static void test_cut(void)
{
	for (size_t len = 0; len < sizeof(head); len++) {
		uint64_t member = 1, cluster = 2;
		struct err err = ERR_INIT;
		CHECK_INT(wal_ids(head, len, &member, &cluster, &err), -1);
		CHECK_INT(err.code, ERR_CORRUPT);
		CHECK(member == 1 && cluster == 2);
	}
}

/* The sum in the record covers the ids: no changed bit gives other ids. */
static void test_every_bit(void)
{
	for (size_t i = 0; i < sizeof(head) * 8; i++) {
		uint8_t copy[sizeof(head)];
		uint64_t member = MEMBER, cluster = CLUSTER;
		struct err err = ERR_INIT;
		memcpy(copy, head, sizeof(head));
		copy[i / 8] ^= (uint8_t)(1 << (i % 8));
		wal_ids(copy, sizeof(copy), &member, &cluster, &err);
		CHECK(member == MEMBER && cluster == CLUSTER);
	}
}

static void test_empty(void)
{
	uint8_t zeros[4096] = { 0 };
	uint64_t member, cluster;
	struct err err = ERR_INIT;

	CHECK_INT(wal_ids(zeros, sizeof(zeros), &member, &cluster, &err), -1);
	CHECK_INT(wal_ids("", 0, &member, &cluster, &err), -1);
}

TESTS(TEST(test_good), TEST(test_cut), TEST(test_every_bit), TEST(test_empty))
