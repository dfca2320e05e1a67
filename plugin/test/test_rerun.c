/*
 * test_rerun: which members a run that is found again may be gone on with: those of then; and without one that is gone for good,
 * where nothing more is built with it.
 */
#include "base/test/check.h"
#include "plugin/perform.h"
#include "plugin/rerun_members.h"

#include <string.h>

#define THEN "m1=https://10.0.0.1:2380,m2=https://10.0.0.2:2380,m3=https://10.0.0.3:2380"

static struct plan plan;
static struct run_state told;
static struct rerun rerun;
static struct opts opts;
static const char *outside; /* wanted of the next that goes on */

/* A run of that playbook, found on m1 and m2. */
static void find(const char *playbook, const char *without, enum run_phase furthest)
{
	struct playbook book;
	struct err err = ERR_INIT;

	plan_begin(&plan);
	plan.found.arena = plan.arena;
	plan.found.cluster.arena = plan.arena;
	plan.found.cluster.count = 2;
	plan.found.cluster.members[0] = (struct member){ .name = "m1",
							 .node = "cp-1",
							 .peer_url = "https://10.0.0.1:2380" };
	plan.found.cluster.members[1] = (struct member){ .name = "m2",
							 .node = "cp-2",
							 .peer_url = "https://10.0.0.2:2380" };
	plan.found.found[0].has_api = plan.found.found[1].has_api = true;
	CHECK_INT(perform_playbook(&plan, playbook, &book, &err), 0);
	told = (struct run_state){ .found = true,
				   .locked = true,
				   .playbook = playbook,
				   .playbook_sha256 = plan.ctx.playbook_sha256,
				   .cluster = "prod",
				   .token = "etcd-backup-1",
				   .initial_cluster = THEN };
	rerun = (struct rerun){ .run = "20261122t101112-abcd",
				.told = &told,
				.furthest = furthest,
				.locked = true,
				.committed = furthest == PHASE_API_STARTED };
	opts = (struct opts){ .command = "resume", .without = { { without }, without != NULL } };
}

static void goes_on(const char *lacks)
{
	struct playbook book;
	struct err err = ERR_INIT;

	CHECK_INT(rerun_context(&opts, &plan, &rerun, &book, &err), 0);
	CHECK_STR(err.text, "");
	CHECK_STR(rerun.lacks, lacks);
	CHECK_STR(plan.outside, outside);
	plan.found.arena = NULL;
	plan_release(&plan);
}

static void refused(const char *words, const char *hint)
{
	struct playbook book;
	struct err err = ERR_INIT;

	CHECK_INT(rerun_context(&opts, &plan, &rerun, &book, &err), -1);
	CHECK_INT(err.code, ERR_UNSAFE);
	CHECK_HAS(err.text, words);
	CHECK_HAS(err.hint, hint);
	plan.found.arena = NULL;
	plan_release(&plan);
}

static void test_members(void)
{
	find("restore", NULL, PHASE_STAGED);
	refused("the members are not those of run", "--without MEMBER");
	find("restore", "m2", PHASE_STAGED); /* another one is missing */
	refused("the members are not those of run", "name all nodes");
	find("restore", NULL, PHASE_STAGED);
	told.initial_cluster = "m1=https://10.0.0.1:2380,m2=https://10.0.0.2:2380";
	goes_on(NULL);
	/* a run that was begun without that member lacks nobody */
	find("restore", "m3", PHASE_STAGED);
	told.initial_cluster = "m1=https://10.0.0.1:2380,m2=https://10.0.0.2:2380";
	goes_on(NULL);
}

static void test_without(void)
{
	/* before the commit there is only the way back */
	find("restore", "m3", PHASE_STAGED);
	refused("is before its commit", "--undo --without m3");
	find("restore", "m3", PHASE_STAGED);
	opts.undo = true;
	goes_on("m3");
	CHECK(!plan.ctx.no_quorum);
	find("restore", "m3", PHASE_STAGED);
	rerun.undoing = true;
	goes_on("m3");
	/* and past it only the way on; the journal may know of a commit that no node does */
	find("restore", "m3", PHASE_API_STARTED);
	goes_on("m3");
	find("restore", "m3", PHASE_API_STARTED);
	opts.undo = true;
	refused("is past its commit: an API server serves the new data",
		"resume 20261122t101112-abcd --without m3");
	find("restore", "m3", PHASE_ETCD_STARTED);
	rerun.has_story = rerun.story.committed = opts.undo = true;
	refused("is past its commit: so says the journal here",
		"resume 20261122t101112-abcd --without m3");
	find("restore", "m3", PHASE_ETCD_STARTED);
	rerun.has_story = rerun.story.committed = true;
	goes_on("m3");
	/* one that was never started has no name in the lists */
	find("restore", "https://10.0.0.3:2380", PHASE_STAGED);
	opts.undo = true;
	goes_on("m3");
	/* a clean builds nothing with it */
	find("clean", "m3", PHASE_LOCKED);
	goes_on("m3");
}

#define URL(n) "https://10.0.0." n ":2380"
static const char three[] = URL("1") " " URL("2") " " URL("3");
static const char four[] = URL("1") " " URL("2") " " URL("3") " " URL("4");

/* What is to have its quorum is the data that serves at the end, and not the members of the run. */
static void test_voters(void)
{
	static const struct {
		const char *playbook;
		bool back;
		const char *before, *target;
		bool none;
	} cases[] = { { "restore", true, NULL, NULL, false },
		      { "restore", true, three, NULL, false },
		      { "restore", true, four, NULL, true },
		      { "restore", true, URL("2"), NULL, false },
		      { "restore", true, URL("3"), NULL, true },
		      { "restore", false, four, NULL, false },
		      { "rollback", true, four, three, true },
		      { "rollback", true, three, four, false },
		      { "rollback", false, three, four, true },
		      { "rollback", false, four, three, false } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		find(cases[i].playbook, "m3", cases[i].back ? PHASE_STAGED : PHASE_API_STARTED);
		opts.undo = cases[i].back;
		rerun.states[1].voters = cases[i].before;
		rerun.states[1].found = true;
		rerun.target_voters[1] = cases[i].target;
		goes_on("m3");
		CHECK(plan.ctx.no_quorum == cases[i].none);
		CHECK_STR(plan.nodes[1].voters, cases[i].before);
	}
}

/* What a run kept is rolled back to where the nodes have all its voters; where nobody told, it is tried. */
static void test_target(void)
{
	static const char *const voters[] = { NULL, URL("1"), three, four, URL("3") };

	for (size_t i = 0; i < 5; i++) {
		struct err err = ERR_INIT;
		find("restore", NULL, PHASE_API_STARTED);
		rerun.states[0].voters = voters[i];
		CHECK_INT(rerun_check_target(&plan, &rerun, &err), i < 2 ? 0 : -1);
		CHECK_HAS(err.text, i < 2 ? "" : "has members that are on none of these nodes");
		plan.found.arena = NULL;
		plan_release(&plan);
	}
}

/*
 * Of a rejoin, m1's, other nodes are gone, and those that are left are no quorum: nobody can be asked for the vote.  Before the commit, as
 * far as the nodes tell, it is neither undone nor gone on with: the member may vote, and have the only data.
 */
static void test_others_gone(void)
{
	const struct ssh_settings closed = { .port = 1 };
	struct playbook book;

	for (int past = 0; past < 2; past++)
		for (int undo = 0; undo < 2; undo++) {
			struct err err = ERR_INIT;
			find("rejoin", "m3,m4,m5", past ? PHASE_API_STARTED : PHASE_ETCD_STARTED);
			/* nobody is logged in there, so nothing answers */
			for (size_t i = 0; i < 2; i++)
				node_ssh_init(&plan.found.nodes[i], "m1", "127.0.0.1", &closed);
			plan.found.fleet = fleet_new(plan.found.nodes, 2);
			told.joins = "m1";
			told.initial_cluster = THEN ",m4=" URL("4") ",m5=" URL("5");
			opts.undo = undo;
			if (past && !undo) {
				goes_on("m3, m4, m5");
				CHECK(plan.ctx.no_quorum);
			} else if (past) {
				refused("is past its commit: the member has its vote",
					" --without m3,m4,m5");
			} else {
				CHECK_INT(rerun_context(&opts, &plan, &rerun, &book, &err), -1);
				CHECK_INT(err.code, ERR_SSH);
				CHECK_HAS(err.hint, "only the cluster knows");
				plan.found.arena = NULL;
				plan_release(&plan);
			}
			fleet_free(plan.found.fleet);
			for (size_t i = 0; i < 2; i++)
				node_ssh_release(&plan.found.nodes[i]);
		}
}

/* Two of four nodes. */
static void test_two(void)
{
	static const char *const without[] = { "m3,m4", "m3", "m4,m3,m9" };

	for (size_t i = 0; i < 3; i++)
		for (int undo = 0; undo < 2; undo++) {
			find("restore", without[i], undo ? PHASE_STAGED : PHASE_API_STARTED);
			told.initial_cluster = THEN ",m4=https://10.0.0.4:2380";
			opts.undo = undo;
			if (i == 1) {
				refused("the members are not those of run", "--without MEMBER,...");
				continue;
			}
			goes_on("m3, m4");
			CHECK(plan.ctx.no_quorum);
		}
	find("clean", "m3,m4", PHASE_LOCKED); /* whether they serve does not matter */
	told.initial_cluster = THEN ",m4=https://10.0.0.4:2380";
	goes_on("m3, m4");
	CHECK(!plan.ctx.no_quorum);
	find("restore", "m3,m4", PHASE_STAGED);
	told.initial_cluster = "m4=https://10.0.0.4:2380," THEN; /* in any order */
	refused("without m4, m3 there is only the way back", "--undo --without m3,m4");
	/* another URL is another member */
	find("restore", "m3", PHASE_API_STARTED);
	told.initial_cluster = "m1=https://10.0.0.1:2380,m2=https://10.0.0.9:2380";
	refused("the members are not those of run", "name all nodes");
}

/* A run on three nodes; the first is of a cluster that the others are not in, and some of them still have the run. */
static void find_outside(size_t known, bool first_has_it)
{
	static const char *const names[] = { "cp-1", "cp-2", "cp-3" };

	find("restore", NULL, PHASE_API_STARTED);
	plan.found.cluster.members[plan.found.cluster.count++] = (struct member){
		.name = "m3", .node = "cp-3", .peer_url = "https://10.0.0.3:2380"
	};
	plan.found.found[2].has_api = plan.found.found[0].listed = true;
	for (size_t i = 0; i < 3; i++) {
		plan.found.nodes[i].name = names[i];
		rerun.states[i].locked = i || first_has_it;
	}
	memcpy(plan.found.listed, plan.found.cluster.members, known * sizeof(struct member));
	plan.found.listed_count = known;
}

/* As many as are a quorum would serve beside that cluster. */
static void test_outside(void)
{
	for (int undo = 0; undo < 2; undo++) {
		find_outside(1, false);
		opts.undo = undo;
		refused("without cp-2, cp-3: together these would serve the data of run",
			undo ? "--undo --nodes" : "abcd --nodes");
	}
	find_outside(2, false);
	outside = "cp-3";
	goes_on(NULL);
	outside = NULL;
	CHECK(plan.ctx.no_quorum);
	find_outside(3, false); /* the list is that of the others, too */
	plan.found.found[0].answers = plan.found.found[1].answers = true;
	plan.found.found[1].cluster_id = 7;
	refused("without cp-2, cp-3: together", "one after the other");
	find_outside(3, false);
	goes_on(NULL);
	CHECK(!plan.ctx.no_quorum);
	/* while all of them have the run nobody has gone on without them */
	find_outside(1, true);
	goes_on(NULL);
	CHECK(!plan.ctx.no_quorum);
}

/* A rejoin of cp-1's that ended without cp-3, which is no member any more: that one is only unlocked, be it a quorum of its data. */
static void test_other_outside(void)
{
	for (int first_has_it = 0; first_has_it < 2; first_has_it++) {
		struct err err = ERR_INIT;
		find_outside(2, first_has_it);
		told.joins = plan.ctx.joins = "cp-1";
		plan.found.found[1].listed = true;
		plan.found.found[1].voters = URL("1") " " URL("2");
		plan.found.found[2].answers = true;
		rerun.states[1].locked = false;
		rerun.states[2].voters = "https://10.0.0.3:2380";
		CHECK_INT(rerun_check_members(&opts, &plan, &rerun, &err), 0);
		CHECK(rerun.abandoned == !first_has_it);
		CHECK(plan.ctx.no_quorum == !first_has_it);
		CHECK_STR(plan.outside, first_has_it ? NULL : "cp-3");
		plan.found.arena = NULL;
		plan_release(&plan);
	}
}

/* With the vote known, which the list of runs cannot know (test_runs_find has the rest). */
static void test_next(void)
{
	find("rejoin", NULL, PHASE_ETCD_STARTED);
	told.joins = "cp-2";
	CHECK_INT(rerun_next(&rerun), RERUN_EITHER);
	rerun.undoing = true;
	CHECK_INT(rerun_next(&rerun), RERUN_BACK);
	rerun.committed = true;
	CHECK_INT(rerun_next(&rerun), RERUN_ON);
	rerun.locked = false;
	CHECK_INT(rerun_next(&rerun), RERUN_ENDED);
	plan.found.arena = NULL;
	plan_release(&plan);
}

/* A rejoin whose node, m3's, is not there. */
static void find_abandoned(const char *without)
{
	find("rejoin", without, PHASE_LOCKED);
	told.joins = "cp-3";
	rerun.abandoned = true;
	rerun.lacks = "cp-3";
}

static void test_abandoned(void)
{
	struct playbook book;
	struct err err = ERR_INIT;

	for (int by_node = 0; by_node < 2; by_node++) {
		find_abandoned(by_node ? "cp-3" : "m3");
		told.playbook_sha256 = "of another version"; /* nothing is built */
		CHECK_INT(rerun_context(&opts, &plan, &rerun, &book, &err), 0);
		CHECK_STR(book.name, "abandon");
		CHECK_STR(plan.ctx.run, rerun.run);
		CHECK_STR(plan.ctx.gone->name, "m3");
		CHECK_STR(plan.ctx.gone->peer_url, "https://10.0.0.3:2380");
		CHECK(!plan.ctx.joins);
		CHECK(plan.ctx.leave_nothing);
		plan.found.arena = NULL;
		plan_release(&plan);
	}
	find_abandoned("m2"); /* the wrong name */
	refused("brings cp-3 back", "--without cp-3");
	find_abandoned("m3"); /* another node is not named */
	told.initial_cluster = THEN ",m4=https://10.0.0.4:2380";
	refused("brings cp-3 back", "all other nodes");
	find_abandoned("m3"); /* somebody else has added a member */
	plan.found.missing_count = 1;
	plan.found.missing[0] = (struct member){ .name = "https://10.0.0.4:2380",
						 .peer_url = "https://10.0.0.4:2380" };
	refused("the cluster has a member https://10.0.0.4:2380", "");
	/* m1 is left of two voters: nobody can be taken out, and the nodes are only unlocked */
	for (int learner = 0; learner < 2; learner++) {
		find_abandoned("m3");
		plan.found.listed_count = 2;
		plan.found.listed[0] = plan.found.cluster.members[0];
		plan.found.listed[1] = (struct member){ .name = "m3",
							.peer_url = "https://10.0.0.3:2380",
							.learner = learner };
		CHECK_INT(rerun_context(&opts, &plan, &rerun, &book, &err), 0);
		CHECK(plan.ctx.no_quorum == !learner);
		plan.found.arena = NULL;
		plan_release(&plan);
	}
	find_abandoned("m3"); /* nobody tells a list: of two members one is left */
	told.initial_cluster = "m1=https://10.0.0.1:2380,m3=https://10.0.0.3:2380";
	plan.found.cluster.count = 1;
	CHECK_INT(rerun_context(&opts, &plan, &rerun, &book, &err), 0);
	CHECK(plan.ctx.no_quorum);
	plan.found.arena = NULL;
	plan_release(&plan);
	/* another node is gone, too: both are named, and which is the rejoin's is told by its name */
	for (int named = 0; named < 2; named++) {
		find_abandoned(named ? "cp-3,m4" : "m3,m4");
		told.initial_cluster = named ? "m1=https://10.0.0.1:2380,m2=https://10.0.0.2:2380,"
					       "m4=https://10.0.0.4:2380,cp-3=https://10.0.0.3:2380"
					     : THEN ",m4=https://10.0.0.4:2380";
		if (!named) {
			refused("brings cp-3 back", "--without cp-3");
			continue;
		}
		plan.found.missing_count = 1;
		plan.found.missing[0] =
			(struct member){ .name = "m4", .peer_url = "https://10.0.0.4:2380" };
		CHECK_INT(rerun_context(&opts, &plan, &rerun, &book, &err), 0);
		CHECK_STR(plan.ctx.gone->peer_url, "https://10.0.0.3:2380");
		CHECK(plan_absent_gone(&plan) == plan.ctx.gone);
		plan.without = "cp-3,m4";
		CHECK_HAS(plan_go_on(&plan), " --without cp-3,m4");
		plan.ctx.gone = &plan.found.cluster.members[1]; /* its node is back */
		CHECK(!plan_absent_gone(&plan));
		CHECK(!strstr(plan_go_on(&plan), "--without"));
		plan.found.arena = NULL;
		plan_release(&plan);
	}
	find_abandoned("m3"); /* nobody is missing but that node */
	told.initial_cluster = "m1=https://10.0.0.1:2380,m2=https://10.0.0.2:2380";
	refused("brings cp-3 back", "--without cp-3");
	find_abandoned("m3");
	told.initial_cluster = "nonsense";
	refused("had nonsense", "--without cp-3");
}

TESTS(TEST(test_members), TEST(test_without), TEST(test_two), TEST(test_voters), TEST(test_target),
      TEST(test_others_gone), TEST(test_outside), TEST(test_other_outside), TEST(test_next),
      TEST(test_abandoned))
