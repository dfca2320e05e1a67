/*
 * matrix_case: one case of a matrix: played, compared, and led on from where it stopped.
 */
#ifndef PLAY_TEST_MATRIX_CASE_H
#define PLAY_TEST_MATRIX_CASE_H

#include "matrix.h"
#include "matrix_run.h"

/* What all cases of a matrix share. */
struct stage {
	const struct matrix *matrix;
	struct fake_world world;
	struct arena *arena;
	struct playbook book;
	struct fake_saved first, stopped; /* before the run; where it stopped */
	char *before, *after;             /* the nodes before, and after a run without a fault */
	const char *old_data, *new_data;  /* what etcd serves before and after */
	struct matrix_case *cases;
	size_t count;
	const struct matrix_case *now;
	size_t number;  /* of the case that is played now */
	bool as_before; /* the nodes are: nothing to load */
};

/* Of all processes, in memory that they share. */
enum { WORKERS_MAX = 4 };
struct tally {
	size_t failed, done[WORKERS_MAX];
	size_t stopped, again,
		without; /* runs that stopped; were killed once more; went on without the snapshot */
};

bool matrix_case_play(struct stage *stage, struct tally *tally);

/*
 * A run that is killed there; then it is taken over and gone on with, or back when its number is odd, with the fault in *then, if that
 * is not NULL.  True: *told and *watch are of that; false: it was not killed, or cannot be found again.
 */
bool matrix_take_over(struct stage *stage, const struct matrix_case *stop,
		      const struct matrix_case *then, struct told *told, struct watch *watch);

/* How a run without a fault ends: a drill is undone. */
enum play_outcome matrix_good_end(const struct stage *stage);

/* Journals of earlier cases are in nobody's way. */
void matrix_forget_journals(const struct stage *stage);

#endif
