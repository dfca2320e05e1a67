/*
 * stream: a chain of stages through which a snapshot goes, from etcd to its store and back.  Bytes are pushed: a
 * stage's write returns when the next has taken what it made of them, so the slowest stage sets the pace and no
 * stage holds more than its own small buffer.  Where two stages shall work at the same time a relay lies between them: its
 * write returns before the next has taken it, and what failed there is told later.
 */
#ifndef SNAPSHOT_STREAM_H
#define SNAPSHOT_STREAM_H

#include "base/err.h"

#include <stddef.h>

/*
 * One stage.  A stage's own struct has this as its first member.  After -1 from either function nothing more is
 * given to it but its own free; `end` is called once, after the last byte, and passes the end on to the next stage.
 * Until `end` has returned 0 what was written does not exist for anybody else.
 */
struct sink {
	int (*write)(struct sink *sink, const void *data, size_t len, struct err *err);
	int (*end)(struct sink *sink, struct err *err);
};

static inline int sink_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	return sink->write(sink, data, len, err);
}

static inline int sink_end(struct sink *sink, struct err *err)
{
	return sink->end(sink, err);
}

#endif
