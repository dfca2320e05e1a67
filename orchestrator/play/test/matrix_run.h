/*
 * matrix_run: one run of a playbook on a fake world: begun, found again, gone on with; with its journal.
 */
#ifndef PLAY_TEST_MATRIX_RUN_H
#define PLAY_TEST_MATRIX_RUN_H

#include "base/mem.h"
#include "fake_node.h"
#include "play/journal.h"
#include "play/state.h"

#define ROLLBACK_RUN "20261122t080000-0b0b"
#define CLEAN_RUN "20261122t090000-0c0c"
#define REJOIN_RUN "20261122t100000-0e0e"
#define NEXT_RUN "20261123t100000-0d0d"

/* Where a fault can be: in the mark that an undo sets, in a step, in a step's undo, where a run is taken over; and in none of them. */
enum {
	SLOT_MARK = 0,
	SLOT_STEP = 1,
	SLOT_UNDO = PLAYBOOK_STEPS_MAX + 1,
	SLOT_TAKE = 2 * PLAYBOOK_STEPS_MAX + 1,
	SLOT_NONE,
	SLOTS
};
enum { COMMANDS_MAX = 64, SHORT_MS = 2000 };

struct matrix_case {
	size_t slot, node;
	unsigned command;
	enum fault fault;
	size_t refused; /* slot in which a node refuses all; 0: none */
	size_t refuser; /* which: the last that has something to do there */
	size_t line;    /* of the journal, from 1, at which its disk is full; 0: it is not */
	bool for_good;  /* and stays so */
	/* where the run was killed that is gone on with, and has the fault then; NULL: the fault is in the run */
	const struct matrix_case *stop;
};

struct watch {
	struct fake_world *world;
	const struct matrix_case *wanted; /* NULL: only count */
	size_t slot;
	unsigned base[FAKE_NODES_MAX]; /* commands when the slot began */
	unsigned counts[SLOTS][FAKE_NODES_MAX];
	bool halves[SLOTS][FAKE_NODES_MAX]
		   [COMMANDS_MAX]; /* commands that can be cut off half-way */
	size_t commits;
};

/* Whether that playbook serves a snapshot beside the real cluster and undoes everything: drill, browse. */
bool matrix_is_drill(const char *playbook);

/* The playbook, with short timeouts. */
void matrix_book(struct arena *arena, const char *name, struct playbook *book);

/* The context of a new run of that playbook: restore, drill, browse, rollback or clean of FAKE_RUN, rejoin of the first node. */
void matrix_context(struct fake_world *world, const struct playbook *book);

enum how { HOW_RUN, HOW_RESUME, HOW_FINISH, HOW_UNDO };
struct told {
	enum play_outcome outcome;
	bool killed, disk_full;
	bool not_taken; /* it could not be taken over everywhere: nothing was played */
	struct err err;
};

/* Plays it in this process, or in one that dies; what goes on with a run, or back, takes it over first. */
struct told matrix_run(struct fake_world *world, const struct playbook *book, enum how how,
		       const struct matrix_case *wanted, struct watch *watch);

/* What the nodes say of the run, as another machine finds it; the context is made from that and nothing else. */
struct found {
	bool known, locked, undoing, committed;
	enum run_phase phases[FAKE_NODES_MAX];
};
int matrix_find(struct fake_world *world, const struct playbook *book, const char *run,
		struct arena *arena, struct found *out, struct err *err);

/*
 * fake_world_tree, but for who has the run in its hands where that is the same process everywhere: it is another one in each run.
 * A new string.
 */
char *matrix_tree(struct fake_world *world);

/* Whether the journal tells the same; else what is wrong. */
const char *matrix_journal(struct fake_world *world, const char *run, const struct told *told);

#endif
