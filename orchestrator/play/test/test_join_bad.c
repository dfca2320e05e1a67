/*
 * test_join_bad: a rejoin in a cluster that is not as it should be, before it begins and while it goes on; and Ctrl-C at each of
 * the commands that its verbs send.  What else stops it is in test_join.c.
 */
#include "base/mem.h"
#include "base/test/check.h"
#include "fake_clock.h"
#include "fake_data.h"
#include "fake_files.h"
#include "fake_node.h"
#include "matrix_run.h"
#include "play/join.h"
#include "play/state.h"

#include <string.h>
#include <unistd.h>

enum { NODES = 3, LIMIT_MS = 1000, MANY = 200 };

#define OTHERS "cp-2=https://10.0.0.2:2380,cp-3=https://10.0.0.3:2380"
#define OWN "https://10.0.0.1:2380"

typedef int verb_fn(struct node *, const struct play_ctx *, uint64_t, struct err *);

struct stage {
	struct fake_world world;
	struct arena *arena;
	struct playbook book;
	struct err err;
};

static void stage_open(struct stage *s)
{
	*s = (struct stage){ .arena = arena_new(), .err = ERR_INIT };
	fake_world_open(&s->world, NODES, false);
	fake_world_exile(&s->world);
	matrix_book(s->arena, "rejoin", &s->book);
	matrix_context(&s->world, &s->book);
}

static void stage_close(struct stage *s)
{
	fake_world_close(&s->world);
	arena_free(s->arena);
}

static int call(struct stage *s, verb_fn *verb, size_t node)
{
	s->err = ERR_INIT;
	s->world.play_nodes[node].check_count = 0;
	return verb(&s->world.fleet_nodes[node], &s->world.ctx, deadline_in(LIMIT_MS), &s->err);
}

static void refuses(struct stage *s, verb_fn *verb, size_t node, const char *words)
{
	CHECK_INT(call(s, verb, node), -1);
	CHECK_HAS(s->err.text, words);
}

/* As if etcd had been told so: what a member has in its database. */
static void list_is(struct stage *s, size_t node, const char *line)
{
	struct fake_node *fake = &s->world.nodes[node];
	struct fake_data data;

	CHECK_INT(fake_data_read(fake->root, fake->member, &data), 0);
	fake_data_members(fake->root, fake->member, &data, line);
}

static void lists_are(struct stage *s, const char *line)
{
	list_is(s, 1, line);
	list_is(s, 2, line);
}

/* The run has its lock, and has said that it adds the member. */
static void begins(struct stage *s, bool adds)
{
	CHECK_INT(call(s, verb_lock_nodes, 0), 0);
	if (adds)
		CHECK_INT(state_mark(&s->world.fleet_nodes[0], &s->world.ctx, MARK_ADDS,
				     deadline_in(LIMIT_MS), &s->err),
			  0);
}

static void own_is_added(struct stage *s)
{
	CHECK_INT(fake_members_change(&s->world, argv("fake-etcd", "add", OWN)), 0);
}

/* Its data is the cluster's, and its etcd runs over it. */
static void own_has_joined(struct stage *s)
{
	struct fake_node *fake = &s->world.nodes[0];
	scoped(mem) char *live = mem_printf("%s/var/lib/etcd/member", fake->root);
	struct fake_data like;

	CHECK_INT(fake_data_read(s->world.nodes[1].root, s->world.nodes[1].member, &like), 0);
	fake_remove(live, -1);
	fake_data_join(fake->root, fake->member, &like);
}

/* --- before it begins */

static void test_lists(void)
{
	static const struct {
		const char *line, *words, *hint;
	} cases[] = {
		{ OTHERS ",?=" OWN,
		  "the cluster has a member cp-1 already, which was added and never started",
		  "etcdctl member remove " },
		{ OTHERS ",cp-1=" OWN, "the cluster has a member cp-1 already", "status" },
		{ OTHERS ",cp-1=https://10.0.0.9:2380", "the cluster has a member cp-1 already",
		  "status" },
		{ OTHERS ",cp-9?=https://10.0.0.9:2380",
		  "member cp-9 is a learner, and etcd takes one", "" },
		{ OTHERS ",?=https://10.0.0.9:2380",
		  "member https://10.0.0.9:2380 is a learner, and", "" },
		{ OTHERS ",cp-9=https://10.0.0.9:2380",
		  "the cluster has 3 members, and 2 nodes were found beside this", "" },
		{ "cp-2=https://10.0.0.2:2380", "member cp-3 is not in the list of members", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct stage s;
		stage_open(&s);
		list_is(&s, 1, cases[i].line);
		if (strstr(cases[i].line, "cp-3=")) /* it must have itself in it */
			list_is(&s, 2, cases[i].line);
		refuses(&s, verb_check_joining, 0, cases[i].words);
		CHECK_HAS(s.err.hint, cases[i].hint);
		CHECK_INT(s.err.code, ERR_UNSAFE);
		stage_close(&s);
	}
}

/* A place in the list that this very run has taken is no reason, nor is an etcd that it may have started. */
static void test_goes_on(void)
{
	struct stage s;

	stage_open(&s);
	begins(&s, true);
	own_is_added(&s);
	s.world.exile = false; /* what runs there has a leader */
	CHECK_INT(call(&s, verb_check_joining, 0), 0);
	CHECK_STR(s.err.text, "");
	/* not without the mark */
	stage_close(&s);
	stage_open(&s);
	begins(&s, false);
	own_is_added(&s);
	refuses(&s, verb_check_joining, 0, "the cluster has a member cp-1 already");
	stage_close(&s);
}

static void test_cluster(void)
{
	struct stage s;

	stage_open(&s);
	s.world.alarm = true;
	refuses(&s, verb_check_joining, 0, "member cp-2 reports: alarm:NOSPACE");
	stage_close(&s);

	stage_open(&s);
	struct fake_node *third = &s.world.nodes[2];
	scoped(mem) char *live = mem_printf("%s/var/lib/etcd/member", third->root);
	fake_remove(live, -1);
	fake_data_write(third->root, third->member->data_dir, NULL, "etcd-cluster-third", OTHERS,
			"cp-3", false);
	refuses(&s, verb_check_joining, 0, "member cp-3 is of cluster ");
	stage_close(&s);

	stage_open(&s);
	s.world.nodes[2].version = "3.3.27";
	refuses(&s, verb_check_joining, 0, "cp-3 is etcd 3.3.27, which has no learners");
	s.world.nodes[2].version = "3.4.0";
	CHECK_INT(call(&s, verb_check_joining, 0), 0);
	stage_close(&s);

	/* without one leader there is no cluster to come back to; with one that some do not know there is */
	stage_open(&s);
	s.world.nodes[1].leaderless = true;
	refuses(&s, verb_check_joining, 0, "member cp-2: it has no leader");
	begins(&s, false);
	CHECK_INT(call(&s, verb_add_learner, 0), 0);
	stage_close(&s);
	stage_open(&s);
	s.world.nodes[1].leaderless = s.world.nodes[2].leaderless = true;
	refuses(&s, verb_check_joining, 0,
		"no other member can be asked from there: member cp-2: it has no leader");
	refuses(&s, verb_add_learner, 0, "no other member can be asked from there");
	refuses(&s, verb_promote_learner, 0, "no other member can be asked from there");
	refuses(&s, verb_wait_learner, 0, "no other member can be asked from there");
	stage_close(&s);
}

/* With etcd's auth on: neither a certificate of nobody, nor that of a user who may only read, can add a member. */
static void test_auth(void)
{
	struct stage s;

	for (int reads = 0; reads < 2; reads++) {
		stage_open(&s);
		s.world.nodes[0].no_read = !reads;
		s.world.nodes[0].no_hash = true;
		refuses(&s, verb_check_joining, 0,
			reads ? "it may not add a member: etcd said: auth: user not found"
			      : "member cp-2: etcd said: etcdserver: permission denied");
		CHECK_HAS(s.err.hint, "must be a user with the role root");
		CHECK_HAS(s.err.hint, "on cp-1");
		stage_close(&s);
	}
	/* root's is enough on the node that joins */
	stage_open(&s);
	s.world.nodes[1].no_hash = s.world.nodes[2].no_hash = true;
	CHECK_INT(call(&s, verb_check_joining, 0), 0);
	s.world.nodes[0].compacted = true; /* another answer than a hash is good enough, too */
	CHECK_INT(call(&s, verb_check_joining, 0), 0);
	stage_close(&s);
}

static void test_manifest(void)
{
	struct stage s;

	stage_open(&s);
	scoped(mem) char *path =
		mem_printf("%s/etc/kubernetes/manifests/etcd.yaml", s.world.nodes[0].root);
	fake_remove(path, -1);
	refuses(&s, verb_check_joining, 0, "no manifest of etcd is there");
	stage_close(&s);

	const struct fake_answer unread[] = { { "etcd.yaml", 0, "", ERR_INIT }, { .has = NULL } };
	stage_open(&s);
	s.world.nodes[0].answers = unread;
	CHECK_INT(call(&s, verb_check_joining, 0), -1);
	stage_close(&s);
}

/* --- while it goes on */

static void test_add(void)
{
	const struct fake_answer no[] = { { "fake-etcd add", 1, NULL, ERR_INIT }, { .has = NULL } };
	struct stage s;

	stage_open(&s);
	begins(&s, false);
	s.world.nodes[0].answers = no;
	refuses(&s, verb_add_learner, 0, "refused: add " OWN);
	CHECK_INT(s.err.code, ERR_ETCD);
	s.world.nodes[0].answers = NULL;
	/* the mark stands since then: what is there now is its own */
	CHECK_INT(call(&s, verb_add_learner, 0), 0);
	CHECK_INT(call(&s, verb_add_learner, 0), 0);
	CHECK(s.world.play_nodes[0].want_member == member_id(s.world.nodes[0].member, FAKE_TOKEN));
	stage_close(&s);
}

static void test_remove(void)
{
	struct stage s;

	stage_open(&s);
	begins(&s, true);
	CHECK_INT(call(&s, verb_remove_learner, 0), 0); /* it was not added any more */
	own_is_added(&s);
	CHECK_INT(call(&s, verb_remove_learner, 0), 0);
	refuses(&s, verb_promote_learner, 0, "the cluster has no member " OWN " any more");
	/* nobody can say whether it has its vote: then it is not removed */
	own_is_added(&s);
	s.world.nodes[1].leaderless = s.world.nodes[2].leaderless = true;
	refuses(&s, verb_remove_learner, 0, "no other member can be asked from there");
	lists_are(&s, OTHERS ",cp-1=" OWN);
	s.world.nodes[1].leaderless = s.world.nodes[2].leaderless = false;
	refuses(&s, verb_remove_learner, 0, "the member has its vote: it is not removed");
	CHECK_HAS(s.err.hint, "resume " REJOIN_RUN);
	stage_close(&s);
}

static void test_wait(void)
{
	struct stage s;

	stage_open(&s);
	begins(&s, true);
	own_is_added(&s);
	refuses(&s, verb_wait_learner, 0, "it serves as member "); /* over its old data */
	CHECK_INT(s.err.code, ERR_UNSAFE);
	own_has_joined(&s);
	CHECK_INT(call(&s, verb_wait_learner, 0), 0);
	s.world.nodes[0].behind = 3;
	refuses(&s, verb_wait_learner, 0,
		"etcd has not caught up: it has applied 17 of the cluster's 20 entries");
	CHECK_HAS(s.err.hint, "/var/log/pods");
	s.world.nodes[0].behind = 0;
	s.world.nodes[0].leaderless = true;
	refuses(&s, verb_wait_learner, 0, "etcd has not caught up: it knows no leader yet");
	s.world.nodes[0].leaderless = false;
	const struct fake_answer no[] = { { "fake-etcd promote", 1, NULL, ERR_INIT },
					  { .has = NULL } };
	s.world.nodes[0].answers = no;
	refuses(&s, verb_promote_learner, 0, "refused: promote ");
	stage_close(&s);
}

static void test_voters(void)
{
	struct stage s;

	stage_open(&s);
	own_is_added(&s);
	own_has_joined(&s);
	refuses(&s, verb_wait_voters, 1, "member cp-1 is a learner");
	lists_are(&s, OTHERS ",cp-1=" OWN);
	CHECK_INT(call(&s, verb_wait_voters, 1), 0);
	s.world.nodes[1].leaderless = true;
	refuses(&s, verb_wait_voters, 1, "etcd reports: no leader");
	s.world.nodes[1].leaderless = false;
	s.world.alarm = true;
	refuses(&s, verb_wait_voters, 1, "etcd reports: alarm:NOSPACE");
	s.world.alarm_unsaid = true;
	refuses(&s, verb_wait_voters, 1, "etcd reports: an alarm");
	s.world.alarm = false;
	lists_are(&s, OTHERS ",cp-9=https://10.0.0.9:2380");
	refuses(&s, verb_wait_voters, 1, "member cp-1 is not in its list");
	lists_are(&s, OTHERS);
	refuses(&s, verb_wait_voters, 1, "2 members, expected 3");
	s.world.nodes[1].no_client = true;
	refuses(&s, verb_wait_voters, 1, "no certificate");
	stage_close(&s);
}

static void test_votes(void)
{
	struct stage s;
	bool votes = true;
	struct node *node;

	stage_open(&s);
	node = &s.world.fleet_nodes[0];
	begins(&s, false);
	lists_are(&s, OTHERS ",cp-1=" OWN);
	/* somebody else's */
	CHECK_INT(join_votes(node, &s.world.ctx, deadline_in(LIMIT_MS), &votes, &s.err), 0);
	CHECK(!votes);
	begins(&s, true);
	CHECK_INT(join_votes(node, &s.world.ctx, deadline_in(LIMIT_MS), &votes, &s.err), 0);
	CHECK(votes);
	lists_are(&s, OTHERS ",cp-1?=" OWN);
	CHECK_INT(join_votes(node, &s.world.ctx, deadline_in(LIMIT_MS), &votes, &s.err), 0);
	CHECK(!votes);
	s.world.nodes[1].leaderless = s.world.nodes[2].leaderless = true;
	CHECK_INT(join_votes(node, &s.world.ctx, deadline_in(LIMIT_MS), &votes, &s.err), -1);
	stage_close(&s);
}

/* --- interrupted */

static int votes_own(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		     struct err *err)
{
	bool ignored;

	return join_votes(node, ctx, deadline, &ignored, err);
}

static const struct {
	const char *about;
	verb_fn *verb;
	size_t node;
	bool begun, joined; /* the run has the lock; its etcd has joined already */
} verbs_of_join[] = {
	{ "check-joining", verb_check_joining, 0, false, false },
	{ "check-joining, again", verb_check_joining, 0, true, false },
	{ "add-learner", verb_add_learner, 0, true, false },
	{ "votes", votes_own, 0, true, true },
	{ "remove-learner", verb_remove_learner, 0, true, true },
	{ "wait-learner", verb_wait_learner, 0, true, true },
	{ "promote-learner", verb_promote_learner, 0, true, true },
	{ "wait-voters", verb_wait_voters, 1, true, true },
};
enum { FIRST_THAT_WAITS = 5 };

static void stage_verb(struct stage *s, size_t i)
{
	stage_open(s);
	if (verbs_of_join[i].begun)
		begins(s, true);
	if (!verbs_of_join[i].joined)
		return;
	own_is_added(s);
	own_has_joined(s);
	if (verbs_of_join[i].node)
		lists_are(s, OTHERS ",cp-1=" OWN);
}

/* At whichever command of the verb: it ends, and says that it was interrupted, as it does with any other end. */
static void check_cut(size_t i, enum fault fault, enum err_code code)
{
	unsigned at;

	for (at = 0; at < MANY; at++) {
		struct stage s;
		stage_verb(&s, i);
		struct fake_node *fake = &s.world.nodes[verbs_of_join[i].node];
		fake->fault = fault;
		fake->fault_at = at;
		int failed = call(&s, verbs_of_join[i].verb, verbs_of_join[i].node);
		bool struck = s.world.machines[verbs_of_join[i].node].fault_hit;
		CHECK_INT(failed, struck ? -1 : 0);
		if (struck)
			CHECK_INT(s.err.code, code);
		if (failed != (struck ? -1 : 0) || (struck && s.err.code != code))
			fprintf(stderr, "in: %s, command %u: %s\n", verbs_of_join[i].about, at,
				s.err.text);
		stage_close(&s);
		if (!struck)
			break;
	}
	CHECK(at > 0 && at < MANY);
}

static void test_cut(void)
{
	for (size_t i = 0; i < sizeof(verbs_of_join) / sizeof(verbs_of_join[0]); i++)
		check_cut(i, FAULT_CANCELLED, ERR_CANCELLED);
}

/* While it waits for what does not come. */
static void test_cut_waiting(void)
{
	int ends[2];
	struct stage s;

	CHECK_INT(pipe(ends), 0);
	CHECK_INT(write(ends[1], "x", 1), 1);
	for (size_t i = FIRST_THAT_WAITS; i < sizeof(verbs_of_join) / sizeof(verbs_of_join[0]);
	     i++) {
		size_t node = verbs_of_join[i].node;
		stage_verb(&s, i);
		for (size_t k = 0; k < NODES; k++)
			s.world.nodes[k].leaderless =
				verbs_of_join[i].verb != verb_wait_learner || !k;
		s.world.fleet_nodes[node].cancel_fd = ends[0];
		CHECK_INT(call(&s, verbs_of_join[i].verb, node), -1);
		CHECK_INT(s.err.code, ERR_CANCELLED);
		stage_close(&s);
	}
	close(ends[0]);
	close(ends[1]);
}

/* Time passes where somebody waits, only. */
static void test_start(void)
{
	fake_clock_stand_still();
}

TESTS(TEST(test_start), TEST(test_lists), TEST(test_goes_on), TEST(test_cluster), TEST(test_auth),
      TEST(test_manifest), TEST(test_add), TEST(test_remove), TEST(test_wait), TEST(test_voters),
      TEST(test_votes), TEST(test_cut), TEST(test_cut_waiting))
