/*
 * program: a server's own program, out of the process that runs on the node, for one of our own beside it.
 */
#ifndef PLAY_PROGRAM_H
#define PLAY_PROGRAM_H

#include "base/err.h"
#include "node/node.h"
#include "play/verb.h"

/*
 * Copies the program of the running `name` ("etcd"; with that --name when `member` is not NULL) into
 * the run's folder as `path`.  -1: REMOTE (none runs there), SSH.
 */
int program_fetch(struct node *node, const struct play_ctx *ctx, const char *name,
		  const char *member, const char *path, uint64_t deadline, struct err *err);

#endif
