/*
 * buf: a byte buffer that is born with the size at which it is too big.  Always NUL-terminated
 * after the contents, so that text in it can be used as a string.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *data; /* NULL while nothing was ever added */
	size_t len;
	size_t room;
	size_t max;
	bool secret; /* wiped on release and when it moves */
};

#define BUF_INIT(limit)        \
	{                      \
		.max = (limit) \
	}
#define BUF_SECRET(limit)                      \
	{                                      \
		.max = (limit), .secret = true \
	}

/* Adds bytes.  -1 when the maximum would be passed; the buffer is then as it was. */
int buf_add(struct buf *buf, const void *data, size_t len);
int buf_adds(struct buf *buf, const char *text);
int buf_addf(struct buf *buf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The contents as a string; "" when empty.  Valid until the next change. */
const char *buf_str(const struct buf *buf);

void buf_clear(struct buf *buf);          /* empty, memory kept (wiped when secret) */
void buf_drop(struct buf *buf, size_t n); /* forgets the first n bytes */
void buf_trim(struct buf *buf);           /* cuts white space at the end */
void buf_release(struct buf *buf);        /* frees; the buffer is empty and usable again */
void buf_scoped(struct buf *buf);

#endif
