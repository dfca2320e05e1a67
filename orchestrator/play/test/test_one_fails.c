/*
 * test_one_fails: one node of three fails where the others do not: it dies in the middle and is gone for the undo, too; or it fails
 * once where the nodes have their turns, or somebody has put its manifests back by hand.
 */
#include "base/test/check.h"
#include "etcd/etcd_alarm.h"
#include "fake_files.h"
#include "fake_node.h"
#include "matrix_run.h"
#include "play/state.h"

#include <stdlib.h>
#include <string.h>

enum { NODES = 3 };

struct trouble {
	struct fake_world *world;
	const char *verb; /* at whose forward beginning it comes; NULL: it has come */
	void (*comes)(struct fake_world *world);
	void (*ends)(struct fake_world *world); /* with the step; NULL: it stays */
};

static void on_begin(void *arg, size_t number, size_t of, const struct step *step, bool undo)
{
	struct trouble *t = arg;

	(void)number;
	(void)of;
	if (undo || !t->verb || strcmp(step->verb->name, t->verb) != 0)
		return;
	t->verb = NULL;
	t->comes(t->world);
}

static void on_end(void *arg, const struct step *step, uint64_t ms, bool failed, bool undo)
{
	const struct trouble *t = arg;

	(void)step;
	(void)ms;
	(void)failed;
	(void)undo;
	if (!t->verb && t->ends)
		t->ends(t->world);
}

/* The restore of three nodes, with a trouble in it. */
struct scene {
	struct fake_world world;
	struct arena *arena;
	struct playbook book;
	struct trouble trouble;
	struct play play;
	char *before; /* the nodes */
	struct err err;
};

static void scene_open(struct scene *s, const char *verb, void (*comes)(struct fake_world *world))
{
	*s = (struct scene){ .arena = arena_new(), .err = ERR_INIT };
	fake_world_open(&s->world, NODES, false);
	matrix_book(s->arena, "restore", &s->book);
	matrix_context(&s->world, &s->book);
	s->trouble = (struct trouble){ .world = &s->world, .verb = verb, .comes = comes };
	s->play = (struct play){
		.playbook = &s->book,
		.fleet = s->world.fleet,
		.ctx = &s->world.ctx,
		.events = { .arg = &s->trouble, .step_begins = on_begin, .step_ended = on_end }
	};
	s->before = fake_world_tree(&s->world);
}

/* The undo is led to its end: all as before. */
static void scene_undo(struct scene *s)
{
	s->err = ERR_INIT;
	CHECK_INT(play_undo(&s->play, &s->err), PLAY_UNDONE);
	CHECK_STR(s->err.text, "");
	CHECK(fake_world_serves(&s->world, FAKE_OLD_TOKEN));
	scoped(mem) char *now = fake_world_tree(&s->world);
	CHECK_STR(now, s->before);
	CHECK_STR(fake_world_broken(&s->world), NULL);
}

static void scene_close(struct scene *s)
{
	free(s->before);
	fake_world_close(&s->world);
	arena_free(s->arena);
}

static bool locked(const struct fake_world *world, size_t node)
{
	scoped(mem) char *lock =
		mem_printf("%s/etc/kubernetes/etcd-backup/lock", world->nodes[node].root);

	return fake_exists(lock);
}

static void last_dies(struct fake_world *world)
{
	world->nodes[2].lost = true;
}

/*
 * The last node dies at one step and stays away: the others serve the old data again, and keep the lock; when it is back, the
 * undo is led to its end.
 */
static void check_dies_at(const char *verb)
{
	struct scene s;

	scene_open(&s, verb, last_dies);
	CHECK_INT(play_run(&s.play, &s.err), PLAY_NEEDS_YOU);
	CHECK_HAS(s.err.text, "cp-3: ");
	CHECK_HAS(s.err.text, "; then undoing failed: cp-3: ");
	CHECK_HAS(s.err.text, " (the other nodes are as before, but for the lock)");
	s.world.count = 2;
	CHECK(fake_world_serves(&s.world, FAKE_OLD_TOKEN));
	s.world.count = NODES;
	CHECK(locked(&s.world, 0) && locked(&s.world, 1) && locked(&s.world, 2));

	s.world.nodes[2].lost = false;
	scene_undo(&s);
	scene_close(&s);
}

static void test_dies(void)
{
	static const char *const at[] = { "put-snapshot", "build-member", "stop-apiserver",
					  "stop-etcd",    "swap-data",    "start-etcd",
					  "wait-etcd" };

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++)
		check_dies_at(at[i]);
}

/*
 * The last node dies past the commit and stays away: the API servers of the others are started all the same, and the lock stays; when
 * it is back, the run is led to its end.
 */
static void check_dies_after(const char *verb)
{
	struct scene s;

	scene_open(&s, verb, last_dies);
	CHECK_INT(play_run(&s.play, &s.err), PLAY_NEEDS_YOU);
	CHECK_HAS(s.err.text, "cp-3: ");
	CHECK_HAS(s.err.text, " (the other nodes went on, but for the lock)");
	s.world.count = 2;
	CHECK(fake_world_serves(&s.world, FAKE_TOKEN));
	s.world.count = NODES;
	CHECK(locked(&s.world, 0) && locked(&s.world, 1) && locked(&s.world, 2));

	s.world.nodes[2].lost = false;
	s.err = ERR_INIT;
	CHECK_INT(play_resume(&s.play, true, &s.err), PLAY_DONE);
	CHECK_STR(s.err.text, "");
	CHECK(fake_world_serves(&s.world, FAKE_TOKEN));
	CHECK(!locked(&s.world, 0) && !locked(&s.world, 1) && !locked(&s.world, 2));
	CHECK_STR(fake_world_broken(&s.world), NULL);
	scene_close(&s);
}

static void test_dies_past_the_commit(void)
{
	static const char *const at[] = { "clear-alarms", "start-apiserver", "wait-apiserver",
					  "restart-controllers", "drop-snapshot" };

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++)
		check_dies_after(at[i]);
}

/* What resume --without plays on: the first two nodes. */
static void scene_without_last(struct scene *s)
{
	s->play.fleet = fleet_new(s->world.fleet_nodes, NODES - 1);
	s->world.cluster.count = NODES - 1;
}
static void scene_with_all(struct scene *s)
{
	fleet_free(s->play.fleet);
	s->play.fleet = s->world.fleet;
	s->world.cluster.count = NODES;
	s->world.nodes[2].lost = false;
}

/* Before the commit, and each with other things to undo. */
static const char *const gone_at[] = { "put-snapshot", "stop-etcd", "swap-data", "wait-etcd" };

/* Played until nodes die at that step, so that it cannot be undone there. */
static void scene_play(struct scene *s, const char *at, void (*dies)(struct fake_world *world))
{
	scene_open(s, at, dies);
	CHECK_INT(play_run(&s->play, &s->err), PLAY_NEEDS_YOU);
}

/* A node that is gone for good: the run is led to its end on the others, and on that one should it ever come back. */
static void test_gone_for_good(void)
{
	struct scene s;

	for (size_t i = 0; i < sizeof(gone_at) / sizeof(gone_at[0]); i++) {
		scene_play(&s, gone_at[i], last_dies);
		scene_without_last(&s);
		s.err = ERR_INIT;
		CHECK_INT(play_undo(&s.play, &s.err), PLAY_UNDONE);
		CHECK_STR(s.err.text, "");
		CHECK(!locked(&s.world, 0) && !locked(&s.world, 1));
		CHECK(locked(&s.world, 2));
		scene_with_all(&s);
		scene_undo(&s);
		scene_close(&s);
	}
}

/* Another process goes on with the run, on the nodes of the fleet. */
static void scene_take_over(struct scene *s, const char *holder)
{
	snprintf(s->world.ctx.holder, sizeof(s->world.ctx.holder), "%s", holder);
	s->err = ERR_INIT;
	for (size_t i = 0; i < s->world.cluster.count; i++)
		CHECK_INT(state_take_over(&s->world.fleet_nodes[i], &s->world.ctx,
					  deadline_in(1000), &s->err),
			  0);
}

static void test_gone_past_the_commit(void)
{
	struct scene s;

	scene_open(&s, "start-apiserver", last_dies);
	snprintf(s.world.ctx.holder, sizeof(s.world.ctx.holder), "the first");
	CHECK_INT(play_run(&s.play, &s.err), PLAY_NEEDS_YOU);
	scene_without_last(&s);
	scene_take_over(&s, "the second");
	CHECK_INT(play_resume(&s.play, true, &s.err), PLAY_DONE);
	CHECK(!locked(&s.world, 0) && !locked(&s.world, 1));
	CHECK(locked(&s.world, 2));
	scene_with_all(&s);
	/* where it has ended it is taken over, too */
	scene_take_over(&s, "the third");
	CHECK_INT(play_resume(&s.play, true, &s.err), PLAY_DONE);
	CHECK_STR(s.err.text, "");
	CHECK(fake_world_serves(&s.world, FAKE_TOKEN));
	CHECK(!locked(&s.world, 2));
	CHECK_STR(fake_world_broken(&s.world), NULL);
	scene_close(&s);
}

/* The last two die: what is left has no quorum, and its API server cannot serve. */
static void two_die(struct fake_world *world)
{
	world->nodes[1].lost = world->nodes[2].lost = true;
}
static void scene_with_first(struct scene *s)
{
	s->play.fleet = fleet_new(s->world.fleet_nodes, 1);
	s->world.cluster.count = 1;
	s->world.ctx.no_quorum = true;
	s->world.nodes[0].api_never_ready = s->world.nodes[0].leaderless = true;
}
static void two_live(struct scene *s)
{
	s->world.nodes[0].api_never_ready = false;
	s->world.nodes[0].leaderless = s->world.nodes[1].lost = false;
	s->world.ctx.no_quorum = false;
	scene_with_all(s);
}

/* Nothing is waited for that cannot come: the node that is left is as before, and unlocked; and so are the others when they are back. */
static void test_two_gone(void)
{
	struct scene s;

	for (size_t i = 0; i < sizeof(gone_at) / sizeof(gone_at[0]); i++) {
		scene_play(&s, gone_at[i], two_die);
		scene_with_first(&s);
		s.err = ERR_INIT;
		CHECK_INT(play_undo(&s.play, &s.err), PLAY_UNDONE);
		CHECK_STR(s.err.text, "");
		CHECK(!locked(&s.world, 0) && locked(&s.world, 1) && locked(&s.world, 2));
		CHECK_STR(s.world.machines[0].etcd_data, FAKE_OLD_TOKEN);
		two_live(&s);
		scene_undo(&s);
		scene_close(&s);
	}
}

static void test_two_gone_past_the_commit(void)
{
	struct scene s;

	scene_play(&s, "start-apiserver", two_die);
	scene_with_first(&s);
	s.err = ERR_INIT;
	CHECK_INT(play_resume(&s.play, true, &s.err), PLAY_DONE);
	CHECK_STR(s.err.text, "");
	CHECK(!locked(&s.world, 0) && locked(&s.world, 1) && locked(&s.world, 2));
	two_live(&s);
	CHECK_INT(play_resume(&s.play, true, &s.err), PLAY_DONE);
	CHECK(fake_world_serves(&s.world, FAKE_TOKEN));
	CHECK(!locked(&s.world, 1) && !locked(&s.world, 2));
	CHECK_STR(fake_world_broken(&s.world), NULL);
	scene_close(&s);
}

/* The snapshot brings an alarm along, and the members have room for its end. */
static void scene_alarm(struct scene *s)
{
	s->world.alarm = true;
	s->world.ctx.carried_alarms = ETCD_ALARM_NOSPACE;
	for (size_t i = 0; i < NODES; i++)
		s->world.cluster.members[i].quota = 1000000;
}

static void first_dies(struct fake_world *world)
{
	world->nodes[0].lost = true;
}

/*
 * The first node is the one whose turn comes first, that goes ahead, and that asks for the leases: the others go on without it.  The alarm
 * stays until every member has made room.
 */
static void test_first_dies_past_the_commit(void)
{
	struct scene s;

	scene_open(&s, "clear-alarms", first_dies);
	scene_alarm(&s);
	CHECK_INT(play_run(&s.play, &s.err), PLAY_NEEDS_YOU);
	CHECK_HAS(s.err.text, "cp-1: clear-alarms: ");
	for (size_t i = 1; i < NODES; i++) {
		CHECK(s.world.machines[i].api_pid != 0);
		CHECK(locked(&s.world, i));
	}
	CHECK(fake_world_alarmed(&s.world));
	CHECK_STR(fake_world_broken(&s.world), NULL);

	s.world.nodes[0].lost = false;
	s.err = ERR_INIT;
	CHECK_INT(play_resume(&s.play, true, &s.err), PLAY_DONE);
	CHECK(!fake_world_alarmed(&s.world));
	CHECK_STR(fake_world_broken(&s.world), NULL);
	scene_close(&s);
}

/* A step of the first node's alone: what comes after it may depend on it. */
static void test_first_dies_alone(void)
{
	struct scene s;

	scene_open(&s, "wait-controllers", first_dies);
	CHECK_INT(play_run(&s.play, &s.err), PLAY_NEEDS_YOU);
	CHECK_HAS(s.err.text, "cp-1: wait-controllers: ");
	CHECK(!strstr(s.err.text, "went on"));
	CHECK(locked(&s.world, 1) && locked(&s.world, 2));
	scene_close(&s);
}

static void all_die(struct fake_world *world)
{
	for (size_t i = 0; i < NODES; i++)
		world->nodes[i].lost = true;
}

/* Nobody is left to go on with. */
static void test_all_die(void)
{
	struct scene s;

	scene_open(&s, "swap-data", all_die);
	CHECK_INT(play_run(&s.play, &s.err), PLAY_NEEDS_YOU);
	CHECK_HAS(s.err.text, "; then undoing failed: cp-1: ");
	CHECK(!strstr(s.err.text, "the other nodes"));
	scene_close(&s);
}

static void first_is_mute(struct fake_world *world)
{
	world->nodes[0].no_client = true;
}

static void first_speaks(struct fake_world *world)
{
	world->nodes[0].no_client = false;
}

/* Where nodes have their turns those after one that fails have them, too, when it has been tried again. */
static void test_turns_go_on(void)
{
	struct scene s;

	scene_open(&s, "clear-alarms", first_is_mute);
	s.trouble.ends = first_speaks;
	scene_alarm(&s);
	CHECK_INT(play_run(&s.play, &s.err), PLAY_DONE);
	CHECK_STR(s.err.text, "");
	for (size_t i = 0; i < NODES; i++)
		CHECK(s.world.machines[i].defragmented);
	CHECK(!fake_world_alarmed(&s.world));
	scene_close(&s);
}

static void copy_back(const struct fake_node *fake, const char *pod)
{
	scoped(buf) struct buf text = BUF_INIT(64 * 1024);
	scoped(mem) char *parked = mem_printf(
		"%s/etc/kubernetes/etcd-backup/" FAKE_RUN "/parked/%s.yaml", fake->root, pod);
	scoped(mem) char *live = mem_printf("%s/etc/kubernetes/manifests/%s.yaml", fake->root, pod);

	CHECK(fake_read(parked, &text));
	fake_write(live, buf_str(&text), text.len, 0600);
}

/* A run that died before the swap, and somebody who has copied the manifests back: it is not past its commit. */
static void test_put_back_by_hand(void)
{
	struct run_state state;
	struct scene s;

	scene_open(&s, "swap-data", all_die);
	CHECK_INT(play_run(&s.play, &s.err), PLAY_NEEDS_YOU);
	for (size_t i = 0; i < NODES; i++) {
		s.world.nodes[i].lost = false;
		copy_back(&s.world.nodes[i], "kube-apiserver");
		copy_back(&s.world.nodes[i], "etcd");
		CHECK_INT(state_read(&s.world.fleet_nodes[i], FAKE_RUN, s.arena, deadline_in(1000),
				     &state, &s.err),
			  0);
		CHECK_INT(state.phase, PHASE_ETCD_STOPPED);
	}
	scene_undo(&s);
	scene_close(&s);
}

TESTS(TEST(test_dies), TEST(test_dies_past_the_commit), TEST(test_first_dies_past_the_commit),
      TEST(test_first_dies_alone), TEST(test_all_die), TEST(test_gone_for_good),
      TEST(test_gone_past_the_commit), TEST(test_two_gone), TEST(test_two_gone_past_the_commit),
      TEST(test_turns_go_on), TEST(test_put_back_by_hand))
