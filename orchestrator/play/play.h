/*
 * play: the loop that plays a playbook: forward with a barrier after each step; on failure or Ctrl-C
 * before the commit the undos backwards; after the commit only forward.
 */
#ifndef PLAY_PLAY_H
#define PLAY_PLAY_H

#include "base/err.h"
#include "node/fleet.h"
#include "play/journal.h"
#include "play/playbook.h"
#include "play/verb.h"

/* How the cluster is at the end; each is an exit status, see play_status(). */
enum play_outcome {
	PLAY_DONE,
	PLAY_UNTOUCHED, /* failed before anything was changed */
	PLAY_UNDONE,    /* failed; changes were undone; the cluster is as it was */
	PLAY_NEEDS_YOU, /* failed past the commit, or an undo failed, or stopped by a second signal */
};

int play_status(enum play_outcome outcome, const struct err *err);

/* Called on the main thread. */
struct play_events {
	void *arg;
	void (*step_begins)(void *arg, size_t number, size_t of, const struct step *step,
			    bool undo);
	void (*node_ended)(void *arg, const struct step *step, const struct node *node, uint64_t ms,
			   const struct err *err);
	void (*step_ended)(void *arg, const struct step *step, uint64_t ms, bool failed, bool undo);
	void (*committed)(void *arg, const char *text);
};

struct play {
	const struct playbook *playbook;
	struct fleet *fleet;
	struct play_ctx *ctx;
	struct journal *journal; /* borrowed */
	struct play_events events;
	uint64_t deadline; /* of the whole run up to the commit; 0: none */
};

/*
 * Plays it.  PLAY_DONE, or err says what failed, on which node, in which step; when an undo failed, too, or
 * something is left, err says exactly what is where.
 */
enum play_outcome play_run(struct play *play, struct err *err);

/*
 * Goes on with a run that stopped: from its first step, where verbs find done what is done, or from the commit.  A
 * failure before the commit undoes every step, whoever played it.
 */
enum play_outcome play_resume(struct play *play, bool committed, struct err *err);

/* Undoes a run that stopped before its commit: every step's undo, backwards.  PLAY_UNDONE or PLAY_NEEDS_YOU. */
enum play_outcome play_undo(struct play *play, struct err *err);

/* Plays only the looking steps before the first changing one; 0 or -1. */
int play_look(struct play *play, struct err *err);

/*
 * The same, to tell all that is wrong: a step that fails does not keep the next from being played.  left_out[i]: that node was not read,
 * and has no part in it, as one that no longer answers from there on.  A step on the first node asks the others from there, so that it is
 * not played when one is left out.  -1: the first error.
 */
int play_look_all(struct play *play, bool left_out[], struct err *err);

#endif
