/*
 * file: see file.h.
 */
#include "base/file.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <unistd.h>

int file_read(int fd, struct buf *out)
{
	char piece[16 * 1024];
	int failed = 0;
	ssize_t n;

	while (!failed && (n = read(fd, piece, sizeof(piece))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			failed = errno;
		} else if (buf_add(out, piece, (size_t)n)) {
			failed = EFBIG;
		}
	}
	mem_wipe(piece, sizeof(piece));
	errno = failed;
	return failed ? -1 : 0;
}

int file_read_path(const char *path, int flags, struct buf *out)
{
	scoped(fd) int fd = open(path, O_RDONLY | O_CLOEXEC | flags);

	return fd < 0 ? -1 : file_read(fd, out);
}

int file_write(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len) {
		ssize_t n = write(fd, at, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

int file_sync_folder(const char *path)
{
	scoped(mem) char *copy = mem_strdup(path);
	scoped(fd) int folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return folder < 0 || (fsync(folder) && errno != EINVAL) ? -1 : 0;
}
