/*
 * relay: a stage with a thread of its own.  What is written to it goes on to the next stage in that thread, so that what
 * lies before it (the network) and what lies behind it (compression, the store) work at the same time.
 */
#ifndef SNAPSHOT_RELAY_H
#define SNAPSHOT_RELAY_H

#include "snapshot/stream.h"

enum { RELAY_ROOM = 512 * 1024 }; /* bytes that may wait in it */

/*
 * `next` is borrowed, and used by the relay's thread alone until the relay's `end` has returned, or until relay_free.
 * Its error comes back from the next write to the relay, or from its end; both may wait for `next`, which must know
 * itself when to give up.  NULL: FILE, no thread could be started.
 */
struct sink *relay_new(struct sink *next, struct err *err);

/* Waits for what `next` is doing and gives it nothing more.  Before `next` is freed.  NULL is allowed. */
void relay_free(struct sink *relay);

#endif
