/*
 * drill_trial: the real drill playbook on three fake nodes, or another, which must be as before at its end, whatever came of it.
 */
#ifndef PLAY_TEST_DRILL_TRIAL_H
#define PLAY_TEST_DRILL_TRIAL_H

#include "base/mem.h"
#include "base/test/check.h"
#include "fake_node.h"
#include "matrix_run.h"

#include <stdlib.h>
#include <string.h>

enum { NODES = 3 };

struct trial {
	struct fake_world world;
	struct arena *arena;
	struct playbook book;
	char *before;
	struct play_events events;
	enum play_outcome outcome, undone;
	struct err err;
};

static inline void trial_open_as(struct trial *t, const char *name, size_t nodes)
{
	*t = (struct trial){ .arena = arena_new(), .err = ERR_INIT };
	fake_world_open(&t->world, nodes, false);
	matrix_book(t->arena, name, &t->book);
	matrix_context(&t->world, &t->book);
	t->before = fake_world_tree(&t->world);
}

static inline void trial_open(struct trial *t)
{
	trial_open_as(t, "drill", NODES);
}

static inline void trial_close(struct trial *t)
{
	free(t->before);
	fake_world_close(&t->world);
	arena_free(t->arena);
}

/* Plays it, and undoes it when it went well; the nodes must be as before in any case. */
static inline void trial_play(struct trial *t)
{
	struct play play = { .playbook = &t->book,
			     .fleet = t->world.fleet,
			     .ctx = &t->world.ctx,
			     .events = t->events };
	struct err err = ERR_INIT;

	t->outcome = play_run(&play, &t->err);
	t->undone = t->outcome == PLAY_DONE ? play_undo(&play, &err) : t->outcome;
	CHECK_STR(err.text, "");
	scoped(mem) char *after = fake_world_tree(&t->world);
	CHECK_STR(after, t->before);
	CHECK_STR(fake_world_broken(&t->world), NULL);
	CHECK(fake_world_serves(&t->world, FAKE_OLD_TOKEN));
	for (size_t i = 0; i < t->world.count; i++) {
		CHECK_INT(t->world.machines[i].drill_etcd, 0);
		CHECK_INT(t->world.machines[i].drill_api, 0);
	}
}

/* It fails as it says, having changed something or nothing. */
static inline void check_fails(struct trial *t, enum play_outcome outcome, const char *words)
{
	trial_play(t);
	CHECK_INT(t->outcome, outcome);
	CHECK(strstr(t->err.text, words));
	if (!strstr(t->err.text, words))
		CHECK_STR(t->err.text, words);
	trial_close(t);
}

/* What happens when a step begins. */
struct moment {
	struct trial *trial;
	const char *step;
	void (*what)(struct fake_world *world);
};

static inline void on_begin(void *arg, size_t number, size_t of, const struct step *step, bool undo)
{
	struct moment *moment = arg;

	(void)number;
	(void)of;
	if (!undo && strcmp(step->verb->name, moment->step) == 0)
		moment->what(&moment->trial->world);
}

static inline void arrange(struct trial *t, struct moment *moment, const char *step,
			   void (*what)(struct fake_world *world))
{
	trial_open(t);
	*moment = (struct moment){ .trial = t, .step = step, .what = what };
	t->events = (struct play_events){ .arg = moment, .step_begins = on_begin };
}

#endif
