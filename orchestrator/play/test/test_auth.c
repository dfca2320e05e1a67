/*
 * test_auth: a rollback to data in which etcd's auth is on, where the members' certificates are of no user who may ask for HashKV;
 * and what is not taken for that.
 */
#include "base/test/check.h"
#include "fake_files.h"
#include "fake_node.h"
#include "matrix_run.h"

#include <stdlib.h>
#include <string.h>

enum { NODES = 3, LIMIT_MS = 1000 };

struct scene {
	struct fake_world world;
	struct arena *arena;
	struct playbook book;
	struct watch watch;
	char *before;
};

static struct told play_new(struct scene *s, const char *playbook)
{
	scoped(mem) char *journals = mem_printf("%s/journals", s->world.folder);

	fake_remove(journals, -1); /* of the rollback before: its run has the same name */
	matrix_book(s->arena, playbook, &s->book);
	matrix_context(&s->world, &s->book);
	return matrix_run(&s->world, &s->book, HOW_RUN, NULL, &s->watch);
}

/* Three nodes that a restore has ended on; HashKV is refused on those of them. */
static void scene_open(struct scene *s, bool first, bool second, bool third)
{
	*s = (struct scene){ .arena = arena_new() };
	fake_world_open(&s->world, NODES, false);
	CHECK_INT(play_new(s, "restore").outcome, PLAY_DONE);
	s->world.nodes[0].no_hash = first;
	s->world.nodes[1].no_hash = second;
	s->world.nodes[2].no_hash = third;
	s->before = fake_world_tree(&s->world);
}

static void scene_close(struct scene *s)
{
	free(s->before);
	fake_world_close(&s->world);
	arena_free(s->arena);
}

/* The rollback is undone: the restored data serves, and why is said. */
static struct told undone(struct scene *s, const char *words)
{
	struct told told = play_new(s, "rollback");

	CHECK_INT(told.outcome, PLAY_UNDONE);
	CHECK_HAS(told.err.text, words);
	CHECK(fake_world_serves(&s->world, FAKE_TOKEN));
	CHECK_STR(fake_world_broken(&s->world), NULL);
	scoped(mem) char *now = fake_world_tree(&s->world);
	CHECK_STR(now, s->before);
	return told;
}

static void test_refused_by_all(void)
{
	struct scene s;

	scene_open(&s, true, true, true);
	struct told told = play_new(&s, "rollback");
	CHECK_STR(told.err.text, "");
	CHECK_INT(told.outcome, PLAY_DONE);
	CHECK(fake_world_serves(&s.world, FAKE_OLD_TOKEN));
	for (size_t i = 0; i < NODES; i++) {
		CHECK(s.world.play_nodes[i].hash_refused);
		CHECK_INT(s.world.play_nodes[i].hash, 0);
		CHECK_INT(s.world.play_nodes[i].applied, 20);
	}
	scene_close(&s);
}

/* Status tells what differs, too. */
static void test_refused_and_different(void)
{
	struct scene s;

	scene_open(&s, true, true, true);
	s.world.nodes[1].revisions_less = 1;
	undone(&s,
	       "compare-etcd: cp-1 and cp-2 have different data (revisions 1007 and 1006, of 20 "
	       "and 20 entries)");
	s.world.nodes[1].revisions_less = 0;
	s.world.nodes[2].behind = 3;
	undone(&s, "cp-3: compare-etcd: it has applied 17 of 20 entries");
	scene_close(&s);
}

/* One that answers otherwise than the others may have other data. */
static void test_refused_by_some(void)
{
	struct scene s;

	scene_open(&s, false, true, false);
	undone(&s, "cp-2 refuses HashKV because of etcd's auth, and cp-3 does not");
	scene_close(&s);
}

/* Hashes that differ do so whatever else is refused; and what is no word of auth's is a failure. */
static void test_other_reasons(void)
{
	struct scene s;

	scene_open(&s, false, false, false);
	s.world.nodes[1].hash_differs = true;
	undone(&s, "cp-1 and cp-2 have different data (HashKV 00000001 and 00000002)");
	s.world.nodes[1].hash_differs = false;
	for (size_t i = 0; i < NODES; i++)
		s.world.nodes[i].compacted = true;
	undone(&s, "compare-etcd: required revision has been compacted");
	scene_close(&s);
}

/* Some versions tell not even their status; then nothing is known of the member. */
static void test_status_refused(void)
{
	struct scene s;

	scene_open(&s, true, true, true);
	s.world.nodes[2].no_status = true;
	struct told told = undone(&s, "cp-3: wait-etcd: etcd is not well yet: etcd said: ");
	CHECK_HAS(told.err.hint, "the CN of etcd's --cert-file on cp-3");
	scene_close(&s);
}

/* It is found again before its commit: compared, and told, by the process that ends it. */
static void test_resumed(void)
{
	struct matrix_case killed = { .node = 1, .fault = FAULT_KILLED_BEFORE };
	struct scene s;
	struct found found;
	struct err err = ERR_INIT;

	scene_open(&s, true, true, true);
	matrix_book(s.arena, "rollback", &s.book);
	matrix_context(&s.world, &s.book);
	for (size_t i = 0; i < s.book.count; i++)
		if (strcmp(s.book.steps[i].verb->name, "compare-etcd") == 0)
			killed.slot = i + SLOT_STEP;
	CHECK(matrix_run(&s.world, &s.book, HOW_RUN, &killed, &s.watch).killed);
	fake_world_mend(&s.world);
	CHECK_INT(matrix_find(&s.world, &s.book, ROLLBACK_RUN, s.arena, &found, &err), 0);
	CHECK(!found.committed && !s.world.play_nodes[1].hash_refused);
	struct told told = matrix_run(&s.world, &s.book, HOW_RESUME, NULL, &s.watch);
	CHECK_STR(told.err.text, "");
	CHECK_INT(told.outcome, PLAY_DONE);
	CHECK(fake_world_serves(&s.world, FAKE_OLD_TOKEN));
	CHECK(s.world.play_nodes[1].hash_refused);
	scene_close(&s);
}

/* A rejoin asks more of the node that joins only; what the others refuse does not stop it past its commit. */
static void test_rejoin(void)
{
	struct scene s = { .arena = arena_new() };

	fake_world_open(&s.world, NODES, false);
	fake_world_exile(&s.world);
	s.world.nodes[1].no_hash = s.world.nodes[2].no_hash = true;
	struct told told = play_new(&s, "rejoin");
	CHECK_STR(told.err.text, "");
	CHECK_INT(told.outcome, PLAY_DONE);
	CHECK(fake_world_serves(&s.world, FAKE_TOKEN));
	CHECK(!s.world.play_nodes[0].hash_refused && s.world.play_nodes[1].hash_refused);
	scene_close(&s);
}

TESTS(TEST(test_rejoin), TEST(test_refused_by_all), TEST(test_refused_and_different),
      TEST(test_refused_by_some), TEST(test_other_reasons), TEST(test_status_refused),
      TEST(test_resumed))
