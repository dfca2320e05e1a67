/*
 * drill_died: whether a step of a drill failed because a process of the drill's is no more, and why it is not.
 */
#ifndef PLAY_DRILL_DIED_H
#define PLAY_DRILL_DIED_H

#include "play/verb.h"

/* In the run's folder.  By other names: whoever looks for the real ones must not find them. */
#define DRILL_ETCD "tool/drill-etcd"
#define DRILL_SERVER "tool/drill-apiserver"

/*
 * After something failed with err.  True: the drill's etcd, or with `server` its API server, runs no more; err tells that now, by its
 * last words or, when the kernel killed it for want of memory, that, and what to do.  False: both run, or it cannot be seen; err
 * stays.
 */
bool drill_died(struct node *node, const struct play_ctx *ctx, bool server, struct err *err);

#endif
