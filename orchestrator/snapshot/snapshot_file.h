/*
 * snapshot_file: a snapshot in a local file, in etcdctl's form (the database, then 32 bytes of
 * SHA-256).
 */
#ifndef SNAPSHOT_SNAPSHOT_FILE_H
#define SNAPSHOT_SNAPSHOT_FILE_H

#include "base/err.h"
#include "etcd/bolt.h"

#include <stddef.h>
#include <stdint.h>

struct snapshot_file {
	int fd;             /* open for reading, at offset 0; -1: not open */
	uint64_t size;      /* whole, with the hash */
	uint64_t db_size;   /* size - 32 */
	char sha256[65];    /* of the whole file, hex: what a node must report after the upload */
	char db_sha256[65]; /* of the database: the hash at the end */
	struct bolt_facts facts;
};

/*
 * Opens and proves a file: a regular file, size % 512 == 32, the SHA-256 at its end right, a database of
 * bbolt whose meta agrees with the size.  Reads it once.  -1: FILE (cannot be opened, a directory), CORRUPT
 * (says which of these did not hold, and, for a file without hash, that it looks like a copy of
 * a data dir or a truncated one).
 */
int snapshot_file_open(const char *path, struct snapshot_file *out, struct err *err);
void snapshot_file_close(struct snapshot_file *file);
void snapshot_file_scoped(struct snapshot_file *file);

/*
 * A new snapshot on its way: written to PATH.part (0600, O_EXCL after a stale one is removed), then
 * made durable and renamed.  Unless committed, abort removes every trace.
 */
struct snapshot_writer;
struct snapshot_writer *snapshot_writer_new(const char *path, struct err *err);
int snapshot_writer_add(void *writer, const void *data, size_t len, struct err *err);

/*
 * Proves what was written by its bolt facts (condition: meta.pgid * page size == db_size, revision >=
 * min_revision), fsyncs, renames to PATH, fsyncs the folder.  *sha256 is of the whole file.  On -1
 * (CORRUPT, FILE) nothing is left.
 */
int snapshot_writer_commit(struct snapshot_writer *writer, uint64_t db_size, uint64_t min_revision,
			   struct bolt_facts *facts, char sha256[65], struct err *err);
void snapshot_writer_abort(struct snapshot_writer *writer); /* and frees; NULL is allowed */
void snapshot_writer_scoped(struct snapshot_writer **writer);

/* Writes a small file the same way: PATH.part, 0600, fsync, rename. */
int file_write_durably(const char *path, const void *data, size_t len, struct err *err);

#endif
