/*
 * lock: whose run a node is in.
 */
#ifndef PLAY_LOCK_H
#define PLAY_LOCK_H

#include "base/err.h"
#include "node/node.h"
#include "play/verb.h"

/* *ours: this run has it; else nobody does.  -1: UNSAFE (another run does; told who, since when, and how far it is), SSH, ... */
int look_lock(struct node *node, const struct play_ctx *ctx, uint64_t deadline, bool *ours,
	      struct err *err);

#endif
