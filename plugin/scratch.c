/*
 * scratch: see scratch.h.
 */
#include "plugin/scratch.h"

#include "base/file.h"
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static const char PREFIX[] = "etcd-backup-drill-";

enum { OPEN_AT_ONCE = 16, AGAIN = 5 };

static const unsigned long TMPFS = 0x01021994, RAMFS = 0x858458f6; /* linux/magic.h */

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static int remove_tree(const char *path)
{
	return nftw(path, remove_one, OPEN_AT_ONCE, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* Of this user, private, and nobody holds its lock. */
static void remove_if_left(int parent, const char *parent_path, const char *name)
{
	scoped(fd) int fd =
		openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) || st.st_uid != geteuid() || (st.st_mode & 077) ||
	    flock(fd, LOCK_EX | LOCK_NB))
		return;
	scoped(mem) char *path = mem_printf("%s/%s", parent_path, name);
	remove_tree(path);
}

static void sweep(const char *parent)
{
	DIR *dir = opendir(parent);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (strncmp(entry->d_name, PREFIX, sizeof(PREFIX) - 1) == 0)
			remove_if_left(dirfd(dir), parent, entry->d_name);
	if (dir)
		closedir(dir);
}

/* Between making and locking another run may take it for one that was left: *gone. */
static int make_one(const char *parent, struct scratch *out, bool *gone, struct err *err)
{
	struct scratch s = { .path = mem_printf("%s/%sXXXXXX", parent, PREFIX), .fd = -1 };
	struct stat st;

	if (!mkdtemp(s.path)) {
		err_errno(err, ERR_FILE, "cannot make a scratch folder in %s", parent);
		free(s.path);
		return err_hint(err, "give one that you may write into with --scratch DIR");
	}
	s.fd = open(s.path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	*gone = s.fd < 0 || flock(s.fd, LOCK_EX) || fstat(s.fd, &st) || st.st_nlink == 0;
	if (*gone) {
		if (s.fd >= 0)
			close(s.fd);
		free(s.path);
		return 0;
	}
	*out = s;
	return 0;
}

int scratch_make(const char *parent, struct scratch *out, struct err *err)
{
	bool gone = true;
	scoped(mem) char *real = realpath(parent, NULL);

	if (!real)
		return err_errno(err, ERR_FILE, "scratch folder %s", parent);
	sweep(real);
	for (int i = 0; i < AGAIN && gone; i++)
		if (make_one(real, out, &gone, err))
			return -1;
	return gone ? err_set(err, ERR_FILE,
			      "cannot make a scratch folder in %s: it is removed at "
			      "once",
			      real)
		    : 0;
}

int scratch_room(const struct scratch *scratch, uint64_t *free_bytes, bool *memory, struct err *err)
{
	struct statfs st;

	if (fstatfs(scratch->fd, &st))
		return err_errno(err, ERR_FILE, "%s", scratch->path);
	*free_bytes = (uint64_t)st.f_bavail * (uint64_t)st.f_bsize;
	*memory = (unsigned long)st.f_type == TMPFS || (unsigned long)st.f_type == RAMFS;
	return 0;
}

int scratch_write(const struct scratch *scratch, const char *name, const void *data, size_t len,
		  struct err *err)
{
	scoped(fd) int fd = openat(scratch->fd, name,
				   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	return fd < 0 || file_write(fd, data, len)
		       ? err_errno(err, ERR_FILE, "%s/%s", scratch->path, name)
		       : 0;
}

int scratch_remove(struct scratch *scratch, struct err *err)
{
	int failed = 0;

	if (!scratch->path)
		return 0;
	if (remove_tree(scratch->path)) {
		failed = err_errno(err, ERR_FILE, "cannot remove %s", scratch->path);
		err_hint(err, "it holds the cluster's data in plain text: remove it by hand");
	}
	close(scratch->fd);
	free(scratch->path);
	*scratch = (struct scratch){ .fd = -1 };
	return failed;
}

void scratch_scoped(struct scratch *scratch)
{
	struct err ignored = ERR_INIT;

	scratch_remove(scratch, &ignored);
}
