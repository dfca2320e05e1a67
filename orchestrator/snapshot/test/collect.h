/*
 * collect: the last stage of a stream in tests: keeps what comes.
 */
#ifndef SNAPSHOT_TEST_COLLECT_H
#define SNAPSHOT_TEST_COLLECT_H

#include "base/buf.h"
#include "snapshot/stream.h"

struct collect {
	struct sink sink;
	struct buf got;
	int ended; /* how often */
};

static inline int collect_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	struct collect *collect = (struct collect *)sink;

	if (buf_add(&collect->got, data, len))
		return err_set(err, ERR_FILE, "the disk is full");
	return 0;
}

static inline int collect_end(struct sink *sink, struct err *err)
{
	(void)err;
	((struct collect *)sink)->ended++;
	return 0;
}

static inline void collect_init(struct collect *collect, size_t max)
{
	*collect =
		(struct collect){ .sink = { collect_write, collect_end }, .got = { .max = max } };
}

static inline struct collect collect_new(size_t max)
{
	struct collect collect;

	collect_init(&collect, max);
	return collect;
}

static inline void collect_scoped(struct collect *collect)
{
	buf_release(&collect->got);
}

#endif
