/*
 * test_etcd_answers: answers of Maintenance and Cluster, made here as etcd writes them.
 */
#include "base/test/check.h"
#include "etcd/etcd_alarm.h"
#include "etcd/proto.h"

static void add_text(struct buf *out, unsigned number, const char *text)
{
	proto_add_bytes(out, number, text, strlen(text));
}

static void add_header(struct buf *out)
{
	scoped(buf) struct buf header = BUF_INIT(256);

	proto_add_varint(&header, 1, 7);
	proto_add_varint(&header, 2, 17);
	proto_add_varint(&header, 3, 972);
	proto_add_varint(&header, 4, 3);
	proto_add_bytes(out, 1, header.data, header.len);
}

static void test_status(void)
{
	scoped(buf) struct buf answer = BUF_INIT(4096);
	struct etcd_status s = { .term = 99 };
	struct err err = ERR_INIT;

	add_header(&answer);
	add_text(&answer, 2, "3.6.4");
	proto_add_varint(&answer, 3, 2000);
	proto_add_varint(&answer, 4, 18);
	proto_add_varint(&answer, 5, 5000);
	proto_add_varint(&answer, 7, 4999);
	add_text(&answer, 8, "memberID:17 alarm:CORRUPT ");
	proto_add_varint(&answer, 9, 1000);
	proto_add_varint(&answer, 10, 1);
	add_text(&answer, 11, "3.6.0");
	proto_add_varint(&answer, 12, 8589934592);
	CHECK_INT(etcd_status_decode(answer.data, answer.len, &s, &err), 0);
	CHECK_INT(s.cluster_id, 7);
	CHECK_INT(s.member_id, 17);
	CHECK_INT(s.revision, 972);
	CHECK_INT(s.term, 3);
	CHECK_STR(s.version, "3.6.4");
	CHECK_STR(s.storage_version, "3.6.0");
	CHECK_INT(s.leader, 18);
	CHECK_INT(s.db_size, 2000);
	CHECK_INT(s.db_in_use, 1000);
	CHECK_INT(s.raft_index, 5000);
	CHECK_INT(s.raft_applied, 4999);
	CHECK_INT(s.quota, 8589934592);
	CHECK(s.learner);
	CHECK_INT(s.troubles, ETCD_CORRUPT);

	s.term = 99;
	CHECK_INT(etcd_status_decode(answer.data, answer.len - 3, &s, &err), -1);
	CHECK_INT(err.code, ERR_ETCD);
	CHECK_INT(s.term, 99);
	CHECK_INT(etcd_status_decode("", 0, &s, &err), 0); /* all of it zero */
	CHECK_STR(s.storage_version, "");
}

static void test_members(void)
{
	scoped(buf) struct buf answer = BUF_INIT(65536);
	scoped(buf) struct buf member = BUF_INIT(4096);
	static struct etcd_members found, *m = &found;
	struct err err = ERR_INIT;

	add_header(&answer);
	proto_add_varint(&member, 1, 17);
	add_text(&member, 2, "cp-1");
	add_text(&member, 3, "https://a:2380");
	add_text(&member, 3, "https://b:2380");
	add_text(&member, 4, "https://a:2379");
	proto_add_varint(&member, 5, 1);
	proto_add_bytes(&answer, 2, member.data, member.len);
	CHECK_INT(etcd_members_decode(answer.data, answer.len, m, &err), 0);
	CHECK_INT(m->count, 1);
	CHECK_INT(m->cluster_id, 7);
	CHECK_INT(m->list[0].id, 17);
	CHECK_STR(m->list[0].name, "cp-1");
	CHECK_STR(m->list[0].peer_urls, "https://a:2380,https://b:2380");
	CHECK_STR(m->list[0].client_urls, "https://a:2379");
	CHECK(m->list[0].learner);
	for (size_t i = 0; i < CLUSTER_MEMBERS_MAX; i++)
		proto_add_bytes(&answer, 2, member.data, member.len);
	CHECK_INT(etcd_members_decode(answer.data, answer.len, m, &err), -1);
	CHECK_HAS(err.text, "MemberList: more than");
	CHECK_INT(m->count, 1);
}

static void test_hash(void)
{
	scoped(buf) struct buf answer = BUF_INIT(4096);
	struct etcd_hash h = { 0 };
	struct err err = ERR_INIT;

	add_header(&answer);
	proto_add_varint(&answer, 2, 0x9e0751b4);
	proto_add_varint(&answer, 3, UINT64_MAX);
	CHECK_INT(etcd_hash_decode(answer.data, answer.len, &h, &err), 0);
	CHECK_INT(h.hash, 0x9e0751b4);
	CHECK_INT(h.compact_revision, 0);
	CHECK_INT(h.revision, 972);
	CHECK_INT(etcd_hash_decode(answer.data, answer.len - 1, &h, &err), -1);
	CHECK_HAS(err.text, "HashKV: ");
}

static void test_alarms(void)
{
	scoped(buf) struct buf answer = BUF_INIT(65536);
	scoped(buf) struct buf alarm = BUF_INIT(64);
	struct etcd_alarm_list list = { .count = 0 };
	struct err err = ERR_INIT;

	add_header(&answer);
	proto_add_varint(&alarm, 1, 17);
	proto_add_varint(&alarm, 2, 2);
	proto_add_bytes(&answer, 2, alarm.data, alarm.len);
	CHECK_INT(etcd_alarm_decode(answer.data, answer.len, &list, &err), 0);
	CHECK_INT(list.count, 1);
	CHECK_INT(list.list[0].member, 17);
	CHECK_INT(list.kinds, ETCD_ALARM_CORRUPT);
	for (size_t i = 0; i < ETCD_ALARMS_MAX; i++)
		proto_add_bytes(&answer, 2, alarm.data, alarm.len);
	CHECK_INT(etcd_alarm_decode(answer.data, answer.len, &list, &err), -1);
	CHECK_HAS(err.text, "Alarm: more than");
	CHECK_INT(list.count, 1);
}

TESTS(TEST(test_status), TEST(test_members), TEST(test_hash), TEST(test_alarms))
