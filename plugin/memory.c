/*
 * memory: see memory.h.
 */
#include "plugin/memory.h"

#include <sys/mman.h>
#include <unistd.h>

static int memory_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	struct memory *m = (struct memory *)sink;
	const char *at = data;

	if (len > m->max - m->size)
		return err_set(err, ERR_CORRUPT, "it has more than the %llu bytes expected",
			       (unsigned long long)m->max);
	m->size += len;
	while (len) {
		ssize_t n = write(m->fd, at, len);
		if (n < 0)
			return err_errno(err, ERR_FILE, "no memory for the snapshot");
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static int memory_end(struct sink *sink, struct err *err)
{
	(void)sink;
	(void)err;
	return 0;
}

int memory_open(struct memory *memory, uint64_t max, struct err *err)
{
	*memory = (struct memory){ .sink = { memory_write, memory_end },
				   .fd = memfd_create("snapshot", MFD_CLOEXEC),
				   .max = max };
	return memory->fd < 0 ? err_errno(err, ERR_FILE, "no memory for the snapshot") : 0;
}

int memory_take(struct memory *memory)
{
	int fd = memory->fd;

	memory->fd = -1;
	return fd;
}

void memory_release(struct memory *memory)
{
	if (memory->fd >= 0)
		close(memory->fd);
	memory->fd = -1;
}

void memory_scoped(struct memory *memory)
{
	memory_release(memory);
}
