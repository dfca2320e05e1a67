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

/* The same of an open regular file (or memory), which `out` takes over, on failure, too; `name` is for messages. */
int snapshot_file_take(int fd, const char *name, struct snapshot_file *out, struct err *err);
void snapshot_file_close(struct snapshot_file *file);
void snapshot_file_scoped(struct snapshot_file *file);

#endif
