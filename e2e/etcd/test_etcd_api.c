/*
 * test_etcd_api: the calls of etcd_api against a real etcd with client certificates.  Started by ./run.
 */
#include "base/mem.h"
#include "base/test/check.h"
#include "e2e/etcd/lab.h"
#include "e2e/etcd/tcp_node.h"
#include "etcd/etcd_member.h"
#include "etcd/wal.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum { VALUES = 4, MEMBERS = 3 };

static struct lab lab;
static struct etcd *one;

static void test_start(void)
{
	lab_init(&lab);
	one = lab_member(&lab, "one", true);
	scoped(mem) char *initial = lab_initial(&one, 1);

	lab_start(&lab, one, initial, NULL);
	lab_wait(&lab, one, true);
	lab_fill(&lab, one, VALUES);
}

static void test_status(void)
{
	scoped(etcd_client) struct etcd_client *client = lab_client(&lab, one);
	struct cluster cluster = { .count = 1, .members = { one->member } };
	struct etcd_status s;
	struct err err = ERR_INIT;

	CHECK_INT(strlen(etcd_client_ca_fingerprint(client)), 64);
	CHECK_INT(etcd_status(client, deadline_in(CALL_MS), &s, &err), 0);
	CHECK(s.member_id == member_id(&one->member, "tok")); /* as predicted */
	CHECK(s.cluster_id == cluster_id(&cluster, "tok"));
	CHECK(s.leader == s.member_id);
	CHECK_INT(s.revision, VALUES + 1);
	CHECK(s.term >= 2 && s.raft_index >= VALUES && s.raft_applied == s.raft_index);
	CHECK(s.db_size > 1 << 20 && s.db_in_use <= s.db_size); /* committed in batches */
	CHECK(!s.learner);
	CHECK_STR(s.errors, "");
	CHECK_INT(s.version[0], '3');
	CHECK(!tcp_node_busy(&lab.node));
	printf("etcd %s\n", s.version);
}

static void test_members(void)
{
	scoped(etcd_client) struct etcd_client *client = lab_client(&lab, one);
	struct etcd_members m;
	struct err err = ERR_INIT;

	CHECK_INT(etcd_members(client, deadline_in(CALL_MS), &m, &err), 0);
	CHECK_INT(m.count, 1);
	CHECK(m.cluster_id != 0);
	CHECK(m.list[0].id == member_id(&one->member, "tok"));
	CHECK_STR(m.list[0].name, "one");
	CHECK_STR(m.list[0].peer_urls, one->peer);
	CHECK_STR(m.list[0].client_urls, one->client);
	CHECK(!m.list[0].learner);
}

static void test_hash(void)
{
	scoped(etcd_client) struct etcd_client *client = lab_client(&lab, one);
	scoped(buf) struct buf out = BUF_INIT(65536);
	struct etcd_hash now, same, then;
	struct err err = ERR_INIT;
	uint64_t revision = 0;

	CHECK_INT(etcd_linearizable_revision(client, deadline_in(CALL_MS), &revision, &err), 0);
	CHECK_INT(revision, VALUES + 1);
	CHECK_INT(etcd_hashkv(client, 0, deadline_in(CALL_MS), &now, &err), 0);
	CHECK_INT(etcd_hashkv(client, revision, deadline_in(CALL_MS), &same, &err), 0);
	CHECK_INT(etcd_hashkv(client, revision - 1, deadline_in(CALL_MS), &then, &err), 0);
	CHECK(now.hash == same.hash && now.hash != then.hash);
	CHECK_INT(now.revision, revision);
	CHECK_INT(now.compact_revision, 0);

	CHECK_INT(etcd_hashkv(client, revision + 9, deadline_in(CALL_MS), &same, &err), -1);
	CHECK_INT(err.code, ERR_ETCD);
	CHECK_HAS(err.text, "Maintenance/HashKV: etcd said: ");
	CHECK_HAS(err.text, "future revision");
	CHECK_HAS(err.text, " (code 11)");
	CHECK(same.hash == now.hash); /* untouched */

	CHECK_INT(lab_etcdctl(&lab, one, argv("compact", "3"), NULL, &out), 0);
	CHECK_INT(etcd_hashkv(client, 0, deadline_in(CALL_MS), &now, &err), 0);
	CHECK_INT(now.compact_revision, 3);
	CHECK_INT(etcd_hashkv(client, 2, deadline_in(CALL_MS), &then, &err), -1);
	CHECK_HAS(err.text, "compacted");
}

/* The log's first record has the ids that the member tells. */
static void test_value(void)
{
	scoped(etcd_client) struct etcd_client *client = lab_client(&lab, one);
	scoped(buf) struct buf out = BUF_INIT(100), said = BUF_INIT(65536), small = BUF_INIT(4);
	struct err err = ERR_INIT;
	bool found = true;

	CHECK_INT(etcd_value(client, "/nothing", deadline_in(CALL_MS), &out, &found, &err), 0);
	CHECK(!found && out.len == 0);
	CHECK_INT(lab_etcdctl(&lab, one, argv("put", "/some", "where else"), NULL, &said), 0);
	CHECK_INT(lab_etcdctl(&lab, one, argv("put", "/some/thing", "x"), NULL, &said), 0);
	CHECK_INT(etcd_value(client, "/some", deadline_in(CALL_MS), &out, &found, &err), 0);
	CHECK(found);
	CHECK_STR(buf_str(&out), "where else");
	CHECK_INT(etcd_value(client, "/some", deadline_in(CALL_MS), &small, &found, &err), -1);
	CHECK_INT(err.code, ERR_ETCD);
	CHECK_HAS(err.text, "more than 4 bytes");
	CHECK_INT(lab_etcdctl(&lab, one, argv("del", "/some", "/some0"), NULL, &said), 0);
}

static void test_wal(void)
{
	scoped(mem) char *path =
		mem_printf("%s/member/wal/0000000000000000-0000000000000000.wal", one->dir);
	scoped(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct etcd_status s = lab_wait(&lab, one, true);
	uint64_t member = 0, cluster = 0;
	struct err err = ERR_INIT;
	char head[4096];

	CHECK_INT(read(fd, head, sizeof(head)), sizeof(head));
	CHECK_INT(wal_ids(head, sizeof(head), &member, &cluster, &err), 0);
	CHECK(member == s.member_id && cluster == s.cluster_id);
}

/* A plain http member with a quota that two values fill. */
static void test_alarms(void)
{
	struct etcd *small = lab_member(&lab, "small", false);
	scoped(mem) char *initial = lab_initial(&small, 1);
	scoped(mem) char *large = lab_path(&lab, "large");
	scoped(buf) struct buf out = BUF_INIT(65536);
	struct err err = ERR_INIT;
	struct etcd_status s;
	size_t count = 9;
	char words[256];

	lab_start(&lab, small, initial, "--quota-backend-bytes=1200000");
	lab_wait(&lab, small, true);
	scoped(etcd_client) struct etcd_client *client = lab_client(&lab, small);
	CHECK_STR(etcd_client_ca_fingerprint(client), "");
	CHECK_INT(etcd_alarms(client, deadline_in(CALL_MS), &count, words, &err), 0);
	CHECK_INT(count, 0);
	CHECK_STR(words, "");
	for (int i = 0; i < 4; i++)
		lab_etcdctl(&lab, small, argv("put", "k"), large, &out);
	CHECK_INT(etcd_alarms(client, deadline_in(CALL_MS), &count, words, &err), 0);
	CHECK_INT(count, 1);
	CHECK_HAS(words, "NOSPACE on ");
	CHECK_INT(etcd_status(client, deadline_in(CALL_MS), &s, &err), 0);
	CHECK_HAS(s.errors, "alarm:NOSPACE");
	lab_end(small, SIGKILL);
}

/* What must not work: another CA, another name, no certificate, no server. */
static void test_trust(void)
{
	scoped(mem) char *other_ca = lab_path(&lab, "other-ca.crt");
	scoped(mem) char *other_cert = lab_path(&lab, "other.crt");
	scoped(mem) char *other_key = lab_path(&lab, "other.key");
	struct etcd cases[4];
	static const char *const words[] = { "certificate", "127.0.0.2", "", "no connection" };

	for (size_t i = 0; i < 4; i++)
		cases[i] = *one;
	cases[0].member.ca_file = other_ca;
	cases[1].member.client_url = one->other_client;
	cases[2].member.cert_file = other_cert;
	cases[2].member.key_file = other_key;
	cases[3].member.client_url = "https://127.0.0.1:1";
	for (size_t i = 0; i < 4; i++) {
		scoped(etcd_client) struct etcd_client *client = lab_client(&lab, &cases[i]);
		struct etcd_status s;
		struct err err = ERR_INIT;
		CHECK_INT(etcd_status(client, deadline_in(CALL_MS), &s, &err), -1);
		CHECK_INT(err.code, i == 3 ? ERR_SSH : ERR_ETCD);
		CHECK_HAS(err.text, words[i]);
		CHECK(!tcp_node_busy(&lab.node));
	}
}

static void test_new_refuses(void)
{
	scoped(mem) char *large = lab_path(&lab, "large");
	struct etcd cases[5];
	static const char *const words[] = { "no-such-file", "65536", "holds no certificate",
					     "--key-file", "client URL" };

	for (size_t i = 0; i < 5; i++) {
		struct err err = ERR_INIT;
		cases[i] = *one;
		struct member *m = &cases[i].member;
		if (i == 0)
			m->cert_file = "/no-such-file";
		else if (i == 1)
			m->cert_file = large;
		else if (i == 2)
			m->ca_file = one->key;
		else if (i == 3)
			m->key_file = NULL;
		else
			m->client_url = "unix://x";
		CHECK(!etcd_client_new(&lab.node, m, deadline_in(CALL_MS), &err));
		CHECK(err.code != ERR_NONE);
		CHECK_HAS(err.text, words[i]);
	}
}

/* Added as a learner, started, promoted, removed: each as often as it takes. */
static void test_learner(void)
{
	scoped(etcd_client) struct etcd_client *client = lab_client(&lab, one);
	struct etcd *two = lab_member(&lab, "two", true);
	struct etcd *const both[] = { one, two };
	scoped(mem) char *initial = lab_initial(both, 2);
	struct etcd_members m;
	struct err err = ERR_INIT;
	uint64_t id = 0, again, end = deadline_in(30 * 1000);

	CHECK_INT(etcd_learner_add(client, two->peer, deadline_in(CALL_MS), &id, &err), 0);
	CHECK_STR(err.text, "");
	CHECK_INT(etcd_members(client, deadline_in(CALL_MS), &m, &err), 0);
	CHECK_INT(m.count, 2);
	const struct etcd_member *added = &m.list[m.list[0].id == id ? 0 : 1];
	CHECK(added->id == id && added->learner);
	CHECK_STR(added->name, "");
	CHECK_STR(added->peer_urls, two->peer);
	CHECK_INT(etcd_learner_add(client, two->peer, deadline_in(CALL_MS), &again, &err), -1);
	CHECK_INT(err.code, ERR_ETCD);
	CHECK_HAS(err.text, "already exist"); /* the URLs, or in the same second the id */
	CHECK_INT(etcd_learner_promote(client, id, deadline_in(CALL_MS), &err), -1);
	CHECK_HAS(err.text, "in sync with leader");
	lab_start(&lab, two, initial, "--initial-cluster-state=existing");
	struct etcd_status s = lab_wait(&lab, two, true);
	CHECK(s.member_id == id && s.learner);
	while (etcd_learner_promote(client, id, deadline_in(CALL_MS), &err) && now_ms() < end)
		usleep(100000);
	CHECK_INT(etcd_members(client, deadline_in(CALL_MS), &m, &err), 0);
	CHECK(m.count == 2 && !m.list[0].learner && !m.list[1].learner);
	while (etcd_member_remove(client, id, deadline_in(CALL_MS), &err) && now_ms() < end)
		usleep(100000);
	CHECK_INT(etcd_members(client, deadline_in(CALL_MS), &m, &err), 0);
	CHECK_INT(m.count, 1);
	lab_end(two, SIGKILL);
}

static void start_three(struct etcd *three[MEMBERS], size_t running)
{
	static const char *const names[] = { "a", "b", "c", "d", "e", "f" };

	for (size_t i = 0; i < MEMBERS; i++)
		three[i] = lab_member(&lab, names[i + (running == 1 ? 3 : 0)], true);
	scoped(mem) char *initial = lab_initial(three, MEMBERS);
	for (size_t i = 0; i < running; i++)
		lab_start(&lab, three[i], initial, NULL);
}

static int ignore_data(void *arg, const void *data, size_t len, struct err *err)
{
	(void)arg;
	(void)data;
	(void)len;
	(void)err;
	return 0;
}

/* Two of three, then one: it still tells what it knows, and gives nothing that could be old. */
static void test_quorum_lost(void)
{
	struct etcd *three[MEMBERS];
	struct etcd_members m;
	struct etcd_snapshot snapshot;
	struct err err = ERR_INIT;
	uint64_t revision;

	start_three(three, 2);
	lab_wait(&lab, three[0], true);
	scoped(etcd_client) struct etcd_client *client = lab_client(&lab, three[0]);
	CHECK_INT(etcd_linearizable_revision(client, deadline_in(CALL_MS), &revision, &err), 0);
	lab_end(three[1], SIGKILL);
	struct etcd_status s = lab_wait(&lab, three[0], false);
	CHECK_HAS(s.errors, "no leader");
	CHECK_INT(etcd_members(client, deadline_in(CALL_MS), &m, &err), 0);
	CHECK_INT(m.count, MEMBERS);
	CHECK_INT(etcd_linearizable_revision(client, deadline_in(CALL_MS), &revision, &err), -1);
	CHECK_INT(err.code, ERR_ETCD);
	CHECK_HAS(err.text, "no leader (code 14)");
	CHECK_INT(etcd_snapshot(client, true, deadline_in(CALL_MS), 1000, ignore_data, NULL,
				&snapshot, &err),
		  -1);
	CHECK_INT(err.code, ERR_ETCD);
	CHECK_HAS(err.text, "no leader (code 14)");
	lab_end(three[0], SIGKILL);
}

/* One of three that never saw the others. */
static void test_never_a_quorum(void)
{
	struct etcd *three[MEMBERS];
	struct etcd_snapshot snapshot;
	struct err err = ERR_INIT;
	uint64_t revision;

	start_three(three, 1);
	scoped(etcd_client) struct etcd_client *client = lab_client(&lab, three[0]);
	uint64_t end = deadline_in(30000);
	do /* until its port is open */
		usleep(100000);
	while (etcd_linearizable_revision(client, deadline_in(1000), &revision, &err) &&
	       err.code == ERR_SSH && ms_until(end) > 0);
	CHECK_INT(etcd_linearizable_revision(client, deadline_in(1000), &revision, &err), -1);
	CHECK_INT(etcd_snapshot(client, true, deadline_in(1000), 1000, ignore_data, NULL, &snapshot,
				&err),
		  -1);
	CHECK(err.code == ERR_ETCD || err.code == ERR_TIMEOUT);
	lab_end(three[0], SIGKILL);
}

static void test_end(void)
{
	lab_release(&lab);
}

TESTS(TEST(test_start), TEST(test_status), TEST(test_members), TEST(test_hash), TEST(test_wal),
      TEST(test_value), TEST(test_alarms), TEST(test_trust), TEST(test_new_refuses),
      TEST(test_learner), TEST(test_quorum_lost), TEST(test_never_a_quorum), TEST(test_end))
