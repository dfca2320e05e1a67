/*
 * memory: see memory.h.
 */
#include "plugin/memory.h"

#include "base/file.h"
#include "base/mem.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Memory that this machine can spare for a snapshot, in bytes; UINT64_MAX when it does not say. */
static uint64_t memory_room(void)
{
	enum { KEEP = 128 * 1024 * 1024 }; /* for the rest of us, and of the machine */
	char text[4096] = "";
	scoped(fd) int fd = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
	const char *at = fd >= 0 && read(fd, text, sizeof(text) - 1) > 0
				 ? strstr(text, "MemAvailable:")
				 : NULL;
	uint64_t bytes = at ? strtoull(at + strlen("MemAvailable:"), NULL, 10) * 1024 : 0;

	if (!at)
		return UINT64_MAX;
	return bytes > KEEP ? bytes - KEEP : 0;
}

static int memory_full(const struct memory *m, struct err *err)
{
	err_set(err, ERR_FILE, "it unpacks to more than the %llu MiB of memory that are free here",
		(unsigned long long)(m->room >> 20));
	return err_hint(err, "unpack it where there is room, and give the file: age -d -i KEY "
			     "SNAPSHOT | zstd -d > FILE");
}

static int memory_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	struct memory *m = (struct memory *)sink;

	if (len > m->max - m->size)
		return err_set(err, ERR_CORRUPT, "it has more than the %llu bytes expected",
			       (unsigned long long)m->max);
	if (len > m->room - m->size) /* not by the kernel's killer of processes */
		return memory_full(m, err);
	m->size += len;
	return file_write(m->fd, data, len) ? err_errno(err, ERR_FILE, "no memory for the snapshot")
					    : 0;
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
				   .max = max,
				   .room = memory_room() };
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
