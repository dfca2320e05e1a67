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

static void open_world(struct fake_world *world, struct arena *arena, struct playbook *book)
{
	fake_world_open(world, NODES, false);
	matrix_book(arena, "restore", book);
	matrix_context(world, book);
}

static struct play play_of(struct fake_world *world, const struct playbook *book, struct trouble *t)
{
	return (struct play){ .playbook = book,
			      .fleet = world->fleet,
			      .ctx = &world->ctx,
			      .events = {
				      .arg = t, .step_begins = on_begin, .step_ended = on_end } };
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
	scoped(arena) struct arena *arena = arena_new();
	struct fake_world world;
	struct playbook book;
	struct err err = ERR_INIT;

	open_world(&world, arena, &book);
	struct trouble t = { .world = &world, .verb = verb, .comes = last_dies };
	struct play play = play_of(&world, &book, &t);
	scoped(mem) char *before = fake_world_tree(&world);
	CHECK_INT(play_run(&play, &err), PLAY_NEEDS_YOU);
	CHECK_HAS(err.text, "cp-3: ");
	CHECK_HAS(err.text, "; then undoing failed: cp-3: ");
	CHECK_HAS(err.text, " (the other nodes are as before, but for the lock)");
	world.count = 2;
	CHECK(fake_world_serves(&world, FAKE_OLD_TOKEN));
	world.count = NODES;
	CHECK(locked(&world, 0) && locked(&world, 1) && locked(&world, 2));

	world.nodes[2].lost = false;
	err = ERR_INIT;
	CHECK_INT(play_undo(&play, &err), PLAY_UNDONE);
	CHECK_STR(err.text, "");
	CHECK(fake_world_serves(&world, FAKE_OLD_TOKEN));
	scoped(mem) char *now = fake_world_tree(&world);
	CHECK_STR(now, before);
	CHECK_STR(fake_world_broken(&world), NULL);
	fake_world_close(&world);
}

static void test_dies(void)
{
	static const char *const at[] = { "put-snapshot", "build-member", "stop-apiserver",
					  "stop-etcd",    "swap-data",    "start-etcd",
					  "wait-etcd" };

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++)
		check_dies_at(at[i]);
}

static void all_die(struct fake_world *world)
{
	for (size_t i = 0; i < NODES; i++)
		world->nodes[i].lost = true;
}

/* Nobody is left to go on with. */
static void test_all_die(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct fake_world world;
	struct playbook book;
	struct err err = ERR_INIT;

	open_world(&world, arena, &book);
	struct trouble t = { .world = &world, .verb = "swap-data", .comes = all_die };
	struct play play = play_of(&world, &book, &t);
	CHECK_INT(play_run(&play, &err), PLAY_NEEDS_YOU);
	CHECK_HAS(err.text, "; then undoing failed: cp-1: ");
	CHECK(!strstr(err.text, "the other nodes"));
	fake_world_close(&world);
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
	scoped(arena) struct arena *arena = arena_new();
	struct fake_world world;
	struct playbook book;
	struct err err = ERR_INIT;

	open_world(&world, arena, &book);
	world.alarm = true;
	world.ctx.carried_alarms = ETCD_ALARM_NOSPACE;
	for (size_t i = 0; i < NODES; i++)
		world.cluster.members[i].quota = 1000000;
	struct trouble t = { .world = &world,
			     .verb = "clear-alarms",
			     .comes = first_is_mute,
			     .ends = first_speaks };
	struct play play = play_of(&world, &book, &t);
	CHECK_INT(play_run(&play, &err), PLAY_DONE);
	CHECK_STR(err.text, "");
	for (size_t i = 0; i < NODES; i++)
		CHECK(world.machines[i].defragmented);
	CHECK(!fake_world_alarmed(&world));
	fake_world_close(&world);
}

/* A run that died before the swap, and somebody who has copied the manifests back: it is not past its commit. */
static void test_put_back_by_hand(void)
{
	static const char *const pods[] = { "kube-apiserver", "etcd" };
	scoped(arena) struct arena *arena = arena_new();
	struct fake_world world;
	struct playbook book;
	struct run_state state;
	struct err err = ERR_INIT;

	open_world(&world, arena, &book);
	struct trouble t = { .world = &world, .verb = "swap-data", .comes = all_die };
	struct play play = play_of(&world, &book, &t);
	scoped(mem) char *before = fake_world_tree(&world);
	CHECK_INT(play_run(&play, &err), PLAY_NEEDS_YOU);
	for (size_t i = 0; i < NODES; i++) {
		world.nodes[i].lost = false;
		for (int pod = 0; pod < 2; pod++) {
			scoped(buf) struct buf text = BUF_INIT(64 * 1024);
			scoped(mem) char *parked = mem_printf(
				"%s/etc/kubernetes/etcd-backup/" FAKE_RUN "/parked/%s.yaml",
				world.nodes[i].root, pods[pod]);
			scoped(mem) char *live = mem_printf("%s/etc/kubernetes/manifests/%s.yaml",
							    world.nodes[i].root, pods[pod]);
			CHECK(fake_read(parked, &text));
			fake_write(live, buf_str(&text), text.len, 0600);
		}
		CHECK_INT(state_read(&world.fleet_nodes[i], FAKE_RUN, arena, deadline_in(1000),
				     &state, &err),
			  0);
		CHECK_INT(state.phase, PHASE_ETCD_STOPPED);
	}
	err = ERR_INIT;
	CHECK_INT(play_undo(&play, &err), PLAY_UNDONE);
	CHECK_STR(err.text, "");
	scoped(mem) char *now = fake_world_tree(&world);
	CHECK_STR(now, before);
	fake_world_close(&world);
}

TESTS(TEST(test_dies), TEST(test_all_die), TEST(test_turns_go_on), TEST(test_put_back_by_hand))
