/*
 * snapshot_writer: see snapshot_file.h.  Beside, proved, durable, then renamed: a snapshot under its own name
 * is always whole.
 */
#include "base/digest.h"
#include "base/mem.h"
#include "snapshot/snapshot_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct snapshot_writer {
	char *path, *part;
	int fd;
	struct digest *digest;
};

/* A part that nobody has locked was left by a run that was killed. */
static int remove_stale(const char *part, struct err *err)
{
	scoped(fd) int fd = open(part, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return errno == ENOENT ? 0 : err_errno(err, ERR_FILE, "%s", part);
	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return err_set(err, ERR_FILE, "%s is in the way, and it is no regular file", part);
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		err_set(err, ERR_FILE, "%s is being written by another process", part);
		return err_hint(err, "wait for it, or choose another name");
	}
	if (unlink(part))
		return err_errno(err, ERR_FILE, "cannot remove %s", part);
	return 0;
}

static int open_part(const char *path, const char *part, struct err *err)
{
	struct stat st;

	if (!lstat(path, &st)) {
		err_set(err, ERR_FILE, "%s is there already", path);
		return err_hint(err, "a snapshot is never overwritten: choose another name");
	}
	if (remove_stale(part, err))
		return -1;
	int fd = open(part, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_errno(err, ERR_FILE, "cannot make %s", part);
	if (!flock(fd, LOCK_EX | LOCK_NB))
		return fd;
	err_errno(err, ERR_FILE, "cannot lock %s", part);
	close(fd);
	return -1;
}

/* Whether the name is still that of our file, and not of another process's. */
static bool is_ours(int fd, const char *part)
{
	struct stat ours, there;

	return !fstat(fd, &ours) && !lstat(part, &there) && ours.st_ino == there.st_ino &&
	       ours.st_dev == there.st_dev;
}

static int write_all(int fd, const void *data, size_t len, const char *part, struct err *err)
{
	for (size_t at = 0; at < len;) {
		ssize_t n = write(fd, (const char *)data + at, len - at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, ERR_FILE, "%s", part);
		at += (size_t)n;
	}
	return 0;
}

static int sync_folder_of(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	scoped(mem) char *folder =
		slash ? mem_printf("%.*s", slash == path ? 1 : (int)(slash - path), path)
		      : mem_strdup(".");
	scoped(fd) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd))
		return err_errno(err, ERR_FILE, "%s", folder);
	return 0;
}

/* Durable, and to its name, unless somebody has taken that meanwhile.  On -1 neither name is left. */
static int into_place(int fd, const char *part, const char *path, struct err *err)
{
	if (fsync(fd))
		return err_errno(err, ERR_FILE, "%s", part);
	if (!is_ours(fd, part))
		return err_set(err, ERR_FILE, "another process has replaced %s", part);
	if (renameat2(AT_FDCWD, part, AT_FDCWD, path, RENAME_NOREPLACE)) {
		/* a file system without that flag: link(2) fails just so */
		if (errno != EINVAL && errno != ENOSYS)
			return err_errno(err, ERR_FILE, "cannot make %s", path);
		if (link(part, path) || unlink(part))
			return err_errno(err, ERR_FILE, "cannot make %s", path);
	}
	if (!sync_folder_of(path, err))
		return 0;
	unlink(path);
	return -1;
}

struct snapshot_writer *snapshot_writer_new(const char *path, struct err *err)
{
	struct snapshot_writer *writer = mem_zalloc(sizeof(*writer));

	writer->path = mem_strdup(path);
	writer->part = mem_printf("%s.part", path);
	writer->digest = digest_sha256_begin();
	writer->fd = open_part(path, writer->part, err);
	if (writer->fd >= 0)
		return writer;
	snapshot_writer_abort(writer);
	return NULL;
}

int snapshot_writer_add(void *arg, const void *data, size_t len, struct err *err)
{
	struct snapshot_writer *writer = arg;

	digest_add(writer->digest, data, len);
	return write_all(writer->fd, data, len, writer->part, err);
}

static int commit(struct snapshot_writer *writer, uint64_t db_size, uint64_t min_revision,
		  struct bolt_facts *facts, char sha256[65], struct err *err)
{
	uint8_t sum[SHA256_SIZE];
	struct bolt_facts found;
	struct stat st;

	if (fstat(writer->fd, &st))
		return err_errno(err, ERR_FILE, "%s", writer->part);
	if ((uint64_t)st.st_size != db_size + SHA256_SIZE)
		return err_set(err, ERR_CORRUPT,
			       "%lld bytes were written, and a database of %llu came",
			       (long long)st.st_size, (unsigned long long)db_size);
	if (bolt_facts(writer->fd, db_size, &found, err))
		return -1;
	if (found.revision < min_revision)
		return err_set(err, ERR_CORRUPT,
			       "the snapshot has revision %llu, and the cluster was at %llu before "
			       "it began",
			       (unsigned long long)found.revision,
			       (unsigned long long)min_revision);
	digest_end(writer->digest, sum);
	writer->digest = NULL;
	if (into_place(writer->fd, writer->part, writer->path, err))
		return -1;
	close(writer->fd);
	writer->fd = -1;
	digest_hex(sum, sizeof(sum), sha256);
	*facts = found;
	return 0;
}

/* Forgets the file that was begun; nothing when it was committed or never begun. */
static void drop(struct snapshot_writer *writer)
{
	if (writer->fd < 0)
		return;
	if (is_ours(writer->fd, writer->part))
		unlink(writer->part);
	close(writer->fd);
	writer->fd = -1;
}

int snapshot_writer_commit(struct snapshot_writer *writer, uint64_t db_size, uint64_t min_revision,
			   struct bolt_facts *facts, char sha256[65], struct err *err)
{
	if (!commit(writer, db_size, min_revision, facts, sha256, err))
		return 0;
	drop(writer);
	return -1;
}

void snapshot_writer_abort(struct snapshot_writer *writer)
{
	if (!writer)
		return;
	drop(writer);
	digest_free(writer->digest);
	free(writer->path);
	free(writer->part);
	free(writer);
}

void snapshot_writer_scoped(struct snapshot_writer **writer)
{
	snapshot_writer_abort(*writer);
}

int file_write_durably(const char *path, const void *data, size_t len, struct err *err)
{
	scoped(mem) char *part = mem_printf("%s.part", path);
	scoped(fd) int fd = open_part(path, part, err);

	if (fd < 0)
		return -1;
	if (!write_all(fd, data, len, part, err) && !into_place(fd, part, path, err))
		return 0;
	if (is_ours(fd, part))
		unlink(part);
	return -1;
}
