/*
 * matrix: every step of a playbook x every node x every fault x every command of the step; what comes out is compared byte
 * for byte with the nodes as they were, or as a run without a fault leaves them; a run that stopped half-way is found again
 * from what stands on the nodes, and must go on to its end, and back, also when it is killed once more on the way.
 */
#ifndef PLAY_TEST_MATRIX_H
#define PLAY_TEST_MATRIX_H

#include <stdbool.h>
#include <stddef.h>

struct matrix {
	const char *playbook;
	size_t nodes;
	bool wal_dir; /* a WAL folder of its own */
	bool undo; /* the last step before the commit is refused; the faults are in what is undone then */
	bool alarm;   /* the snapshot brings an alarm NOSPACE along */
	bool journal; /* the faults are in the journal's disk, which is full */
	bool taken;   /* the run was killed; the faults are where the next process takes it over */
	size_t stride; /* 1: every command; n: every nth, and one of each step x node x fault always */
	size_t again; /* of every nth run that stopped, what follows is killed, too; 0: of none */
};

/*
 * Plays all cases, in as many processes as there are processors; prints their number; what failed to stderr.  Returns how many
 * failed; *cases grows by how many there were.
 */
size_t matrix_play(const struct matrix *matrix, size_t *cases);

/*
 * All matrices of a playbook: 1, 3 and 5 nodes, a WAL folder, undos, take-overs, a full disk; with these strides; of browse those of
 * 1 node.
 */
struct matrix_strides {
	size_t three, five;
	size_t few;  /* of a WAL folder, and of undos, where the nodes are few */
	size_t undo; /* of undos with 3 nodes */
};
size_t matrix_play_all(const char *playbook, const struct matrix_strides *strides);

#endif
