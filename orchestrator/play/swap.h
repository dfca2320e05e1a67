/*
 * swap: the old data goes away and the new comes, by renames inside the data dir, so that it works where the data
 * dir is a mount point; and back.  Each looks first what is done already.
 */
#ifndef PLAY_SWAP_H
#define PLAY_SWAP_H

#include "base/err.h"
#include "node/node.h"
#include "play/verb.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * In .before-RUN of a WAL dir: what stood there is away.  Whoever empties that folder removes it, too.
 */
#define SWAP_MARK "old-is-away"

/* Whether the new data is in place: the member's folder, and the WAL's where it is one of its own. */
int swap_is_done(struct node *node, const struct play_ctx *ctx, uint64_t deadline, bool *done,
		 struct err *err);

/* Whether nothing of the old data is away. */
int swap_is_undone(struct node *node, const struct play_ctx *ctx, uint64_t deadline, bool *undone,
		   struct err *err);

/*
 * Whether old and new are both beside, and something else is in their place: an etcd that was started once more while they were
 * moved has made it.  The next swap, in or out, puts it into .stray-RUN of the data dir, when that etcd has ended.
 */
int swap_has_stray(struct node *node, const struct play_ctx *ctx, uint64_t deadline, bool *stray,
		   struct err *err);

/* In and out.  Nobody may have the data open: the caller has looked.  -1: REMOTE, SSH, TIMEOUT. */
int swap_in(struct node *node, const struct play_ctx *ctx, uint64_t deadline, struct err *err);
int swap_out(struct node *node, const struct play_ctx *ctx, uint64_t deadline, struct err *err);

/*
 * What lies where the new data stands before the swap goes into .stray-RUN of the data dir, its WAL into that of the WAL dir, and a warning
 * says where.  Nothing there: nothing is done.  -1: REMOTE, SSH, TIMEOUT.
 */
int swap_keep(struct node *node, const struct play_ctx *ctx, uint64_t deadline, struct err *err);

#endif
