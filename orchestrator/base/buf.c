/*
 * buf: see buf.h.
 */
#include "base/buf.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void reserve(struct buf *buf, size_t need)
{
	if (need <= buf->room)
		return;
	size_t room = buf->room ? buf->room : 256;
	while (room < need)
		room *= 2;
	if (buf->secret) { /* realloc could leave a copy behind */
		char *data = mem_alloc(room);
		if (buf->len)
			memcpy(data, buf->data, buf->len);
		if (buf->data)
			mem_wipe(buf->data, buf->room);
		free(buf->data);
		buf->data = data;
	} else {
		buf->data = mem_grow(buf->data, room);
	}
	buf->room = room;
}

int buf_add(struct buf *buf, const void *data, size_t len)
{
	if (len > buf->max || buf->len > buf->max - len)
		return -1;
	reserve(buf, buf->len + len + 1);
	if (len)
		memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
	return 0;
}

int buf_adds(struct buf *buf, const char *text)
{
	return buf_add(buf, text, strlen(text));
}

int buf_addf(struct buf *buf, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0 || (size_t)len > buf->max || buf->len > buf->max - (size_t)len)
		return -1;
	reserve(buf, buf->len + (size_t)len + 1);
	va_start(ap, fmt);
	vsnprintf(buf->data + buf->len, (size_t)len + 1, fmt, ap);
	va_end(ap);
	buf->len += (size_t)len;
	return 0;
}

const char *buf_str(const struct buf *buf)
{
	return buf->data ? buf->data : "";
}

void buf_clear(struct buf *buf)
{
	if (buf->secret && buf->data)
		mem_wipe(buf->data, buf->room);
	buf->len = 0;
	if (buf->data)
		buf->data[0] = '\0';
}

void buf_drop(struct buf *buf, size_t n)
{
	if (n == 0)
		return;
	memmove(buf->data, buf->data + n, buf->len - n);
	buf->len -= n;
	buf->data[buf->len] = '\0';
}

void buf_trim(struct buf *buf)
{
	while (buf->len && memchr(" \t\r\n", buf->data[buf->len - 1], 4))
		buf->data[--buf->len] = '\0';
}

void buf_release(struct buf *buf)
{
	if (buf->secret && buf->data)
		mem_wipe(buf->data, buf->room);
	free(buf->data);
	buf->data = NULL;
	buf->len = 0;
	buf->room = 0;
}

void buf_scoped(struct buf *buf)
{
	buf_release(buf);
}
