/*
 * play_step: one step of a playbook on all its nodes, with the barrier at its end.  For play.c only.
 */
#ifndef PLAY_PLAY_STEP_H
#define PLAY_PLAY_STEP_H

#include "play/play.h"

/*
 * One step, forward or as an undo, with journal and events, on the nodes that are not `done` (NULL: on all).  0; -1 with the first
 * failure in err, and in errs (FLEET_MAX of them) that of each node; none of them is set when the journal or the step's judge failed.
 */
int play_step(struct play *play, size_t index, bool undo, const bool done[], struct err errs[],
	      struct err *err);

/* -1: TAKEN, another process goes on with this run; or as state_held(). */
int play_check_held(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		    struct err *err);

#endif
