/*
 * test_play: the real restore playbook on three fake nodes that work at the same time.  The fault matrix is in test_matrix_*.c.
 */
#include "base/mem.h"
#include "base/test/check.h"
#include "fake_node.h"
#include "play/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NODES = 3 };

struct watch {
	struct fake_world *world;
	size_t step; /* from 1; where the fault goes */
	size_t node;
	enum fault fault;
	unsigned after; /* commands that pass first */
};

static void arm(void *arg, size_t number, size_t of, const struct step *step, bool undo)
{
	struct watch *watch = arg;
	struct fake_node *fake = &watch->world->nodes[watch->node];

	(void)of;
	(void)step;
	if (undo || number != watch->step || fake->machine->fault_hit)
		return;
	fake->fault = watch->fault;
	fake->fault_at = watch->after;
}

static void disarm(void *arg, const struct step *step, uint64_t ms, bool failed, bool undo)
{
	struct watch *watch = arg;

	(void)step;
	(void)ms;
	(void)failed;
	(void)undo;
	watch->world->nodes[watch->node].fault = FAULT_NONE;
}

static void read_restore(struct arena *arena, struct playbook *book)
{
	const struct playbook_text *text = playbook_text_find("restore");
	struct err err = ERR_INIT;

	CHECK_INT(playbook_read(arena, text->text, text->len, book, &err), 0);
}

static enum play_outcome play_book(struct fake_world *world, struct watch *watch, struct err *err)
{
	scoped(arena) struct arena *arena = arena_new();
	const struct playbook_text *text = playbook_text_find("restore");
	struct playbook book;
	struct play play = { .playbook = &book, .fleet = world->fleet, .ctx = &world->ctx };

	if (playbook_read(arena, text->text, text->len, &book, err))
		return PLAY_UNTOUCHED;
	for (size_t i = 0; i < book.count; i++)
		if (book.steps[i].timeout_ms > 2000)
			book.steps[i].timeout_ms = 2000;
	if (watch)
		play.events = (struct play_events){ .arg = watch,
						    .step_begins = arm,
						    .step_ended = disarm };
	return play_run(&play, err);
}

/* Every node serves the restored data, its old data and manifests are kept, nothing else is left. */
static void check_restored(struct fake_world *world)
{
	CHECK(fake_world_serves(world, FAKE_TOKEN));
	CHECK_STR(fake_world_broken(world), NULL);
	for (size_t i = 0; i < world->count; i++) {
		const char *root = world->nodes[i].root;
		scoped(mem) char *script = mem_printf(
			"cd '%s' && grep -q etcd-backup-test var/lib/etcd/member/snap/db && "
			"grep -q etcd-cluster-old var/lib/etcd/.before-*/member/snap/db && "
			"[ -z \"$(ls -d var/lib/etcd/.restoring-* var/lib/etcd/.snapshot-* "
			"2>/dev/null)\" ] && "
			"grep -q etcd-backup/run etc/kubernetes/manifests/etcd.yaml && "
			"! grep -q etcd-backup/run "
			"etc/kubernetes/etcd-backup/*/originals/etcd.yaml && "
			"[ ! -e etc/kubernetes/etcd-backup/lock ] && "
			"[ -z \"$(ls etc/kubernetes/etcd-backup/*/parked)\" ]",
			root);
		CHECK_INT(system(script), 0);
	}
}

static void test_restores(void)
{
	struct fake_world world;
	struct err err = ERR_INIT;

	fake_world_open(&world, NODES, false);
	CHECK_INT(play_book(&world, NULL, &err), PLAY_DONE);
	CHECK_STR(err.text, "");
	check_restored(&world);
	fake_world_close(&world);
}

/* What stands on the nodes after a restore; times, which differ, are cut out of it. */
static char *tree_after(bool real_commands, bool wal_dir)
{
	struct fake_world world;
	struct err err = ERR_INIT;

	fake_world_open(&world, NODES, wal_dir);
	for (size_t i = 0; i < world.count; i++)
		world.nodes[i].real_commands = real_commands;
	CHECK_INT(play_book(&world, NULL, &err), PLAY_DONE);
	CHECK_STR(err.text, "");
	check_restored(&world);
	char *tree = fake_world_tree(&world);
	for (char *at = tree; (at = strstr(at, "since")); at++)
		for (char *c = at; *c && *c != 'Z'; c++)
			*c = '.';
	fake_world_close(&world);
	return tree;
}

/* fake_shell and this machine's own programs agree. */
static void test_real_commands(void)
{
	for (int wal_dir = 0; wal_dir < 2; wal_dir++) {
		scoped(mem) char *real = tree_after(true, wal_dir);
		scoped(mem) char *fake = tree_after(false, wal_dir);
		CHECK_STR(fake, real);
	}
}

/* A WAL of its own folder: old files go, the restored one comes; and all the way back. */
static void test_wal_dir(void)
{
	struct fake_world world;
	struct err err = ERR_INIT;

	fake_world_open(&world, NODES, true);
	CHECK_INT(play_book(&world, NULL, &err), PLAY_DONE);
	CHECK_STR(err.text, "");
	for (size_t i = 0; i < NODES; i++) {
		scoped(mem) char *script =
			mem_printf("cd '%s/var/lib/wal' && [ \"$(ls)\" = "
				   "0000000000000000-0000000000000000.wal ] && "
				   "[ \"$(cat .before-*/1.wal)\" = older ] && "
				   "[ -s .before-*/0000000000000000-0000000000000000.wal ] && [ "
				   "! -e .restoring-* ]",
				   world.nodes[i].root);
		CHECK_INT(system(script), 0);
	}
	fake_world_close(&world);

	/* members that differ are noticed after the swap: everything goes back */
	fake_world_open(&world, NODES, true);
	world.nodes[1].hash_differs = true;
	scoped(mem) char *before = fake_world_tree(&world);
	CHECK_INT(play_book(&world, NULL, &err), PLAY_UNDONE);
	scoped(mem) char *now = fake_world_tree(&world);
	CHECK_STR(now, before);
	fake_world_close(&world);
}

/* Fails at one place; before the commit everything is as it was, after it a second try succeeds. */
static bool one_fault(size_t step, size_t node, enum fault fault, unsigned after)
{
	struct fake_world world;
	struct err err = ERR_INIT;

	fake_world_open(&world, NODES, false);
	struct watch watch = { &world, step, node, fault, after };
	scoped(mem) char *before = fake_world_tree(&world);
	enum play_outcome outcome = play_book(&world, &watch, &err);
	scoped(mem) char *now = fake_world_tree(&world);
	bool hit = world.machines[node].fault_hit;
	int failures = check_failures;

	if (outcome == PLAY_DONE) {
		check_restored(&world);
	} else {
		CHECK(outcome == PLAY_UNDONE || outcome == PLAY_UNTOUCHED);
		CHECK_STR(now, before);
		CHECK_HAS(err.text, world.fleet_nodes[node].name);
		CHECK(fake_world_serves(&world, FAKE_OLD_TOKEN));
	}
	if (check_failures != failures)
		fprintf(stderr, "  step %zu, node %zu, %s command %u: %s\n", step, node,
			fault == FAULT_BEFORE ? "before" : "after", after, err.text);
	fake_world_close(&world);
	return hit;
}

static void test_every_step_fails_once(void)
{
	size_t cases = 0;

	for (size_t step = 1; step <= 16; step++) {
		size_t node = step % NODES;
		bool hit = one_fault(step, node, FAULT_BEFORE, 0);
		hit |= one_fault(step, node, FAULT_AFTER, 1);
		cases += hit ? 2 : 0;
	}
	CHECK(cases > 20);
}

/* The undo, too, loses its connection once: it is tried again. */
static void arm_undo(void *arg, size_t number, size_t of, const struct step *step, bool undo)
{
	struct watch *watch = arg;
	struct fake_node *fake = &watch->world->nodes[watch->node];

	(void)of;
	(void)step;
	if (!undo || number != watch->step || fake->machine->fault_hit)
		return;
	fake->fault = watch->fault;
	fake->fault_at = watch->after;
}

static void test_undo_fails_once(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct playbook book;
	struct err err = ERR_INIT;

	read_restore(arena, &book);
	for (size_t step = 2; step <= 8; step++) {
		struct fake_world world;
		fake_world_open(&world, NODES, false);
		world.nodes[1].hash_differs = true; /* noticed at step 9 */
		struct watch watch = { &world, step, 2, FAULT_AFTER, 0 };
		struct play play = { .playbook = &book,
				     .fleet = world.fleet,
				     .ctx = &world.ctx,
				     .events = { .arg = &watch, .step_begins = arm_undo } };
		scoped(mem) char *before = fake_world_tree(&world);
		CHECK_INT(play_run(&play, &err), PLAY_UNDONE);
		scoped(mem) char *now = fake_world_tree(&world);
		CHECK_STR(now, before);
		CHECK(world.machines[2].fault_hit);
		fake_world_close(&world);
	}
}

/* Runs with one thing wrong; everything must be as before. */
static void check_undone(void (*spoil)(struct fake_world *), const char *words)
{
	struct fake_world world;
	struct err err = ERR_INIT;

	fake_world_open(&world, NODES, false);
	spoil(&world);
	scoped(mem) char *before = fake_world_tree(&world);
	enum play_outcome outcome = play_book(&world, NULL, &err);
	scoped(mem) char *now = fake_world_tree(&world);
	CHECK(outcome == PLAY_UNDONE || outcome == PLAY_UNTOUCHED);
	CHECK_STR(now, before);
	CHECK_HAS(err.text, words);
	fake_world_close(&world);
}

static void spoil_full(struct fake_world *world)
{
	world->nodes[1].full = true;
}

static void spoil_tool(struct fake_world *world)
{
	world->nodes[2].no_tool = true;
}

static void spoil_stubborn(struct fake_world *world)
{
	world->nodes[0].stubborn = true;
}

static void spoil_hash(struct fake_world *world)
{
	world->nodes[1].hash_differs = true;
}

static void spoil_lock(struct fake_world *world)
{
	scoped(mem) char *script = mem_printf("mkdir -p '%s/etc/kubernetes/etcd-backup' && echo "
					      "'run 20200101t000000-dead since x by y' > "
					      "'%s/etc/kubernetes/etcd-backup/lock'",
					      world->nodes[1].root, world->nodes[1].root);

	CHECK_INT(system(script), 0);
}

static void spoil_quota(struct fake_world *world)
{
	world->cluster.members[0].quota = 5;
}

static void spoil_snapshot(struct fake_world *world)
{
	world->ctx.snapshot_sha256 =
		"0000000000000000000000000000000000000000000000000000000000000000";
}

static void test_refusals(void)
{
	check_undone(spoil_full, "No space left");
	check_undone(spoil_tool, "no tool to restore with");
	check_undone(spoil_stubborn, "still runs");
	check_undone(spoil_hash, "different data");
	check_undone(spoil_lock, "another run holds the lock");
	check_undone(spoil_quota, "over etcd's quota");
	check_undone(spoil_snapshot, "another SHA-256");
}

/* Which nodes ended the start of their API servers, in order; whether the first was ready by then. */
struct order {
	struct fake_world *world;
	char nodes[16];
	bool first_ready;
};

static void note_start(void *arg, const struct step *step, const struct node *node, uint64_t ms,
		       const struct err *err)
{
	struct order *order = arg;
	size_t len = strlen(order->nodes);

	(void)ms;
	if (strcmp(step->verb->name, "start-apiserver") != 0 || len + 2 >= sizeof(order->nodes))
		return;
	order->nodes[len] = err ? 'x' : (char)('1' + node->index);
	if (!err && node->index)
		order->first_ready &= order->world->play_nodes[0].api_ready_at != 0;
}

static void arm_first_start(void *arg, size_t number, size_t of, const struct step *step, bool undo)
{
	struct order *order = arg;
	struct fake_node *fake = &order->world->nodes[0];

	(void)number;
	(void)of;
	fake->fault = !undo && strcmp(step->verb->name, "start-apiserver") == 0 &&
				      !fake->machine->fault_hit
			      ? FAULT_BEFORE
			      : FAULT_NONE;
	fake->fault_at = 0;
}

/* One API server goes ahead of the others; but they do not wait for one that cannot be started. */
static void test_first_ahead(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct playbook book;
	struct err err = ERR_INIT;

	read_restore(arena, &book);
	for (int fails = 0; fails < 2; fails++) {
		struct fake_world world;
		fake_world_open(&world, NODES, false);
		struct order order = { .world = &world, .first_ready = true };
		struct play play = { .playbook = &book,
				     .fleet = world.fleet,
				     .ctx = &world.ctx,
				     .events = { .arg = &order,
						 .step_begins = fails ? arm_first_start : NULL,
						 .node_ended = note_start } };
		CHECK_INT(play_run(&play, &err), PLAY_DONE);
		CHECK_STR(err.text, "");
		CHECK(order.nodes[0] == (fails ? 'x' : '1'));
		CHECK_INT(strlen(order.nodes), fails ? 4 : 3);
		CHECK(order.nodes[3] == (fails ? '1' : '\0'));
		CHECK(order.first_ready == !fails);
		check_restored(&world);
		fake_world_close(&world);
	}
}

static void test_after_the_commit(void)
{
	struct fake_world world;
	struct err err = ERR_INIT;

	fake_world_open(&world, NODES, false);
	world.nodes[1].api_never_ready = true;
	CHECK_INT(play_book(&world, NULL, &err), PLAY_NEEDS_YOU);
	CHECK_HAS(err.text, "cp-2");
	CHECK_HAS(err.text, "not ready");
	CHECK_INT(play_status(PLAY_NEEDS_YOU, &err), 5);
	fake_world_close(&world);
}

/* Ctrl-C in the middle of a step: undone, and nothing of the undo is cut short by it. */
static void cancel(void *arg, size_t number, size_t of, const struct step *step, bool undo)
{
	struct fake_world *world = arg;

	(void)of;
	(void)step;
	if (number == 6 && !undo)
		fleet_cancel(world->fleet);
}

static void test_interrupted(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct playbook book;
	struct fake_world world;
	struct err err = ERR_INIT;

	fake_world_open(&world, NODES, false);
	read_restore(arena, &book);
	struct play play = { .playbook = &book,
			     .fleet = world.fleet,
			     .ctx = &world.ctx,
			     .events = { .arg = &world, .step_begins = cancel } };
	scoped(mem) char *before = fake_world_tree(&world);
	CHECK_INT(play_run(&play, &err), PLAY_UNDONE);
	scoped(mem) char *now = fake_world_tree(&world);
	CHECK_STR(now, before);
	CHECK_INT(err.code, ERR_CANCELLED);
	fake_world_close(&world);
}

/* Somebody else goes on with the run, at the stop of etcd: this process makes no change more, and undoes nothing. */
static void take_over(void *arg, size_t number, size_t of, const struct step *step, bool undo)
{
	struct fake_world *world = arg;
	struct play_ctx other = world->ctx;
	struct err err = ERR_INIT;

	(void)of;
	(void)step;
	if (number != 6 || undo)
		return;
	snprintf(other.holder, sizeof(other.holder), "another");
	for (size_t i = 0; i < NODES; i++)
		CHECK_INT(state_take(&world->fleet_nodes[i], &other, deadline_in(1000), &err), 0);
}

static void test_taken_over(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct playbook book;
	struct fake_world world;
	struct err err = ERR_INIT;

	fake_world_open(&world, NODES, false);
	read_restore(arena, &book);
	snprintf(world.ctx.holder, sizeof(world.ctx.holder), "this one");
	struct play play = { .playbook = &book,
			     .fleet = world.fleet,
			     .ctx = &world.ctx,
			     .events = { .arg = &world, .step_begins = take_over } };
	play.journal = journal_new(world.folder, "test", world.ctx.run, tree_map(arena), &err);
	CHECK_INT(play_run(&play, &err), PLAY_NEEDS_YOU);
	journal_free(play.journal);
	play.journal = NULL;
	CHECK_INT(err.code, ERR_TAKEN);
	CHECK_HAS(err.text, "another process has taken over run");
	for (size_t i = 0; i < NODES; i++) {
		struct run_state state;
		CHECK_INT(state_read(&world.fleet_nodes[i], world.ctx.run, arena, deadline_in(1000),
				     &state, &err),
			  0);
		CHECK_INT(state.phase, PHASE_API_STOPPED);
		CHECK(state.locked && !state.undoing);
	}
	/* and the other one ends it well */
	snprintf(world.ctx.holder, sizeof(world.ctx.holder), "another");
	play.events = (struct play_events){ 0 };
	err = ERR_INIT;
	CHECK_INT(play_undo(&play, &err), PLAY_UNDONE);
	fake_world_close(&world);
}

/* Ctrl-C at the same moment */
static void take_over_and_cancel(void *arg, size_t number, size_t of, const struct step *step,
				 bool undo)
{
	take_over(arg, number, of, step, undo);
	cancel(arg, number, of, step, undo);
}

/* Taken over while this process fails for another reason: its undo stops, and leaves no mark in the other's run. */
static void test_taken_over_and_failed(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct playbook book;
	struct fake_world world;
	struct err err = ERR_INIT;

	fake_world_open(&world, NODES, false);
	read_restore(arena, &book);
	snprintf(world.ctx.holder, sizeof(world.ctx.holder), "this one");
	struct play play = { .playbook = &book,
			     .fleet = world.fleet,
			     .ctx = &world.ctx,
			     .events = { .arg = &world, .step_begins = take_over_and_cancel } };
	CHECK_INT(play_run(&play, &err), PLAY_NEEDS_YOU);
	for (size_t i = 0; i < NODES; i++) {
		struct run_state state;
		err = ERR_INIT;
		CHECK_INT(state_read(&world.fleet_nodes[i], world.ctx.run, arena, deadline_in(1000),
				     &state, &err),
			  0);
		CHECK(state.locked && !state.undoing);
	}
	fake_world_close(&world);
}

/* The looking steps alone; they change nothing. */
static void test_look(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct playbook book;
	struct fake_world world;
	struct err err = ERR_INIT;

	fake_world_open(&world, NODES, false);
	read_restore(arena, &book);
	struct play play = { .playbook = &book, .fleet = world.fleet, .ctx = &world.ctx };
	scoped(mem) char *before = fake_world_tree(&world);
	CHECK_INT(play_look(&play, &err), 0);
	CHECK(world.play_nodes[2].check_count > 5);
	world.cluster.members[1].quota = 5;
	CHECK_INT(play_look(&play, &err), -1);
	CHECK_HAS(err.text, "cp-2: check-nodes: ");
	scoped(mem) char *now = fake_world_tree(&world);
	CHECK_STR(now, before);
	fake_world_close(&world);
}

static int cannot_open(struct node *node, uint64_t deadline, struct err *err)
{
	(void)node;
	(void)deadline;
	return err_set(err, ERR_SSH, "no route");
}

static int cancelled_open(struct node *node, uint64_t deadline, struct err *err)
{
	(void)node;
	(void)deadline;
	return err_set(err, ERR_CANCELLED, "interrupted");
}

/* Nodes that were not read have no part in it, and keep nobody else from being looked at. */
static void test_look_all(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct playbook book;
	struct fake_world world;
	struct err err = ERR_INIT;
	bool out[FLEET_MAX] = { false, true };

	fake_world_open(&world, NODES, false);
	read_restore(arena, &book);
	struct play play = { .playbook = &book, .fleet = world.fleet, .ctx = &world.ctx };
	world.cluster.members[1].name = NULL; /* with it they would not be one cluster */
	CHECK_INT(play_look_all(&play, out, &err), 0);
	CHECK_INT(world.play_nodes[1].check_count, 0);
	CHECK(world.play_nodes[0].check_count > 5 && world.play_nodes[2].check_count > 5);
	world.cluster.members[0].quota = 5;
	struct node_ops ops = *world.fleet_nodes[2].ops;
	ops.open = cannot_open;
	world.fleet_nodes[2].ops = &ops;
	world.play_nodes[2].check_count = 0;
	CHECK_INT(play_look_all(&play, out, &err), -1);
	CHECK_HAS(err.text, "cp-1: check-nodes: ");
	CHECK_HAS(err.text, "(and 1 more)");
	CHECK(!out[0] && out[1] && out[2]);
	CHECK_INT(world.play_nodes[2].check_count, 0);
	world.cluster.members[1].name = "cp-2";
	out[1] = false;
	world.cluster.members[2].name = "cp-1";
	world.cluster.members[0].quota = 0;
	CHECK_INT(play_look_all(&play, out, &err), 0);
	/* interrupted */
	ops.open = cancelled_open;
	world.fleet_nodes[0].ops = &ops;
	CHECK_INT(play_look_all(&play, out, &err), -1);
	CHECK_INT(err.code, ERR_CANCELLED);
	fake_world_close(&world);
}

static void test_status(void)
{
	struct err err = { .code = ERR_CORRUPT };

	CHECK_INT(play_status(PLAY_DONE, &err), 0);
	CHECK_INT(play_status(PLAY_UNTOUCHED, &err), 6);
	CHECK_INT(play_status(PLAY_UNDONE, &err), 4);
	CHECK_INT(play_status(PLAY_NEEDS_YOU, &err), 5);
}

/* --timeout is over between two steps: undone. */
static void let_pass(void *arg, const struct step *step, uint64_t ms, bool failed, bool undo)
{
	struct play *play = arg;

	(void)ms;
	(void)failed;
	if (!undo && strcmp(step->verb->name, "stop-apiserver") == 0)
		play->deadline = 1;
}

static void count_nodes(void *arg, const struct step *step, const struct node *node, uint64_t ms,
			const struct err *err)
{
	struct play *play = arg;

	(void)ms;
	(void)err;
	CHECK(step->verb && node->index < fleet_count(play->fleet));
}

static void test_timeout(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct playbook book;
	struct fake_world world;
	struct err err = ERR_INIT;

	fake_world_open(&world, NODES, false);
	read_restore(arena, &book);
	struct play play = {
		.playbook = &book, .fleet = world.fleet, .ctx = &world.ctx, .deadline = UINT64_MAX
	};
	play.events = (struct play_events){ .arg = &play,
					    .step_ended = let_pass,
					    .node_ended = count_nodes };
	CHECK_INT(play_run(&play, &err), PLAY_UNDONE);
	CHECK_HAS(err.text, "the run's --timeout is over before stop-etcd");
	CHECK(fake_world_serves(&world, FAKE_OLD_TOKEN));
	fake_world_close(&world);
}

/* What was to be undone and then what went wrong in it, both are told, with the hint of the latter. */
static void test_undo_fails_for_good(void)
{
	struct err stuck = { .code = ERR_REMOTE, .text = "read-only file system", .hint = "look" };
	const struct fake_answer answers[] = { { "rm -rf", -1, NULL, stuck }, { .has = NULL } };
	struct fake_world world;
	struct err err = ERR_INIT;

	fake_world_open(&world, NODES, false);
	world.nodes[0].hash_differs = true;
	world.nodes[2].answers = answers;
	CHECK_INT(play_book(&world, NULL, &err), PLAY_NEEDS_YOU);
	CHECK_HAS(err.text,
		  "cp-3: build-member: read-only file system; then undoing failed: cp-3: ");
	CHECK_STR(err.hint, "look");

	/* by itself: only that */
	scoped(arena) struct arena *arena = arena_new();
	struct playbook book;
	err = ERR_INIT;
	read_restore(arena, &book);
	struct tree *header = tree_map(arena);
	tree_set_string(arena, header, "kind", "RunJournal");
	tree_set_string(arena, header, "apiVersion", "etcd-backup/v1");
	tree_set_string(arena, header, "cluster", "test");
	tree_set_string(arena, header, "run", world.ctx.run);
	struct journal *journal = journal_new(world.folder, "test", world.ctx.run, header, &err);
	struct play play = {
		.playbook = &book, .fleet = world.fleet, .ctx = &world.ctx, .journal = journal
	};
	CHECK_INT(play_undo(&play, &err), PLAY_NEEDS_YOU);
	struct journal_story story;
	struct err odd = ERR_INIT;
	CHECK_INT(journal_read(journal_path(journal), arena, &story, &odd), 0);
	CHECK_STR(story.outcome, "an undo failed");
	CHECK_HAS(err.text, "cp-3: ");
	CHECK_HAS(err.text, "read-only file system");
	world.nodes[2].answers = NULL;
	err = ERR_INIT;
	CHECK_INT(play_undo(&play, &err), PLAY_UNDONE);
	CHECK_STR(err.text, "");
	journal_free(journal);
	fake_world_close(&world);
}

TESTS(TEST(test_look), TEST(test_look_all), TEST(test_status), TEST(test_timeout),
      TEST(test_undo_fails_for_good), TEST(test_restores), TEST(test_real_commands),
      TEST(test_wal_dir), TEST(test_refusals), TEST(test_first_ahead), TEST(test_after_the_commit),
      TEST(test_interrupted), TEST(test_taken_over), TEST(test_taken_over_and_failed),
      TEST(test_undo_fails_once), TEST(test_every_step_fails_once))
