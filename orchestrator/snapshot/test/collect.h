/*
 * collect: the end of a chain in a test: keeps what came, in the order it came.
 */
#ifndef SNAPSHOT_TEST_COLLECT_H
#define SNAPSHOT_TEST_COLLECT_H

#include "base/buf.h"
#include "snapshot/stream.h"

struct collect {
	struct sink sink;
	struct buf got;
	bool ended;
};

static inline int collect_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	struct collect *c = (struct collect *)sink;

	return buf_add(&c->got, data, len) ? err_set(err, ERR_BUG, "too much for the test") : 0;
}

static inline int collect_end(struct sink *sink, struct err *err)
{
	struct collect *c = (struct collect *)sink;

	if (c->ended)
		return err_set(err, ERR_BUG, "ended twice");
	c->ended = true;
	return 0;
}

static inline struct collect collect_new(size_t max)
{
	return (struct collect){ .sink = { collect_write, collect_end }, .got = BUF_INIT(max) };
}

#endif
