/*
 * test_join: what check-joining refuses before anything changes; and a rejoin of three fake nodes.  The fault matrix is in
 * test_matrix_rejoin.c.
 */
#include "base/mem.h"
#include "base/test/check.h"
#include "fake_data.h"
#include "fake_files.h"
#include "fake_node.h"
#include "matrix_run.h"
#include "play/join.h"
#include "play/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NODES = 3 };

#define MANIFEST "/etc/kubernetes/manifests/etcd.yaml"

static void open_world(struct fake_world *world, struct arena *arena, struct playbook *book)
{
	fake_world_open(world, NODES, false);
	fake_world_exile(world);
	matrix_book(arena, "rejoin", book);
	matrix_context(world, book);
}

static void write_manifest(struct fake_world *world, const char *text)
{
	scoped(mem) char *path = mem_printf("%s" MANIFEST, world->nodes[0].root);

	fake_write(path, text, strlen(text), 0600);
}

/* What makes a node unfit to come back. */
static void taken(struct fake_world *world)
{
	fake_members_change(world, argv("fake-etcd", "add", "https://10.0.0.1:2380"));
}

static void leads(struct fake_world *world)
{
	world->exile = false; /* then what runs there has a leader */
}

static void is_old(struct fake_world *world)
{
	world->cluster.members[0].version = "3.3.10";
}

static void has_config(struct fake_world *world)
{
	write_manifest(world, "spec:\n  containers:\n  - name: etcd\n    command: [etcd]\n");
}

static void stops(struct fake_world *world)
{
	scoped(mem) char *data = mem_printf("%s/var/lib/etcd", world->nodes[2].root);

	fake_remove(data, -1);
}

static void misses_one(struct fake_world *world)
{
	world->cluster.count = world->count = 2;
}

static const struct {
	const char *about;
	void (*spoil)(struct fake_world *world);
	const char *words;
} refusals[] = {
	{ "nothing is wrong", NULL, NULL },
	{ "there is a member", taken, "the cluster has a member cp-1 already" },
	{ "it serves", leads, "its etcd has a leader" },
	{ "etcd without learners", is_old, "the member is etcd 3.3.10, which has no learners" },
	{ "a manifest that cannot be edited", has_config, "no --initial-cluster" },
	{ "another member is down", stops, "member cp-3: not serving" },
	{ "a node is not named", misses_one, "the cluster has 2 members, and 1 nodes were found" },
};

static void test_refusals(void)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		scoped(arena) struct arena *arena = arena_new();
		struct fake_world world;
		struct playbook book;
		struct err err = ERR_INIT;
		int before = check_failures;
		open_world(&world, arena, &book);
		if (refusals[i].spoil)
			refusals[i].spoil(&world);
		size_t count = world.count;
		struct play play = { .playbook = &book,
				     .ctx = &world.ctx,
				     .fleet = fleet_new(world.fleet_nodes, count) };
		CHECK_INT(play_look(&play, &err), refusals[i].words ? -1 : 0);
		if (refusals[i].words) {
			CHECK_HAS(err.text, refusals[i].words);
			CHECK_HAS(err.text, "cp-1: check-joining");
		}
		/* each has its line in the table */
		CHECK_STR(world.play_nodes[0].checks[world.play_nodes[0].check_count - 1].name,
			  "flags");
		if (check_failures != before)
			fprintf(stderr, "in: %s: %s\n", refusals[i].about, err.text);
		fleet_free(play.fleet);
		world.count = NODES;
		fake_world_close(&world);
	}
}

/* The old data is kept, the manifest says how to join, and the cluster's data is there; the other nodes are as they were. */
static void test_rejoins(void)
{
	scoped(arena) struct arena *arena = arena_new();
	scoped(buf) struct buf text = BUF_INIT(4096);
	struct fake_world world;
	struct playbook book;
	struct watch watch;
	struct fake_data data;

	open_world(&world, arena, &book);
	struct told told = matrix_run(&world, &book, HOW_RUN, NULL, &watch);
	CHECK_INT(told.outcome, PLAY_DONE);
	CHECK_STR(told.err.text, "");
	CHECK(fake_world_serves(&world, FAKE_TOKEN));
	CHECK_STR(fake_world_broken(&world), NULL);
	CHECK_INT(fake_data_read(world.nodes[1].root, world.nodes[1].member, &data), 0);
	CHECK_STR(data.line, "cp-2=https://10.0.0.2:2380,cp-3=https://10.0.0.3:2380,"
			     "cp-1=https://10.0.0.1:2380");
	scoped(mem) char *kept = mem_printf("%s/var/lib/etcd/.before-" REJOIN_RUN "/member/snap/db",
					    world.nodes[0].root);
	CHECK(fake_read(kept, &text) && strstr(buf_str(&text), FAKE_OLD_TOKEN));
	scoped(mem) char *manifest = mem_printf("%s" MANIFEST, world.nodes[0].root);
	buf_clear(&text);
	CHECK(fake_read(manifest, &text));
	CHECK_HAS(buf_str(&text), "    - --initial-cluster=cp-1=https://10.0.0.1:2380,cp-2=https://"
				  "10.0.0.2:2380,cp-3=https://10.0.0.3:2380\n"
				  "    - --initial-cluster-state=existing\n"
				  "    - --snapshot-count=10000\n");
	scoped(mem) char *other = mem_printf("%s" MANIFEST, world.nodes[1].root);
	buf_clear(&text);
	CHECK(fake_read(other, &text));
	CHECK(!strstr(buf_str(&text), "existing"));
	fake_world_close(&world);
}

/* A node that was set up anew has no data dir; on one whose disk is full none can be made, and it stays as it is. */
static void test_no_data_dir(void)
{
	static const struct fake_answer full[] = {
		{ "install -d -m 0700 /var/lib/etcd", 1, "", { 0 } }, { .has = NULL }
	};
	scoped(arena) struct arena *arena = arena_new();
	struct fake_world world;
	struct playbook book;
	struct watch watch;

	for (int i = 0; i < 2; i++) {
		open_world(&world, arena, &book);
		scoped(mem) char *data = mem_printf("%s/var/lib/etcd", world.nodes[0].root);
		fake_remove(data, -1);
		world.nodes[0].answers = i ? full : NULL;
		struct told told = matrix_run(&world, &book, HOW_RUN, NULL, &watch);
		CHECK_INT(told.outcome, i ? PLAY_UNDONE : PLAY_DONE);
		CHECK_HAS(told.err.text, i ? "cp-1: empty-member: install: exit 1" : "");
		CHECK(fake_exists(data) == !i);
		CHECK(fake_world_serves(&world, FAKE_TOKEN) == !i);
		fake_world_close(&world);
	}
}

typedef int verb_fn(struct node *, const struct play_ctx *, uint64_t, struct err *);

static void refuses(struct fake_world *world, verb_fn *verb, size_t node, const char *words)
{
	struct err err = ERR_INIT;

	CHECK_INT(verb(&world->fleet_nodes[node], &world->ctx, deadline_in(1000), &err), -1);
	CHECK_HAS(err.text, words);
}

/* What a step says when the cluster is not as the steps before it left it. */
static void test_changed_meanwhile(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct fake_world world;
	struct playbook book;
	struct watch watch;
	struct err err = ERR_INIT;

	open_world(&world, arena, &book);
	refuses(&world, verb_wait_learner, 0, "the cluster has no member https://10.0.0.1:2380");
	refuses(&world, verb_promote_learner, 0, "the cluster has no member https://10.0.0.1:2380");
	refuses(&world, verb_wait_voters, 1, "2 members, expected 3");
	taken(&world);
	refuses(&world, verb_add_learner, 0, "somebody else has added a member");
	refuses(&world, verb_wait_voters, 1, "is a learner");
	fake_world_close(&world);

	open_world(&world, arena, &book);
	struct told told = matrix_run(&world, &book, HOW_RUN, NULL, &watch);
	CHECK_INT(told.outcome, PLAY_DONE);
	CHECK_INT(state_mark(&world.fleet_nodes[0], &world.ctx, MARK_ADDS, deadline_in(1000), &err),
		  0);
	refuses(&world, verb_remove_learner, 0, "the member has its vote: it is not removed");
	world.play_nodes[1].found_cluster++;
	CHECK_INT(judge_wait_voters(&world.ctx, &err), -1);
	CHECK_HAS(err.text, "cp-1 serves as part of cluster");

	/* somebody has changed the manifest that waits */
	scoped(mem) char *live = mem_printf("%s" MANIFEST, world.nodes[0].root);
	scoped(mem) char *parked =
		mem_printf("%s/etc/kubernetes/etcd-backup/" REJOIN_RUN "/parked/etcd.yaml",
			   world.nodes[0].root);
	CHECK_INT(rename(live, parked), 0);
	fake_write(parked, "kind: Pod\n", 10, 0600);
	refuses(&world, verb_start_etcd, 0, "parked/etcd.yaml: ");
	fake_world_close(&world);
}

/* One of the two others is gone for good, and we with it; with the vote of the first the one that is left still has a quorum. */
static void lose_last(struct fake_world *world, bool quorum)
{
	fleet_free(world->fleet);
	world->fleet = fleet_new(world->fleet_nodes, NODES - 1);
	world->count = world->cluster.count = NODES - 1;
	world->nodes[2].lost = true;
	world->ctx.lacks_members = true;
	world->ctx.no_quorum = world->nodes[1].leaderless = !quorum;
	world->nodes[0].api_never_ready = !quorum;
}

static void end_without(const struct playbook *book, struct arena *arena, size_t step, bool quorum)
{
	const struct matrix_case kill = { .slot = SLOT_STEP + step, .fault = FAULT_KILLED_BEFORE };
	const bool past = step > book->commit;
	struct fake_world world;
	struct playbook ignored;
	struct watch watch;

	open_world(&world, arena, &ignored);
	struct told told = matrix_run(&world, book, HOW_RUN, &kill, &watch);
	CHECK(told.killed);
	lose_last(&world, quorum);
	told = matrix_run(&world, book, past ? HOW_FINISH : HOW_UNDO, NULL, &watch);
	CHECK_INT(told.outcome, past ? PLAY_DONE : PLAY_UNDONE);
	CHECK_STR(told.err.text, "");
	CHECK_HAS(world.machines[0].etcd_data, past ? FAKE_TOKEN : FAKE_OLD_TOKEN);
	for (size_t i = 0; i < NODES; i++) {
		scoped(mem) char *lock =
			mem_printf("%s/etc/kubernetes/etcd-backup/lock", world.nodes[i].root);
		CHECK(fake_exists(lock) == (i == NODES - 1));
	}
	world.count = NODES;
	fake_world_close(&world);
}

/*
 * At every step that has the lock: back before the commit, on past it; without a quorum no step waits for what cannot come, but between
 * add-learner and the commit it is not gone back from then: the one that comes back may have the only data.
 */
static void test_others_gone(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct playbook book;
	bool added = false;

	matrix_book(arena, "rejoin", &book);
	for (size_t i = 3; i + 1 < book.count; i++) {
		int before = check_failures;
		end_without(&book, arena, i, true);
		if (!added || i > book.commit)
			end_without(&book, arena, i, false);
		added |= book.steps[i].verb->run == verb_add_learner;
		if (check_failures != before)
			fprintf(stderr, "in: %s\n", book.steps[i].verb->name);
	}
	CHECK(added);
}

#define LATER_TOKEN "etcd-cluster-later"

/*
 * A run that died when its member had the cluster's data; then the others take the member out, or a snapshot is restored on them, and a resume
 * has asked that cluster for the member.
 */
enum then { TAKEN_OUT, RESTORED, ASKED_AGAIN, THENS };

static void open_died(struct fake_world *world, struct arena *arena, bool wal_dir, enum then then)
{
	struct matrix_case kill = { .slot = SLOT_STEP, .fault = FAULT_KILLED_BEFORE };
	struct playbook book;
	struct watch watch;

	fake_world_open(world, NODES, wal_dir);
	fake_world_exile(world);
	matrix_book(arena, "rejoin", &book);
	matrix_context(world, &book);
	while (book.steps[kill.slot - SLOT_STEP].verb->run != verb_wait_learner)
		kill.slot++;
	CHECK(matrix_run(world, &book, HOW_RUN, &kill, &watch).killed);
	world->machines[0].fault_hit = false;
	const char *others = strchr(world->initial, ',') + 1;
	scoped(mem) char *line = mem_printf(
		"%s%s", others, then == ASKED_AGAIN ? ",cp-1?=https://10.0.0.1:2380" : "");
	for (size_t i = 1; i < NODES; i++) {
		struct fake_node *fake = &world->nodes[i];
		const struct member *m = fake->member;
		struct fake_data data;
		if (then != TAKEN_OUT)
			fake_data_write(fake->root, m->data_dir, m->wal_dir, LATER_TOKEN, others,
					m->name, false);
		CHECK_INT(fake_data_read(fake->root, m, &data), 0);
		fake_data_members(fake->root, m, &data, line);
	}
}

static size_t count_files(const struct fake_world *world, const char *path)
{
	scoped(mem) char *folder = mem_printf("%s%s", world->nodes[0].root, path);
	scoped(fake_names) struct fake_names names = fake_list(folder);

	return names.count;
}

/* The old data is back; what the member had got is kept when it is of a cluster that is no more, whole and once. */
static void check_kept(struct fake_world *world, bool wal_dir, bool kept)
{
	scoped(buf) struct buf text = BUF_INIT(4096);
	scoped(mem) char *db =
		mem_printf("%s/var/lib/etcd/.stray-" REJOIN_RUN "/1/snap/db", world->nodes[0].root);
	scoped(mem) char *staged =
		mem_printf("%s/var/lib/etcd/.restoring-" REJOIN_RUN, world->nodes[0].root);
	struct fake_data data;

	CHECK_INT(fake_data_read(world->nodes[0].root, world->nodes[0].member, &data), 0);
	CHECK_STR(data.token, FAKE_OLD_TOKEN);
	CHECK(!fake_exists(staged));
	CHECK_INT(fake_read(db, &text), kept);
	CHECK(!kept || strstr(buf_str(&text), FAKE_TOKEN "\n"));
	CHECK_INT(count_files(world, "/var/lib/etcd/.stray-" REJOIN_RUN), kept);
	CHECK_INT(count_files(world, "/var/lib/wal/.stray-" REJOIN_RUN), kept && wal_dir);
	CHECK_INT(count_files(world, "/var/lib/etcd/.stray-" REJOIN_RUN "/1/wal"),
		  kept && !wal_dir);
}

/* Gone back from at once; or killed before each of the commands of that, and begun again. */
static void test_other_cluster(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct playbook book;
	size_t cases = 0;

	matrix_book(arena, "rejoin", &book);
	for (int how = 0; how < 2 * THENS; how++) {
		const bool wal_dir = how & 1, restored = how / 2 != TAKEN_OUT;
		const enum then then = (enum then)(how / 2);
		struct watch watch, ignored;
		struct fake_world world;
		int before = check_failures;
		open_died(&world, arena, wal_dir, then);
		struct told told = matrix_run(&world, &book, HOW_UNDO, NULL, &watch);
		CHECK_INT(told.outcome, PLAY_UNDONE);
		check_kept(&world, wal_dir, restored);
		fake_world_close(&world);
		for (size_t slot = SLOT_UNDO; slot < SLOT_TAKE; slot++)
			for (unsigned at = 0; at < watch.counts[slot][0]; at++, cases++) {
				struct matrix_case kill = { .slot = slot,
							    .command = at,
							    .fault = FAULT_KILLED_BEFORE };
				open_died(&world, arena, wal_dir, then);
				told = matrix_run(&world, &book, HOW_UNDO, &kill, &ignored);
				CHECK(told.killed);
				told = matrix_run(&world, &book, HOW_UNDO, NULL, &ignored);
				CHECK(told.outcome == PLAY_UNDONE || told.not_taken);
				check_kept(&world, wal_dir, restored);
				fake_world_close(&world);
			}
		if (check_failures != before)
			fprintf(stderr, "in: wal %d, then %d\n", wal_dir, then);
	}
	CHECK(cases > 40);
}

/* What cannot be read is kept; a node that does not answer is asked again, and nothing is decided. */
static void test_unread_data(void)
{
	static const struct {
		struct fake_answer answer;
		int result;
	} cases[] = {
		{ { "head -c 4096", 0, "rubbish", { 0 } }, 0 },
		{ { "head -c 4096", 1, NULL, { 0 } }, 0 },
		{ { "head -c 4096", -1, NULL, { .code = ERR_SSH, .text = "gone" } }, -1 },
		{ { "member/snap/db", -1, NULL, { .code = ERR_SSH, .text = "gone" } }, -1 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped(arena) struct arena *arena = arena_new();
		const struct fake_answer answers[] = { cases[i].answer, { .has = NULL } };
		struct fake_world world;
		struct err err = ERR_INIT;
		bool keeps;
		open_died(&world, arena, false, RESTORED);
		struct node *node = &world.fleet_nodes[0];
		world.nodes[0].answers = answers;
		CHECK_INT(verb_remove_learner(node, &world.ctx, deadline_in(1000), &err),
			  cases[i].result);
		CHECK_INT(err.code, cases[i].result ? ERR_SSH : ERR_NONE);
		world.nodes[0].answers = NULL;
		err = ERR_INIT;
		CHECK_INT(
			state_marked(node, &world.ctx, MARK_KEEPS, deadline_in(1000), &keeps, &err),
			0);
		CHECK(keeps == !cases[i].result);
		fake_world_close(&world);
	}
}

/* A node that is not there keeps the first from being compared with the others; the names of its checks are known all the same. */
static void test_look_all(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct fake_world world;
	struct playbook book;
	struct err err = ERR_INIT;
	size_t names[2] = { 0 };

	for (int out = 0; out < 2; out++) {
		bool left_out[FLEET_MAX] = { false, out };
		open_world(&world, arena, &book);
		struct play play = { .playbook = &book, .fleet = world.fleet, .ctx = &world.ctx };
		CHECK_INT(play_look_all(&play, left_out, &err), 0);
		const struct play_node *self = &world.play_nodes[0];
		size_t count = 0;
		for (size_t i = 0; i < 2 - (size_t)out; i++) {
			const char *name;
			for (names[i] = 0; (name = verb_check_name(book.steps[i].verb, names[i]));
			     names[i]++)
				CHECK_STR(self->checks[count++].name, name);
		}
		CHECK_INT(self->check_count, count);
		CHECK(names[0] > 5 && (out || names[1] == 3));
		CHECK(!verb_check_name(book.steps[2].verb, 0)); /* it checks nothing */
		fake_world_close(&world);
	}
}

TESTS(TEST(test_look_all), TEST(test_refusals), TEST(test_rejoins), TEST(test_no_data_dir),
      TEST(test_changed_meanwhile), TEST(test_others_gone), TEST(test_other_cluster),
      TEST(test_unread_data))
