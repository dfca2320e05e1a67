/*
 * snapshot_writer: see snapshot_file.h.  Beside, proved, durable, then renamed: a snapshot under its own name
 * is always whole.
 */
#include "base/digest.h"
#include "base/mem.h"
#include "snapshot/snapshot_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct snapshot_writer {
	char *path, *part;
	int fd;
	struct digest *digest;
};

static int open_part(const char *path, const char *part, struct err *err)
{
	struct stat st;

	if (!lstat(path, &st)) {
		err_set(err, ERR_FILE, "%s is there already", path);
		return err_hint(err, "a snapshot is never overwritten: choose another name");
	}
	if (!lstat(part, &st) && S_ISREG(st.st_mode))
		unlink(part); /* left by a run that was killed */
	int fd = open(part, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_errno(err, ERR_FILE, "cannot make %s", part);
	return fd;
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

/* To its name, unless somebody has taken that meanwhile. */
static int into_place(const char *part, const char *path, struct err *err)
{
	if (renameat2(AT_FDCWD, part, AT_FDCWD, path, RENAME_NOREPLACE)) {
		/* a file system without that flag: link(2) fails just so */
		if (errno != EINVAL && errno != ENOSYS)
			return err_errno(err, ERR_FILE, "cannot make %s", path);
		if (link(part, path) || unlink(part))
			return err_errno(err, ERR_FILE, "cannot make %s", path);
	}
	return sync_folder_of(path, err);
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

int snapshot_writer_commit(struct snapshot_writer *writer, uint64_t db_size, uint64_t min_revision,
			   struct bolt_facts *facts, char sha256[65], struct err *err)
{
	uint8_t sum[SHA256_SIZE];
	struct bolt_facts found;

	if (bolt_facts(writer->fd, db_size, &found, err))
		return -1;
	if (found.revision < min_revision)
		return err_set(err, ERR_CORRUPT,
			       "the snapshot has revision %llu, and the cluster was at %llu before "
			       "it began",
			       (unsigned long long)found.revision,
			       (unsigned long long)min_revision);
	if (fsync(writer->fd))
		return err_errno(err, ERR_FILE, "%s", writer->part);
	digest_end(writer->digest, sum);
	writer->digest = NULL;
	if (into_place(writer->part, writer->path, err))
		return -1;
	close(writer->fd);
	writer->fd = -1;
	digest_hex(sum, sizeof(sum), sha256);
	*facts = found;
	return 0;
}

void snapshot_writer_abort(struct snapshot_writer *writer)
{
	if (!writer)
		return;
	if (writer->fd >= 0) {
		close(writer->fd);
		unlink(writer->part);
	}
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
	if (write_all(fd, data, len, part, err) ||
	    (fsync(fd) && err_errno(err, ERR_FILE, "%s", part)) || into_place(part, path, err)) {
		unlink(part);
		return -1;
	}
	return 0;
}
