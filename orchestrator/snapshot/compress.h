/*
 * compress: the stages that make a stream smaller, and larger again: zstd (RFC 8878) and gzip (RFC 1952).
 */
#ifndef SNAPSHOT_COMPRESS_H
#define SNAPSHOT_COMPRESS_H

#include "snapshot/stream.h"

#include <stdint.h>

enum compress_kind { COMPRESS_NONE, COMPRESS_ZSTD, COMPRESS_GZIP };

struct compress_choice {
	enum compress_kind kind;
	int level; /* zstd 1 to 19, gzip 1 to 9 */
};

/* "none", "zstd", "zstd:1" to "zstd:19", "gzip", "gzip:1" to "gzip:9".  -1: USAGE. */
int compress_parse(const char *text, struct compress_choice *out, struct err *err);

/*
 * A stage that compresses into `next` (borrowed).  A zstd frame carries its checksum.  Needs at most 8 MiB up to level 9,
 * 32 MiB at 19.  The caller frees it by the function of its kind; NULL is allowed there.
 */
struct sink *zstd_pack(int level, struct sink *next);
void zstd_pack_free(struct sink *sink);
struct sink *gzip_pack(int level, struct sink *next);
void gzip_pack_free(struct sink *sink);

/*
 * A stage that gives `next` what was compressed.  More than max bytes are an error: a small file may stand for a very large
 * one.  So are damage, an end in the middle, and bytes after the end that are no further frame (CORRUPT).  zstd windows over
 * 128 MiB are refused.
 */
struct sink *zstd_unpack(uint64_t max, struct sink *next);
void zstd_unpack_free(struct sink *sink);
struct sink *gzip_unpack(uint64_t max, struct sink *next);
void gzip_unpack_free(struct sink *sink);

#endif
