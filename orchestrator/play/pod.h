/*
 * pod: what other verbs need of the stopped static pods.
 */
#ifndef PLAY_POD_H
#define PLAY_POD_H

#include "base/err.h"
#include "node/node.h"
#include "play/verb.h"

/*
 * Just before data is moved: nobody may have the database open, and no API server may live through the change with what it
 * remembers of the old data.  A kubelet that was slow to see that a manifest went starts what was ended once more: that is
 * ended again, a few times.  -1: UNSAFE when it keeps coming, or its manifest is in its place (somebody wants it to run);
 * TIMEOUT when it does not end; REMOTE, SSH.
 */
int pod_keep_down(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		  struct err *err);

#endif
