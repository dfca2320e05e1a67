/*
 * gzip_stage: gzip in a stream.  See compress.h.
 */
#include "base/mem.h"
#include "snapshot/compress.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <zlib.h>

enum { ROOM = 64 * 1024, GZIP_WINDOW = 15 + 16 };

struct gzip {
	struct sink sink;
	struct sink *next;
	z_stream z;
	uint64_t max, given;
	bool between; /* unpacking: a member has ended and no other has begun */
	unsigned char room[ROOM];
};

/* zlib counts in unsigned int: more than that is given in turns */
static size_t take(struct gzip *g, const unsigned char *data, size_t len)
{
	size_t now = len < INT_MAX ? len : INT_MAX;

	g->z.next_in = (unsigned char *)(uintptr_t)data;
	g->z.avail_in = (unsigned)now;
	return now;
}

static int pack_some(struct gzip *g, int how, struct err *err)
{
	int rc;

	do {
		g->z.next_out = g->room;
		g->z.avail_out = ROOM;
		rc = deflate(&g->z, how);
		if (rc == Z_STREAM_ERROR)
			return err_set(err, ERR_BUG, "gzip: %s", g->z.msg ? g->z.msg : "bad state");
		if (g->z.avail_out < ROOM &&
		    sink_write(g->next, g->room, ROOM - g->z.avail_out, err))
			return -1;
	} while (how == Z_FINISH ? rc != Z_STREAM_END : g->z.avail_in > 0 || !g->z.avail_out);
	return 0;
}

static int pack_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	struct gzip *g = (struct gzip *)sink;
	const unsigned char *at = data;

	while (len) {
		size_t now = take(g, at, len);
		if (pack_some(g, Z_NO_FLUSH, err))
			return -1;
		at += now;
		len -= now;
	}
	return 0;
}

static int pack_end(struct sink *sink, struct err *err)
{
	struct gzip *g = (struct gzip *)sink;

	take(g, NULL, 0);
	if (pack_some(g, Z_FINISH, err))
		return -1;
	return sink_end(g->next, err);
}

static struct gzip *gzip_new(struct sink *next)
{
	struct gzip *g = mem_zalloc(sizeof(*g));

	g->next = next;
	return g;
}

struct sink *gzip_pack(int level, struct sink *next)
{
	struct gzip *g = gzip_new(next);

	g->sink = (struct sink){ pack_write, pack_end };
	if (deflateInit2(&g->z, level, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		abort(); /* out of memory, as everywhere */
	return &g->sink;
}

void gzip_pack_free(struct sink *sink)
{
	struct gzip *g = (struct gzip *)sink;

	if (!g)
		return;
	deflateEnd(&g->z);
	mem_wipe(g->room, ROOM);
	free(g);
}

/* One turn of inflate: what came out goes on. */
static int unpack_some(struct gzip *g, struct err *err)
{
	g->z.next_out = g->room;
	g->z.avail_out = ROOM;
	int rc = inflate(&g->z, Z_NO_FLUSH);
	if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
		return err_set(err, ERR_CORRUPT,
			       "the gzip stream is damaged after %llu bytes of content: %s",
			       (unsigned long long)g->given, g->z.msg ? g->z.msg : "not gzip");
	g->between = rc == Z_STREAM_END;
	g->given += ROOM - g->z.avail_out;
	if (g->given > g->max)
		return err_set(err, ERR_CORRUPT,
			       "the gzip stream has more than the %llu bytes expected",
			       (unsigned long long)g->max);
	return g->z.avail_out < ROOM ? sink_write(g->next, g->room, ROOM - g->z.avail_out, err) : 0;
}

static int unpack_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	struct gzip *g = (struct gzip *)sink;
	const unsigned char *at = data;

	while (len) {
		size_t now = take(g, at, len);
		do {
			if (g->between && g->z.avail_in && inflateReset(&g->z) != Z_OK)
				return err_set(err, ERR_BUG, "gzip: cannot begin again");
			if (unpack_some(g, err))
				return -1;
		} while (g->z.avail_in || (!g->z.avail_out && !g->between));
		at += now;
		len -= now;
	}
	return 0;
}

static int unpack_end(struct sink *sink, struct err *err)
{
	struct gzip *g = (struct gzip *)sink;

	if (!g->between)
		return err_set(err, ERR_CORRUPT,
			       "the gzip stream ends in the middle, after %llu bytes of content",
			       (unsigned long long)g->given);
	return sink_end(g->next, err);
}

struct sink *gzip_unpack(uint64_t max, struct sink *next)
{
	struct gzip *g = gzip_new(next);

	g->sink = (struct sink){ unpack_write, unpack_end };
	g->max = max;
	if (inflateInit2(&g->z, GZIP_WINDOW) != Z_OK)
		abort(); /* out of memory, as everywhere */
	return &g->sink;
}

void gzip_unpack_free(struct sink *sink)
{
	struct gzip *g = (struct gzip *)sink;

	if (!g)
		return;
	inflateEnd(&g->z);
	mem_wipe(g->room, ROOM);
	free(g);
}
