/*
 * fake_files: see fake_files.h.
 */
#include "fake_files.h"

#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void must(bool well, const char *what, const char *path)
{
	if (well)
		return;
	fprintf(stderr, "fake_files: %s %s: %s\n", what, path, strerror(errno));
	abort();
}

char *fake_folder(const char *name)
{
	static const char *const places[] = { "/dev/shm", "/tmp" };

	for (size_t i = 0; i < 2; i++) {
		char *path = mem_printf("%s/%s-XXXXXX", places[i], name);
		if (mkdtemp(path))
			return path;
		free(path);
	}
	must(false, "mkdtemp", name);
	return NULL;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

struct fake_names fake_list(const char *folder)
{
	struct fake_names names = { NULL, 0 };
	DIR *dir = opendir(folder);

	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		names.list = mem_grow(names.list, (names.count + 1) * sizeof(char *));
		names.list[names.count++] = mem_strdup(entry->d_name);
	}
	if (dir)
		closedir(dir);
	if (names.count)
		qsort(names.list, names.count, sizeof(char *), by_name);
	return names;
}

void fake_names_scoped(struct fake_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->list[i]);
	free(names->list);
}

void fake_make_folders(const char *path)
{
	if (!mkdir(path, 0700) || errno == EEXIST) /* as a rule those above are there */
		return;
	scoped(mem) char *copy = mem_strdup(path);

	for (char *at = copy + 1;; at++) {
		char was = *at;
		if (was && was != '/')
			continue;
		*at = '\0';
		must(!mkdir(copy, 0700) || errno == EEXIST, "mkdir", copy);
		*at = was;
		if (!was)
			return;
	}
}

void fake_write(const char *path, const void *data, size_t len, unsigned mode)
{
	scoped(fd) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	must(fd >= 0 && write(fd, data, len) == (ssize_t)len && !fchmod(fd, mode), "write", path);
}

bool fake_read(const char *path, struct buf *out)
{
	scoped(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	char piece[4096];
	ssize_t n = 0;

	if (fd < 0)
		return false;
	while ((n = read(fd, piece, sizeof(piece))) > 0)
		must(!buf_add(out, piece, (size_t)n), "too long", path);
	return n == 0;
}

bool fake_exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

size_t fake_remove(const char *path, long limit)
{
	struct stat st;
	size_t count = 0;

	if (lstat(path, &st))
		return 0;
	if (S_ISDIR(st.st_mode)) {
		scoped(fake_names) struct fake_names names = fake_list(path);
		for (size_t i = 0; i < names.count; i++) {
			scoped(mem) char *one = mem_printf("%s/%s", path, names.list[i]);
			count += fake_remove(one, limit < 0             ? -1
						  : limit > (long)count ? limit - (long)count
									: 0);
		}
	}
	if (limit < 0 || (long)count < limit)
		must(!remove(path), "remove", path);
	return count + 1;
}

void fake_copy(const char *from, const char *to)
{
	struct stat st;

	must(!stat(from, &st), "stat", from);
	if (S_ISDIR(st.st_mode)) {
		scoped(fake_names) struct fake_names names = fake_list(from);
		must(!mkdir(to, st.st_mode & 07777) || errno == EEXIST, "mkdir", to);
		for (size_t i = 0; i < names.count; i++) {
			scoped(mem) char *one = mem_printf("%s/%s", from, names.list[i]);
			scoped(mem) char *other = mem_printf("%s/%s", to, names.list[i]);
			fake_copy(one, other);
		}
		must(!chmod(to, st.st_mode & 07777), "chmod", to);
		return;
	}
	scoped(buf) struct buf text = BUF_INIT(1024 * 1024);
	must(fake_read(from, &text), "read", from);
	fake_write(to, text.data ? text.data : "", text.len, st.st_mode & 07777);
}

static void add_tree(const char *folder, const char *shown, struct buf *out)
{
	scoped(fake_names) struct fake_names names = fake_list(folder);
	struct stat st;

	for (size_t i = 0; i < names.count; i++) {
		scoped(mem) char *path = mem_printf("%s/%s", folder, names.list[i]);
		scoped(mem) char *name = mem_printf("%s/%s", shown, names.list[i]);
		must(!lstat(path, &st), "lstat", path);
		if (strcmp(names.list[i], "proc") == 0)
			continue;
		buf_addf(out, "%s %o", name, (unsigned)st.st_mode);
		if (S_ISREG(st.st_mode)) {
			buf_adds(out, " ");
			must(fake_read(path, out), "read", path);
		}
		buf_adds(out, "\n");
		if (S_ISDIR(st.st_mode))
			add_tree(path, name, out);
	}
}

void fake_tree(const char *folder, struct buf *out)
{
	add_tree(folder, "", out);
}
