/*
 * store_dir: a store that is a directory.  A new object is written beside, made durable, and then gets its name by a
 * call that fails when there is one: an object under its own name is always whole, and never changes.  What replaces is
 * the same, but for that call.
 */
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 256 * 1024 };

struct dir_store {
	char *path;
	int cancel_fd;
	bool swept; /* looked for what killed runs have left */
};

struct dir_put {
	struct dir_store *store;
	int folder, fd; /* -1: none */
	char *name, *part;
	bool replaces;
	bool named; /* under its name, and not yet known to be durable */
	bool done;
};

/* As err_errno, with "directory/name: " in front, and what to do when the disk is full. */
static int failed(const struct dir_store *store, const char *name, const char *what,
		  struct err *err)
{
	int why = errno;

	err_errno(err, ERR_STORE, "%s/%s: %s", store->path, name, what);
	if (why == ENOSPC)
		return err_hint(err,
				"make room on the file system of %s (df -h, df -i), or choose "
				"another store",
				store->path);
	if (why == EDQUOT)
		return err_hint(err,
				"the quota of the owner of %s is used up: remove files or "
				"have it raised",
				store->path);
	return -1;
}

static int exists_already(const struct dir_store *store, const char *name, struct err *err)
{
	err_set(err, ERR_STORE, "%s/%s exists already", store->path, name);
	return err_hint(err, "an object is never overwritten: choose another name");
}

static int look_for_cancel(const struct dir_store *store, struct err *err)
{
	struct pollfd cancel = { store->cancel_fd, POLLIN, 0 };

	if (store->cancel_fd >= 0 && poll(&cancel, 1, 0) > 0)
		return err_set(err, ERR_CANCELLED, "interrupted");
	return 0;
}

static char *path_of(const char *url, struct err *err)
{
	const char *path = url;

	if (strncmp(url, "file://", 7) != 0)
		return mem_strdup(url);
	path += 7;
	if (strncmp(path, "localhost/", 10) == 0)
		path += 9;
	if (*path != '/') {
		err_set(err, ERR_USAGE, "%s is no store: a host has no place in it", url);
		err_hint(err, "write file:///DIRECTORY, with three slashes, or the path alone");
		return NULL;
	}
	return store_url_decode(path, strlen(path), err);
}

static void *dir_open(const char *url, const struct store_settings *settings, struct err *err)
{
	char *path = path_of(url, err);

	if (!path)
		return NULL;
	for (size_t len = strlen(path); len > 1 && path[len - 1] == '/'; len--)
		path[len - 1] = '\0';
	struct dir_store *store = mem_zalloc(sizeof(*store));
	store->path = path;
	store->cancel_fd = settings->cancel_fd;
	return store;
}

static void dir_close(void *impl)
{
	struct dir_store *store = impl;

	free(store->path);
	free(store);
}

/* Durable: what was done in a folder.  A file system that cannot do this (EINVAL) has nothing better to offer. */
static int sync_folder(int folder)
{
	return fsync(folder) && errno != EINVAL ? -1 : 0;
}

/* The directory's descriptor; -1 and ERR_STORE, with errno as open(2) has left it. */
static int open_folder(const struct dir_store *store, struct err *err)
{
	int fd = open(store->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int why = errno;

	if (fd >= 0)
		return fd;
	err_errno(err, ERR_STORE, "store %s", store->path);
	if (why == ENOENT)
		err_hint(err, "it is made by the first snapshot that is put there; is a disk not "
			      "mounted?");
	errno = why;
	return -1;
}

/* As open_folder, and makes it.  Not its parent: a typing error or a missing mount is not to look like a store. */
static int make_folder(const struct dir_store *store, struct err *err)
{
	int fd = open_folder(store, err);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	if (mkdir(store->path, 0700) && errno != EEXIST) {
		int why = errno;
		err_errno(err, ERR_STORE, "cannot make the directory %s", store->path);
		if (why == ENOENT)
			err_hint(err, "its parent directory does not exist either: check the path "
				      "and what is mounted, or mkdir -p it");
		return -1;
	}
	if (file_sync_folder(store->path))
		return err_errno(err, ERR_STORE, "the directory above %s", store->path);
	return open_folder(store, err);
}

/* What killed runs have left goes; what cannot be removed stays, and is no trouble. */
static void sweep(struct dir_put *put)
{
	int folder = openat(put->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = folder < 0 ? NULL : fdopendir(folder);
	const struct dirent *entry;
	struct stat ours, st;

	put->store->swept = true;
	if (!entries && folder >= 0)
		close(folder);
	if (!entries)
		return;
	/* our part is new: its time is the file system's, which may be another machine's */
	while (!fstat(put->fd, &ours) && (entry = readdir(entries))) {
		if (entry->d_name[0] != '.' ||
		    fstatat(folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) ||
		    !S_ISREG(st.st_mode) ||
		    !store_part_is_left(entry->d_name, (uint64_t)st.st_mtime,
					(uint64_t)ours.st_mtime))
			continue;
		bool gone = !unlinkat(folder, entry->d_name, 0);
		log_at(1, "%s: %s, left by a run that was killed, %s", put->store->path,
		       entry->d_name, gone ? "was removed" : "cannot be removed");
	}
	closedir(entries);
}

static int must_be_new(const struct dir_put *put, struct err *err)
{
	struct stat st;

	if (!fstatat(put->folder, put->name, &st, AT_SYMLINK_NOFOLLOW))
		return exists_already(put->store, put->name, err);
	return errno == ENOENT ? 0 : failed(put->store, put->name, "cannot look for it", err);
}

static int begin(struct dir_put *put, struct err *err)
{
	put->folder = make_folder(put->store, err);
	if (put->folder < 0 || (!put->replaces && must_be_new(put, err)))
		return -1;
	put->fd = openat(put->folder, put->part,
			 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (put->fd < 0)
		return failed(put->store, put->part, "cannot make it", err);
	if (!put->store->swept)
		sweep(put);
	return 0;
}

static void put_free(void *arg)
{
	struct dir_put *put = arg;

	if (put->fd >= 0) {
		if (!put->done)
			unlinkat(put->folder, put->named ? put->name : put->part, 0);
		close(put->fd);
	}
	if (put->folder >= 0)
		close(put->folder);
	free(put->name);
	free(put->part);
	free(put);
}

static void *put_begin(void *impl, const char *name, bool replaces, struct err *err)
{
	struct dir_put *put = mem_zalloc(sizeof(*put));

	put->store = impl;
	put->folder = put->fd = -1;
	put->name = mem_strdup(name);
	put->part = store_part_name(name);
	put->replaces = replaces;
	if (!begin(put, err))
		return put;
	put_free(put);
	return NULL;
}

static int put_write(void *arg, const void *data, size_t len, struct err *err)
{
	struct dir_put *put = arg;

	if (look_for_cancel(put->store, err))
		return -1;
	return file_write(put->fd, data, len) ? failed(put->store, put->name, "cannot write", err)
					      : 0;
}

/* For file systems without RENAME_NOREPLACE.  Over NFS an answer can be lost, and the call that is sent again fails. */
static int link_name(struct dir_put *put)
{
	struct stat ours, there;

	if (linkat(put->folder, put->part, put->folder, put->name, 0)) {
		int why = errno;
		bool linked = !fstat(put->fd, &ours) &&
			      !fstatat(put->folder, put->name, &there, AT_SYMLINK_NOFOLLOW) &&
			      ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
		errno = why;
		if (!linked)
			return -1;
	}
	put->named = true;
	return unlinkat(put->folder, put->part, 0);
}

static int give_name(struct dir_put *put)
{
	if (put->replaces) /* not `named`: the older one has gone, so this one stays whatever comes */
		return renameat(put->folder, put->part, put->folder, put->name);
	if (renameat2(put->folder, put->part, put->folder, put->name, RENAME_NOREPLACE)) {
		if (errno != EINVAL && errno != ENOSYS)
			return -1;
		return link_name(put);
	}
	put->named = true;
	return 0;
}

static int put_end(void *arg, struct err *err)
{
	struct dir_put *put = arg;

	if (look_for_cancel(put->store, err))
		return -1;
	if (fsync(put->fd))
		return failed(put->store, put->name, "cannot make it durable", err);
	if (give_name(put))
		return errno == EEXIST ? exists_already(put->store, put->name, err)
				       : failed(put->store, put->name, "cannot make it", err);
	if (sync_folder(put->folder))
		return failed(put->store, put->name, "cannot make it durable", err);
	put->done = true;
	return 0;
}

/* -1 with *missing when there is no such object, or no directory. */
static int open_object(const struct dir_store *store, const char *name, struct stat *st,
		       bool *missing, struct err *err)
{
	scoped(fd) int folder = open_folder(store, err);

	if (folder < 0) {
		*missing = errno == ENOENT;
		return err_in(err, "no object %s", name);
	}
	/* NONBLOCK: a fifo of that name is refused below, and is not to be waited for */
	int fd = openat(folder, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0) {
		*missing = errno == ENOENT;
		return *missing ? err_set(err, ERR_STORE, "%s has no object %s", store->path, name)
				: failed(store, name, "cannot read", err);
	}
	if (!fstat(fd, st) && S_ISREG(st->st_mode))
		return fd;
	close(fd);
	return err_set(err, ERR_STORE, "%s/%s is no regular file", store->path, name);
}

static int copy_out(const struct dir_store *store, const char *name, int fd, uint64_t size,
		    struct sink *to, struct err *err)
{
	scoped(mem) char *chunk = mem_alloc(CHUNK);
	uint64_t got = 0;

	for (;;) {
		ssize_t n = read(fd, chunk, CHUNK);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return failed(store, name, "cannot read", err);
		if (n == 0)
			break;
		got += (uint64_t)n;
		if (look_for_cancel(store, err) || sink_write(to, chunk, (size_t)n, err))
			return -1;
	}
	if (got != size)
		return err_set(err, ERR_STORE, "%s/%s changed while it was read", store->path,
			       name);
	return sink_end(to, err);
}

static int dir_get(void *impl, const char *name, struct sink *to, struct err *err)
{
	const struct dir_store *store = impl;
	struct stat st;
	bool ignored;
	scoped(fd) int fd = open_object(store, name, &st, &ignored, err);

	if (fd < 0)
		return -1;
	return copy_out(store, name, fd, (uint64_t)st.st_size, to, err);
}

static int list_entries(const struct dir_store *store, DIR *entries, const char *prefix,
			int (*each)(void *arg, const struct store_object *object, struct err *err),
			void *arg, struct err *err)
{
	const struct dirent *entry;
	struct stat st;

	while (errno = 0, (entry = readdir(entries))) {
		if (entry->d_name[0] == '.' || strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
			continue;
		if (fstatat(dirfd(entries), entry->d_name, &st, 0)) {
			if (errno == ENOENT) /* removed meanwhile, or a link to nothing */
				continue;
			return failed(store, entry->d_name, "cannot look at it", err);
		}
		if (!S_ISREG(st.st_mode))
			continue;
		struct store_object object = { entry->d_name, (uint64_t)st.st_size,
					       (uint64_t)st.st_mtime };
		if (look_for_cancel(store, err) || each(arg, &object, err))
			return -1;
	}
	return errno ? err_errno(err, ERR_STORE, "store %s", store->path) : 0;
}

static int dir_list(void *impl, const char *prefix,
		    int (*each)(void *arg, const struct store_object *object, struct err *err),
		    void *arg, struct err *err)
{
	const struct dir_store *store = impl;
	int folder = open_folder(store, err);

	if (folder < 0)
		return -1;
	DIR *entries = fdopendir(folder);
	if (!entries) {
		err_errno(err, ERR_STORE, "store %s", store->path);
		close(folder);
		return -1;
	}
	int rc = list_entries(store, entries, prefix, each, arg, err);
	closedir(entries);
	return rc;
}

static int dir_stat(void *impl, const char *name, struct store_object *out, bool *missing,
		    struct err *err)
{
	struct stat st;
	scoped(fd) int fd = open_object(impl, name, &st, missing, err);

	if (fd < 0)
		return -1;
	*out = (struct store_object){ name, (uint64_t)st.st_size, (uint64_t)st.st_mtime };
	return 0;
}

static int dir_remove(void *impl, const char *name, struct err *err)
{
	const struct dir_store *store = impl;
	scoped(fd) int folder = open_folder(store, err);

	if (folder < 0)
		return -1;
	if (unlinkat(folder, name, 0))
		return errno == ENOENT ? 0 : failed(store, name, "cannot remove it", err);
	return sync_folder(folder) ? failed(store, name, "cannot remove it for good", err) : 0;
}

const struct store_driver store_dir_driver = {
	.scheme = "file",
	.open = dir_open,
	.close = dir_close,
	.put_begin = put_begin,
	.put_write = put_write,
	.put_end = put_end,
	.put_free = put_free,
	.get = dir_get,
	.list = dir_list,
	.stat = dir_stat,
	.remove = dir_remove,
};
