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

/* The number that the text begins with, behind `key` if there is one; `none` when there is no such. */
static uint64_t read_number(const char *root, const char *path, const char *key, uint64_t none)
{
	scoped(mem) char *name = mem_printf("%s%s", root, path);
	scoped(fd) int fd = open(name, O_RDONLY | O_CLOEXEC);
	char text[4096] = "", *end;
	const char *at = text;

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return none;
	if (key && !(at = strstr(text, key)))
		return none;
	at += key ? strlen(key) : 0;
	uint64_t number = strtoull(at, &end, 10); /* "max": none */
	return end == at ? none : number;
}

/* How a version of control groups says it. */
struct group {
	const char *limit, *used, *stat, *cache;
};

static const struct group groups[] = {
	{ "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current",
	  "/sys/fs/cgroup/memory.stat", "\ninactive_file " },
	{ "/sys/fs/cgroup/memory/memory.limit_in_bytes",
	  "/sys/fs/cgroup/memory/memory.usage_in_bytes", "/sys/fs/cgroup/memory/memory.stat",
	  "\ntotal_inactive_file " },
};

/* What a control group has left of its limit; UINT64_MAX: it has none. */
static uint64_t group_room(const char *root, const struct group *group)
{
	static const uint64_t HUGE_LIMIT = 1ull
					   << 62; /* version 1 says 2^63 less a page for none */
	uint64_t limit = read_number(root, group->limit, NULL, UINT64_MAX);
	uint64_t used = read_number(root, group->used, NULL, 0);
	uint64_t cache = read_number(root, group->stat, group->cache, 0); /* given back at need */

	if (limit >= HUGE_LIMIT)
		return UINT64_MAX;
	used = used > cache ? used - cache : 0;
	return limit > used ? limit - used : 0;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t memory_room(const char *root)
{
	enum { KEEP = 128 * 1024 * 1024 }; /* for the rest of us, and of the machine */
	uint64_t kib = read_number(root, "/proc/meminfo", "MemAvailable:", UINT64_MAX);
	uint64_t room = kib < UINT64_MAX / 1024 ? kib * 1024 : UINT64_MAX;

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		room = smaller(room, group_room(root, &groups[i]));
	if (room == UINT64_MAX)
		return room;
	return room > KEEP ? room - KEEP : 0;
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
				   .room = memory_room("") };
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
