/*
 * snapshot_file: see snapshot_file.h.
 */
#include "snapshot/snapshot_file.h"

#include "base/digest.h"
#include "base/mem.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HASH_SIZE = 32, CHUNK = 1024 * 1024 };

/* One pass: the sum of the database, and of the whole file, which goes on from there. */
static int read_sums(const char *path, struct snapshot_file *file, uint8_t tail[HASH_SIZE],
		     uint8_t db_sum[SHA256_SIZE], struct err *err)
{
	scoped(mem) char *chunk = mem_alloc(CHUNK);
	struct digest *whole = digest_sha256_begin(), *db;
	uint8_t sum[SHA256_SIZE];
	uint64_t at = 0;
	ssize_t n = 0;

	for (; at < file->db_size; at += (uint64_t)n) {
		uint64_t left = file->db_size - at;
		n = pread(file->fd, chunk, left < CHUNK ? (size_t)left : CHUNK, (off_t)at);
		if (n <= 0)
			break;
		digest_add(whole, chunk, (size_t)n);
	}
	db = digest_copy(whole);
	if (at == file->db_size) {
		n = pread(file->fd, tail, HASH_SIZE, (off_t)at);
		if (n > 0)
			digest_add(whole, tail, (size_t)n);
	}
	digest_end(db, db_sum);
	digest_end(whole, sum);
	digest_hex(db_sum, sizeof(sum), file->db_sha256);
	digest_hex(sum, sizeof(sum), file->sha256);
	if (n < 0)
		return err_errno(err, ERR_FILE, "%s", path);
	if (at != file->db_size || n != HASH_SIZE)
		return err_set(err, ERR_FILE, "%s changes while it is read", path);
	return 0;
}

static int check_regular(const char *path, struct snapshot_file *file, struct err *err)
{
	struct stat st;

	if (file->fd < 0 || fstat(file->fd, &st))
		return err_errno(err, ERR_FILE, "cannot open %s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_FILE, "%s is %s", path,
			       S_ISDIR(st.st_mode) ? "a directory, not a snapshot"
						   : "no regular file");
	file->size = (uint64_t)st.st_size;
	return 0;
}

static int prove(const char *path, struct snapshot_file *file, struct err *err)
{
	uint8_t tail[HASH_SIZE], sum[SHA256_SIZE];

	if (file->size < 1024 + HASH_SIZE || file->size % 512 != HASH_SIZE) {
		err_set(err, ERR_CORRUPT, "%s has no hash at its end (%llu bytes)", path,
			(unsigned long long)file->size);
		return err_hint(err, "it is truncated, or a copy of a data dir's member/snap/db, "
				     "in which nothing can be verified; take a snapshot with this "
				     "program or with etcdctl snapshot save");
	}
	file->db_size = file->size - HASH_SIZE;
	if (read_sums(path, file, tail, sum, err))
		return -1;
	if (memcmp(tail, sum, sizeof(sum)) != 0) {
		err_set(err, ERR_CORRUPT, "%s is damaged: its SHA-256 is not the one at its end",
			path);
		return err_hint(err,
				"use another snapshot; this one cannot be trusted in any part");
	}
	if (bolt_facts(file->fd, file->db_size, &file->facts, err))
		return err_in(err, "%s", path);
	return 0;
}

int snapshot_file_open(const char *path, struct snapshot_file *out, struct err *err)
{
	/* not to wait for ever for the other end of a pipe */
	return snapshot_file_take(open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), path, out, err);
}

int snapshot_file_take(int fd, const char *path, struct snapshot_file *out, struct err *err)
{
	struct snapshot_file file = { .fd = fd };

	if (check_regular(path, &file, err) || prove(path, &file, err)) {
		snapshot_file_close(&file);
		return -1;
	}
	*out = file;
	return 0;
}

void snapshot_file_close(struct snapshot_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

void snapshot_file_scoped(struct snapshot_file *file)
{
	snapshot_file_close(file);
}
