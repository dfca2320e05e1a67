/*
 * test_matrix_abandon: the fault matrix of playbooks/abandon.yaml: a rejoin that was killed at each of its steps, whose node is gone for good then: it is ended on
 * the others, with every fault in every command; and the node comes back nevertheless.
 */
#include "base/mem.h"
#include "base/test/check.h"
#include "fake_clock.h"
#include "fake_data.h"
#include "fake_files.h"
#include "fake_node.h"
#include "matrix_run.h"
#include "play/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TREE_MAX = 4 * 1024 * 1024, SHOWN_MAX = 10 };

static struct arena *arena;
static struct fake_world world, rest; /* all nodes; the same but for the first */
static struct playbook rejoin, book;
static struct fake_saved first, stopped;
static size_t cases, failures;

/* The fakes of `rest` are the same folders and machines as those of the world. */
static void leave_first(void)
{
	rest = world;
	rest.count = rest.cluster.count = world.count - 1;
	rest.machines = world.machines + 1;
	rest.exile = false;
	rest.holders = 1000; /* other processes */
	for (size_t i = 0; i < rest.count; i++) {
		struct fake_node *fake = &rest.nodes[i];
		rest.cluster.members[i] = world.cluster.members[i + 1];
		*fake = world.nodes[i + 1];
		fake->world = &rest;
		fake->member = &rest.cluster.members[i];
		fake->dir.arg = fake;
		node_dir_init(&rest.fleet_nodes[i], fake->member->name, &fake->dir);
	}
}

static void abandon_context(struct fake_world *of)
{
	of->ctx = (struct play_ctx){ .run = REJOIN_RUN,
				     .cluster = &of->cluster,
				     .nodes = of->play_nodes,
				     .operator= "test",
				     .playbook = book.name,
				     .playbook_sha256 = book.sha256,
				     .gone = &world.cluster.members[0],
				     .leave_nothing = true,
				     .grace_ms = 1 };
	for (size_t i = 0; i < of->count; i++)
		of->play_nodes[i] = (struct play_node){ .member = &of->cluster.members[i],
							.api = fake_api,
							.has_api = true };
}

static struct told abandon(struct fake_world *of, const struct matrix_case *fault,
			   struct watch *watch)
{
	scoped(mem) char *journals = mem_printf("%s/journals", world.folder);

	fake_remove(journals, -1);
	abandon_context(of);
	return matrix_run(of, &book, HOW_RESUME, fault, watch);
}

static char *tree_of_rest(void)
{
	scoped(buf) struct buf out = BUF_INIT(TREE_MAX);

	for (size_t i = 0; i < rest.count; i++)
		fake_tree(rest.nodes[i].root, &out);
	return mem_strdup(buf_str(&out));
}

static bool bad(const struct matrix_case *stop, const struct matrix_case *c, const char *what,
		const char *more)
{
	if (++failures <= SHOWN_MAX)
		fprintf(stderr, "%zu nodes, killed in %s; %s, node %zu, command %u, %s: %s: %s\n",
			world.count, rejoin.steps[stop->slot - SLOT_STEP].verb->name,
			!c                     ? "no fault"
			: c->slot == SLOT_TAKE ? "take over"
					       : book.steps[c->slot - SLOT_STEP].verb->name,
			c ? c->node + 1 : 0, c ? c->command : 0, c ? fault_words(c->fault) : "-",
			what, more);
	return false;
}

/* The others are as they were before the rejoin, byte for byte, and their cluster has nobody else. */
static bool ended(const struct matrix_case *stop, const struct matrix_case *c, const char *before)
{
	scoped(mem) char *now = tree_of_rest();
	struct fake_data data;

	if (fake_world_broken(&rest))
		return bad(stop, c, "broken", fake_world_broken(&rest));
	if (!fake_world_serves(&rest, FAKE_TOKEN))
		return bad(stop, c, "not every node serves", "");
	if (fake_data_read(rest.nodes[0].root, rest.nodes[0].member, &data) ||
	    data.cluster.count != rest.count)
		return bad(stop, c, "the list of members", data.line);
	return strcmp(now, before) == 0 || bad(stop, c, "not as before", now);
}

static void play_case(const struct matrix_case *stop, const struct matrix_case *c,
		      const char *before)
{
	struct watch watch;

	cases++;
	fake_world_load(&world, &stopped);
	fake_world_mend(&rest);
	struct told told = abandon(&rest, c, &watch);
	if (told.outcome == PLAY_UNDONE)
		bad(stop, c, "it was undone", told.err.text);
	else if (!fake_world_serves(&rest, FAKE_TOKEN))
		bad(stop, c, "the others have stopped to serve", told.err.text);
	else if (told.killed != fault_kills(c->fault))
		bad(stop, c, "the fault did not strike", told.err.text);
	else if (told.outcome == PLAY_DONE && !told.killed)
		ended(stop, c, before);
	fake_world_mend(&rest);
	told = abandon(&rest, NULL, &watch);
	if (told.outcome != PLAY_DONE)
		bad(stop, c, "a second time", told.err.text);
	else
		ended(stop, c, before);
}

/* A step of which nobody would see what a fault does there. */
static void every_step(const struct watch *well)
{
	for (size_t i = 0; i < book.count; i++)
		for (size_t node = 0; node < (book.steps[i].on == ON_FIRST ? 1 : rest.count);
		     node++)
			CHECK(well->counts[i + SLOT_STEP][node] > 0);
}

static void play_cases(const struct matrix_case *stop, const struct watch *well, const char *before)
{
	every_step(well);
	for (size_t slot = SLOT_STEP; slot <= SLOT_TAKE; slot++)
		for (size_t node = 0; node < rest.count; node++)
			for (unsigned n = 0; n < well->counts[slot][node]; n++)
				for (int fault = FAULT_BEFORE; fault < FAULT_REFUSED; fault++) {
					bool half =
						fault == FAULT_HALF || fault == FAULT_KILLED_HALF;
					const struct matrix_case c = { .slot = slot,
								       .node = node,
								       .command = n,
								       .fault = (enum fault)fault };
					if (!half || well->halves[slot][node][n])
						play_case(stop, &c, before);
				}
}

/*
 * The node comes back after all.  It has whatever the rejoin has put there: that goes back, or, where its API server was started, it is
 * unlocked and keeps its old data; a new rejoin brings it back.
 */
static void comes_back(const struct matrix_case *stop)
{
	scoped(arena) struct arena *found_arena = arena_new();
	struct err err = ERR_INIT;
	struct found found;
	struct watch watch;

	fake_world_mend(&world);
	if (matrix_find(&world, &rejoin, REJOIN_RUN, found_arena, &found, &err)) {
		bad(stop, NULL, "looking at the nodes", err.text);
		return;
	}
	if (!found.known || !found.locked) /* it had ended there, or never begun */
		return;
	bool past = found.phases[0] == PHASE_API_STARTED;
	struct told told = past ? abandon(&world, NULL, &watch)
				: matrix_run(&world, &rejoin, HOW_UNDO, NULL, &watch);
	if (told.outcome != (past ? PLAY_DONE : PLAY_UNDONE))
		bad(stop, NULL, "back", told.err.text);
	scoped(mem) char *empty =
		mem_printf("%s/var/lib/etcd/.restoring-" REJOIN_RUN, world.nodes[0].root);
	if (fake_exists(empty))
		bad(stop, NULL, "left behind", empty);
	matrix_context(&world, &rejoin);
	memcpy(world.ctx.run, NEXT_RUN, sizeof(NEXT_RUN));
	told = matrix_run(&world, &rejoin, HOW_RUN, NULL, &watch);
	if (told.outcome != PLAY_DONE || !fake_world_serves(&world, FAKE_TOKEN))
		bad(stop, NULL, "the next rejoin", told.err.text);
	if (fake_world_broken(&world))
		bad(stop, NULL, "broken", fake_world_broken(&world));
}

/* The rejoin is killed there, for good. */
static void play_stop(const struct matrix_case *stop, bool whole)
{
	struct watch watch;

	fake_world_load(&world, &first);
	leave_first();
	scoped(mem) char *before = tree_of_rest();
	scoped(mem) char *journals = mem_printf("%s/journals", world.folder);
	fake_remove(journals, -1);
	matrix_context(&world, &rejoin);
	if (!matrix_run(&world, &rejoin, HOW_RUN, stop, &watch).killed)
		abort();
	fake_world_mend(&world);
	fake_world_save(&world, &stopped);
	struct told told = abandon(&rest, NULL, &watch);
	cases++;
	if (told.outcome != PLAY_DONE)
		bad(stop, NULL, "it fails", told.err.text);
	else if (ended(stop, NULL, before))
		comes_back(stop);
	if (whole)
		play_cases(stop, &watch, before);
}

static void play_nodes(size_t count)
{
	struct watch well;

	fake_world_open(&world, count, count == 3);
	fake_world_exile(&world);
	matrix_book(arena, "rejoin", &rejoin);
	matrix_book(arena, "abandon", &book);
	fake_world_save(&world, &first);
	matrix_context(&world, &rejoin);
	CHECK_INT(matrix_run(&world, &rejoin, HOW_RUN, NULL, &well).outcome, PLAY_DONE);
	for (size_t step = 0; step < rejoin.count; step++) {
		const char *name = rejoin.steps[step].verb->name;
		struct matrix_case stop = { .slot = step + SLOT_STEP, .fault = FAULT_KILLED_AFTER };
		if (!well.counts[stop.slot][0])
			continue;
		stop.command = well.counts[stop.slot][0] - 1;
		/* before, with a learner, with a voter; with five nodes each takes long, and nothing is new */
		bool learner = strcmp(name, "add-learner") == 0;
		play_stop(&stop, learner || (count < FAKE_NODES_MAX &&
					     (strcmp(name, "swap-data") == 0 ||
					      strcmp(name, "wait-voters") == 0)));
	}
	fake_saved_scoped(&first);
	fake_saved_scoped(&stopped);
	first = stopped = (struct fake_saved){ .folder = NULL };
	fake_world_close(&world);
}

static void test_all(void)
{
	arena = arena_new();
	fake_clock_stand_still();
	for (size_t count = 2; count <= FAKE_NODES_MAX; count += count == 2 ? 1 : 2)
		play_nodes(count);
	arena_free(arena);
	printf("abandon: %zu cases, %zu failed\n", cases, failures);
	CHECK_INT(failures, 0);
}

TESTS(TEST(test_all))
