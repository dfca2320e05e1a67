/*
 * test_etcd_after: what ends alarms, and what is asked after a restore, against a real etcd.  Started by ./run.
 */
#include "base/mem.h"
#include "base/test/check.h"
#include "e2e/etcd/lab.h"
#include "etcd/etcd_alarm.h"
#include "etcd/etcd_auth.h"
#include "etcd/etcd_member.h"
#include "etcd/etcd_names.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { NAMES = 1203 };
#define FUTURE (UINT64_MAX >> 2) /* see verb_join_check.c */

static struct lab lab;

static struct etcd *one_member(const char *name, bool tls, const char *more)
{
	struct etcd *etcd = lab_member(&lab, name, tls);
	scoped(mem) char *initial = lab_initial(&etcd, 1);

	lab_start(&lab, etcd, initial, more);
	lab_wait(&lab, etcd, true);
	return etcd;
}

/* Full; room is made; the alarm ends, and writes work again. */
static void test_full(void)
{
	lab_init(&lab);
	struct etcd *small = one_member("small", false, "--quota-backend-bytes=6000000");
	scoped(etcd_client) struct etcd_client *client = lab_client(&lab, small);
	scoped(mem) char *large = lab_path(&lab, "large");
	scoped(buf) struct buf out = BUF_INIT(65536);
	struct etcd_status before, after;
	struct etcd_alarm_list alarms;
	struct err err = ERR_INIT;

	lab_fill(&lab, small, 1);
	for (int i = 0; i < 8; i++)
		lab_etcdctl(&lab, small, argv("put", "k"), large, &out);
	CHECK_INT(etcd_alarm_list(client, deadline_in(CALL_MS), &alarms, &err), 0);
	CHECK_INT(alarms.count, 1);
	CHECK_INT(alarms.kinds, ETCD_ALARM_NOSPACE);
	/* how many of them went in is a matter of time: the size counts when it is written */
	CHECK_INT(etcd_status(client, deadline_in(CALL_MS), &before, &err), 0);
	scoped(mem) char *newest = mem_printf("%llu", (unsigned long long)before.revision);
	CHECK_INT(lab_etcdctl(&lab, small, argv("compact", newest), NULL, &out), 0);
	/* compaction frees pages in the background */
	for (int i = 0; i < 100; i++) {
		CHECK_INT(etcd_status(client, deadline_in(CALL_MS), &before, &err), 0);
		if (before.db_in_use < 4000000)
			break;
		CHECK(!system("sleep 0.1"));
	}
	CHECK(before.db_size > 5000000);
	CHECK_INT(etcd_defragment(client, deadline_in(60000), &err), 0);
	CHECK_INT(etcd_status(client, deadline_in(CALL_MS), &after, &err), 0);
	CHECK(after.db_size < before.db_size && after.db_size < 4000000);
	CHECK_INT(after.troubles, ETCD_FULL); /* it does not end by itself */
	CHECK_INT(etcd_alarm_disarm(client, &alarms.list[0], deadline_in(CALL_MS), &err), 0);
	CHECK_INT(etcd_alarm_disarm(client, &alarms.list[0], deadline_in(CALL_MS), &err), 0);
	CHECK_INT(etcd_alarm_list(client, deadline_in(CALL_MS), &alarms, &err), 0);
	CHECK_INT(alarms.count, 0);
	CHECK_INT(alarms.kinds, 0);
	CHECK_INT(lab_etcdctl(&lab, small, argv("put", "a", "b"), NULL, &out), 0);
	CHECK_STR(err.text, "");
	lab_end(small, SIGKILL);
}

/* More than a page of them. */
static void test_names(void)
{
	struct etcd *etcd = one_member("names", false, NULL);
	scoped(etcd_client) struct etcd_client *client = lab_client(&lab, etcd);
	scoped(arena) struct arena *arena = arena_new();
	scoped(buf) struct buf out = BUF_INIT(65536), batch = BUF_INIT(1024 * 1024);
	scoped(mem) char *path = lab_path(&lab, "batch");
	struct name_set names = { .count = 0 };
	struct err err = ERR_INIT;

	CHECK_INT(etcd_names_below(client, KUBE_NODES_BELOW, deadline_in(CALL_MS), arena, &names,
				   &err),
		  0);
	CHECK_INT(names.count, 0);
	for (int from = 0; from < NAMES; from += 100) { /* a transaction has 128 at most */
		buf_clear(&batch);
		buf_adds(&batch, "\n");
		for (int i = from; i < from + 100 && i < NAMES; i++)
			buf_addf(&batch, "put /registry/minions/worker-%04d value\n", i);
		buf_adds(&batch, "\n\n");
		FILE *file = fopen(path, "w");
		CHECK(file && fwrite(batch.data, 1, batch.len, file) == batch.len);
		CHECK(file && fclose(file) == 0);
		CHECK_INT(lab_etcdctl(&lab, etcd, argv("txn"), path, &out), 0);
	}
	CHECK_INT(lab_etcdctl(&lab, etcd, argv("put", "/registry/minionsx/a", "x"), NULL, &out), 0);
	CHECK_INT(lab_etcdctl(&lab, etcd, argv("put", "/registry/minions0", "x"), NULL, &out), 0);
	CHECK_INT(etcd_names_below(client, KUBE_NODES_BELOW, deadline_in(CALL_MS), arena, &names,
				   &err),
		  0);
	CHECK_INT(names.count, NAMES);
	CHECK(!names.cut);
	CHECK(name_set_has(&names, "worker-0000") && name_set_has(&names, "worker-1202"));
	CHECK_STR(err.text, "");
	lab_end(etcd, SIGKILL);
}

/* With auth on: what the member's own certificate, which is no user's, may still ask. */
static void test_auth(void)
{
	struct etcd *etcd = one_member("auth", true, NULL);
	scoped(etcd_client) struct etcd_client *client = lab_client(&lab, etcd);
	scoped(buf) struct buf out = BUF_INIT(65536);
	struct etcd_alarm_list alarms;
	struct etcd_members members;
	struct etcd_status status;
	struct etcd_hash hash;
	uint64_t revision, id;
	struct err err = ERR_INIT;

	/* how check-joining asks whether it may */
	CHECK_INT(etcd_hashkv(client, FUTURE, deadline_in(CALL_MS), &hash, &err), -1);
	CHECK_INT(err.code, ERR_ETCD);
	CHECK_HAS(err.text, "required revision is a future revision");
	CHECK(!etcd_refused_by_auth(&err));
	err = ERR_INIT;
	CHECK_INT(lab_etcdctl(&lab, etcd, argv("user", "add", "root:x"), NULL, &out), 0);
	CHECK_INT(lab_etcdctl(&lab, etcd, argv("user", "grant-role", "root", "root"), NULL, &out),
		  0);
	CHECK_INT(lab_etcdctl(&lab, etcd, argv("auth", "enable"), NULL, &out), 0);
	CHECK_INT(etcd_status(client, deadline_in(CALL_MS), &status, &err), 0);
	CHECK_INT(etcd_members(client, deadline_in(CALL_MS), &members, &err), 0);
	CHECK_INT(etcd_alarm_list(client, deadline_in(CALL_MS), &alarms, &err), 0);
	CHECK_STR(err.text, "");
	CHECK_INT(etcd_hashkv(client, 0, deadline_in(CALL_MS), &hash, &err), -1);
	printf("HashKV with auth: %s\n", err.text);
	CHECK_INT(err.code, ERR_ETCD);
	CHECK_HAS(err.text, "auth: user not found");
	CHECK(etcd_refused_by_auth(&err));
	err = ERR_INIT;
	CHECK_INT(etcd_defragment(client, deadline_in(CALL_MS), &err), -1);
	CHECK(etcd_refused_by_auth(&err));
	/* what a rejoin needs */
	err = ERR_INIT;
	CHECK_INT(etcd_linearizable_revision(client, deadline_in(CALL_MS), &revision, &err), -1);
	printf("Range with auth: %s\n", err.text);
	CHECK(etcd_refused_by_auth(&err));
	err = ERR_INIT;
	CHECK_INT(etcd_learner_add(client, "http://127.0.0.1:1", deadline_in(CALL_MS), &id, &err),
		  -1);
	printf("MemberAdd with auth: %s\n", err.text);
	CHECK(etcd_refused_by_auth(&err));
	err = ERR_INIT;
	CHECK_INT(etcd_hashkv(client, FUTURE, deadline_in(CALL_MS), &hash, &err), -1);
	CHECK(etcd_refused_by_auth(&err));
	/* nothing is written, and what status tells in the place of a hash stands still */
	CHECK(status.raft_index && status.raft_applied == status.raft_index);
	/* as the hint of check-joining says */
	static const char *const mend[][4] = { { "user", "add", "server", "--no-password" },
					       { "user", "grant-role", "server", "root" } };
	for (size_t i = 0; i < 2; i++)
		CHECK_INT(lab_etcdctl(&lab, etcd,
				      argv("--user=root:x", mend[i][0], mend[i][1], mend[i][2],
					   mend[i][3]),
				      NULL, &out),
			  0);
	err = ERR_INIT;
	CHECK_INT(etcd_hashkv(client, 0, deadline_in(CALL_MS), &hash, &err), 0);
	CHECK_INT(etcd_linearizable_revision(client, deadline_in(CALL_MS), &revision, &err), 0);
	CHECK_INT(etcd_learner_add(client, "http://127.0.0.1:1", deadline_in(CALL_MS), &id, &err),
		  0);
	CHECK_STR(err.text, "");
	lab_end(etcd, SIGKILL);
	lab_release(&lab);
}

TESTS(TEST(test_full), TEST(test_names), TEST(test_auth))
