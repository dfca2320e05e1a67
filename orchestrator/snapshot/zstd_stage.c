/*
 * zstd_stage: zstd in a stream.  See compress.h.
 */
#include "base/mem.h"
#include "snapshot/compress.h"

#include <stdbool.h>
#include <stdlib.h>
#include <zstd.h>

struct pack {
	struct sink sink;
	struct sink *next;
	ZSTD_CCtx *ctx;
	char *room;
	size_t room_size;
};

static int pack_some(struct pack *pack, ZSTD_inBuffer *in, ZSTD_EndDirective how, struct err *err)
{
	size_t left;

	do {
		ZSTD_outBuffer out = { pack->room, pack->room_size, 0 };
		left = ZSTD_compressStream2(pack->ctx, &out, in, how);
		if (ZSTD_isError(left))
			return err_set(err, ERR_BUG, "zstd: %s", ZSTD_getErrorName(left));
		if (out.pos && sink_write(pack->next, pack->room, out.pos, err))
			return -1;
	} while (how == ZSTD_e_end ? left != 0 : in->pos < in->size);
	return 0;
}

static int pack_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	ZSTD_inBuffer in = { data, len, 0 };

	return pack_some((struct pack *)sink, &in, ZSTD_e_continue, err);
}

static int pack_end(struct sink *sink, struct err *err)
{
	struct pack *pack = (struct pack *)sink;
	ZSTD_inBuffer in = { NULL, 0, 0 };

	if (pack_some(pack, &in, ZSTD_e_end, err))
		return -1;
	return sink_end(pack->next, err);
}

struct sink *zstd_pack(int level, struct sink *next)
{
	struct pack *pack = mem_zalloc(sizeof(*pack));

	pack->sink = (struct sink){ pack_write, pack_end };
	pack->next = next;
	pack->ctx = ZSTD_createCCtx();
	if (!pack->ctx)
		abort(); /* out of memory, as everywhere */
	ZSTD_CCtx_setParameter(pack->ctx, ZSTD_c_compressionLevel, level);
	ZSTD_CCtx_setParameter(pack->ctx, ZSTD_c_checksumFlag, 1);
	pack->room_size = ZSTD_CStreamOutSize();
	pack->room = mem_alloc(pack->room_size);
	return &pack->sink;
}

void zstd_pack_free(struct sink *sink)
{
	struct pack *pack = (struct pack *)sink;

	if (!pack)
		return;
	ZSTD_freeCCtx(pack->ctx);
	mem_wipe(pack->room, pack->room_size);
	free(pack->room);
	free(pack);
}

struct unpack {
	struct sink sink;
	struct sink *next;
	ZSTD_DCtx *ctx;
	uint64_t max, given;
	bool between; /* a frame has ended and no other has begun */
	char *room;
	size_t room_size;
};

static int unpack_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	struct unpack *u = (struct unpack *)sink;
	ZSTD_inBuffer in = { data, len, 0 };
	bool full = false;

	while (in.pos < in.size || full) {
		ZSTD_outBuffer out = { u->room, u->room_size, 0 };
		size_t rc = ZSTD_decompressStream(u->ctx, &out, &in);
		if (ZSTD_isError(rc))
			return err_set(err, ERR_CORRUPT,
				       "the zstd stream is damaged after %llu bytes of content: %s",
				       (unsigned long long)u->given, ZSTD_getErrorName(rc));
		u->given += out.pos;
		if (u->given > u->max)
			return err_set(err, ERR_CORRUPT,
				       "the zstd stream has more than the %llu bytes expected",
				       (unsigned long long)u->max);
		if (out.pos && sink_write(u->next, u->room, out.pos, err))
			return -1;
		u->between = rc == 0;
		full = out.pos == out.size && rc != 0;
	}
	return 0;
}

static int unpack_end(struct sink *sink, struct err *err)
{
	struct unpack *u = (struct unpack *)sink;

	if (!u->between)
		return err_set(err, ERR_CORRUPT,
			       "the zstd stream ends in the middle, after %llu bytes of content",
			       (unsigned long long)u->given);
	return sink_end(u->next, err);
}

struct sink *zstd_unpack(uint64_t max, struct sink *next)
{
	enum { WINDOW_LOG_MAX = 27 };
	struct unpack *u = mem_zalloc(sizeof(*u));

	u->sink = (struct sink){ unpack_write, unpack_end };
	u->next = next;
	u->max = max;
	u->ctx = ZSTD_createDCtx();
	if (!u->ctx)
		abort(); /* out of memory, as everywhere */
	ZSTD_DCtx_setParameter(u->ctx, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
	u->room_size = ZSTD_DStreamOutSize();
	u->room = mem_alloc(u->room_size);
	return &u->sink;
}

void zstd_unpack_free(struct sink *sink)
{
	struct unpack *u = (struct unpack *)sink;

	if (!u)
		return;
	ZSTD_freeDCtx(u->ctx);
	mem_wipe(u->room, u->room_size);
	free(u->room);
	free(u);
}
