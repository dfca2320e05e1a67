/*
 * test_after: what the end of a run says of what was not compared, and the plan of what nobody would tell.
 */
#include "base/test/check.h"
#include "made_run.h"
#include "node/node_dir.h"
#include "plugin/after.h"
#include "plugin/plan.h"
#include "taken.h"

enum { NODES = 2 };

static struct made_run made;
static struct node_dir dirs[NODES];

static void run_open(enum made_kind kind)
{
	made_run(&made, kind, NODES);
	for (size_t i = 0; i < NODES; i++) {
		dirs[i] = (struct node_dir){ .root = "/nowhere" };
		node_dir_init(&made.plan.found.nodes[i], made.plan.found.cluster.members[i].node,
			      &dirs[i]);
	}
	made.plan.found.fleet = fleet_new(made.plan.found.nodes, NODES);
	made.plan.after.read = kind != MADE_RESUMED;
}

static void run_close(void)
{
	fleet_free(made.plan.found.fleet);
	made_free(&made);
}

static const char *end_says(void)
{
	take_begin(stderr);
	after_end(&(struct opts){ .command = "restore" }, &made.plan);
	return take_end(stderr);
}

static void test_nothing_refused(void)
{
	static const enum made_kind kinds[] = { MADE_DONE, MADE_ROLLBACK };

	for (size_t i = 0; i < 2; i++) {
		run_open(kinds[i]);
		const char *said = end_says();
		CHECK(!strstr(said, "HashKV") && !strstr(said, "process"));
		run_close();
	}
}

static void refuse_all(void)
{
	made.plan.nodes[0].hash_refused = made.plan.nodes[1].hash_refused = true;
}

/* Of a restore and of a rollback, each with what was seen in its place; the report says the same. */
static void test_hash_refused(void)
{
	run_open(MADE_DONE);
	made.plan.ctx.carried_auth = true;
	refuse_all();
	const char *said = end_says();
	CHECK_HAS(said, "etcd's auth is on, as in the snapshot");
	CHECK_HAS(said,
		  "HashKV was not compared on ha-control-plane, ha-control-plane2: etcd's auth");
	CHECK_HAS(said, "built from the same file");
	run_close();

	run_open(MADE_ROLLBACK);
	made.plan.nodes[1].hash_refused = true;
	said = end_says();
	CHECK_HAS(said, "HashKV was not compared on ha-control-plane2: etcd's auth");
	CHECK_HAS(said, "Ids, entries of the log and revisions were compared instead");
	run_close();

	run_open(MADE_DONE);
	made.plan.ctx.playbook = "rejoin";
	made.plan.ctx.joins = "ha-control-plane";
	made.plan.nodes[1].hash_refused = true;
	made.plan.nodes[0].revision = 0;
	said = end_says();
	CHECK_HAS(said, "HashKV was not compared on ha-control-plane2: etcd's auth");
	CHECK(!strstr(said, "process"));
	run_close();
}

/* A run that another process began. */
static void test_unseen(void)
{
	run_open(MADE_RESUMED);
	const char *said = end_says();
	CHECK_HAS(said, "Another process began this run, so it was not looked");
	CHECK_HAS(said, "kubectl get endpoints kubernetes");
	CHECK_HAS(said, "kubectl get nodes");
	CHECK_HAS(said, "etcdctl endpoint hashkv --cluster");
	/* it went on before the commit: the members were seen here */
	made.plan.nodes[0].revision = 1001010;
	said = end_says();
	CHECK_HAS(said, "Another process began this run");
	CHECK(!strstr(said, "etcdctl endpoint hashkv"));
	run_close();

	run_open(MADE_ROLLBACK);
	made.plan.nodes[0].revision = 0;
	made.plan.after.read = false;
	said = end_says();
	CHECK_HAS(said, "etcdctl endpoint hashkv --cluster");
	CHECK(!strstr(said, "kubectl get nodes"));
	run_close();
}

static const char *plan_says(void)
{
	take_begin(stderr);
	after_show(&made.plan);
	return take_end(stderr);
}

/* Who was asked which nodes there are, and what came of it. */
static void test_not_asked(void)
{
	struct found_node *first = &made.plan.found.found[0];

	run_open(MADE_DONE);
	after_ask(&made.plan);
	CHECK_HAS(plan_says(), "kubelets    no member answers: which nodes");
	first->refused = true;
	after_ask(&made.plan);
	CHECK_HAS(plan_says(), "no member tells (etcd's auth refuses it to the members' "
			       "certificates): which nodes");
	first->refused = false;
	first->answers = true; /* and then it cannot be asked */
	made.plan.found.cluster.members[0].client_url = "https://127.0.0.1:1";
	after_ask(&made.plan);
	CHECK_HAS(plan_says(), "no member tells its nodes (etcd has no --trusted-ca-file in its "
			       "manifest): which nodes");
	CHECK(!made.plan.after.asked);
	run_close();
}

/* A rejoin does not begin where a member would tell nothing on its own node. */
static void test_others_tell(void)
{
	struct found_node *other = &made.plan.found.found[1];
	struct err err = ERR_INIT;

	run_open(MADE_DONE);
	made.plan.found.found[0].refused = true; /* the one that joins */
	CHECK_INT(plan_others_tell(&made.plan, &err), 0);
	other->refused = true;
	snprintf(other->silence, sizeof(other->silence), "Maintenance/Status: etcd said: no");
	made.plan.found.cluster.members[1].cert_file = "/etc/kubernetes/pki/etcd/server.crt";
	CHECK_INT(plan_others_tell(&made.plan, &err), -1);
	CHECK_STR(err.text, "ha-control-plane2: Maintenance/Status: etcd said: no");
	CHECK_HAS(err.hint, "the CN of /etc/kubernetes/pki/etcd/server.crt there");
	run_close();
}

TESTS(TEST(test_not_asked), TEST(test_others_tell), TEST(test_nothing_refused),
      TEST(test_hash_refused), TEST(test_unseen))
