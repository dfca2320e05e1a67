/*
 * mem: see mem.h.
 */
#include "base/mem.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { ARENA_BLOCK = 16 * 1024 };

struct block {
	struct block *next;
	size_t used;
	size_t size;
	_Alignas(max_align_t) unsigned char data[];
};

struct arena {
	struct block *first;
};

void fd_scoped(int *fd)
{
	int reason = errno; /* of what went before */

	if (*fd >= 0)
		close(*fd);
	errno = reason;
}

void mem_scoped(char **string)
{
	free(*string);
}

static void *or_abort(void *memory)
{
	if (!memory) {
		static const char words[] = "error: out of memory\n";
		(void)!write(STDERR_FILENO, words, sizeof(words) - 1);
		abort();
	}
	return memory;
}

void *mem_alloc(size_t size)
{
	return or_abort(malloc(size ? size : 1));
}

void *mem_zalloc(size_t size)
{
	return or_abort(calloc(1, size ? size : 1));
}

void *mem_grow(void *old, size_t size)
{
	return or_abort(realloc(old, size ? size : 1));
}

void *mem_map(size_t size)
{
	void *start = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (start == MAP_FAILED)
		abort();
	return start;
}

void mem_unmap(void *start, size_t size)
{
	if (start)
		munmap(start, size);
}

char *mem_strdup(const char *text)
{
	return or_abort(strdup(text));
}

char *mem_printf(const char *fmt, ...)
{
	va_list ap;
	char *text = NULL;

	va_start(ap, fmt);
	int len = vasprintf(&text, fmt, ap);
	va_end(ap);
	return or_abort(len < 0 ? NULL : text);
}

void mem_wipe(void *start, size_t size)
{
	explicit_bzero(start, size);
}

struct arena *arena_new(void)
{
	return mem_zalloc(sizeof(struct arena));
}

void arena_free(struct arena *arena)
{
	if (!arena)
		return;
	for (struct block *block = arena->first, *next; block; block = next) {
		next = block->next;
		free(block);
	}
	free(arena);
}

void arena_wipe(struct arena *arena)
{
	for (struct block *block = arena->first; block; block = block->next)
		mem_wipe(block->data, block->used);
	arena_free(arena);
}

void arena_scoped(struct arena **arena)
{
	arena_free(*arena);
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct block *block = arena->first;
	size_t align = _Alignof(max_align_t);

	if (size > SIZE_MAX / 2)
		abort();
	size = (size + align - 1) / align * align;
	if (!block || block->size - block->used < size) {
		size_t room = size > ARENA_BLOCK ? size : ARENA_BLOCK;
		block = mem_zalloc(sizeof(*block) + room);
		block->size = room;
		block->next = arena->first;
		arena->first = block;
	}
	void *memory = block->data + block->used;
	block->used += size;
	return memory;
}

char *arena_strndup(struct arena *arena, const char *text, size_t len)
{
	char *copy = arena_alloc(arena, len + 1);

	memcpy(copy, text, len);
	return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return text ? arena_strndup(arena, text, strlen(text)) : NULL;
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	char *text = arena_alloc(arena, (size_t)len + 1);
	va_start(ap, fmt);
	vsnprintf(text, (size_t)len + 1, fmt, ap);
	va_end(ap);
	return text;
}

const char *arena_join(struct arena *arena, const char *list, const char *separator,
		       const char *name)
{
	if (!list || !*list)
		return arena_strdup(arena, name);
	return arena_printf(arena, "%s%s%s", list, separator, name);
}

uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint64_t deadline_in(uint64_t ms)
{
	return now_ms() + ms;
}

uint64_t deadline_sooner(uint64_t deadline, uint64_t ms)
{
	uint64_t own = deadline_in(ms);

	return own < deadline ? own : deadline;
}

int ms_until(uint64_t deadline)
{
	uint64_t now = now_ms();

	if (deadline <= now)
		return 0;
	return deadline - now > INT_MAX ? INT_MAX : (int)(deadline - now);
}

uint64_t now_unix(void)
{
	return (uint64_t)time(NULL);
}

void time_text(uint64_t unix_seconds, char out[21])
{
	time_t when = (time_t)unix_seconds;
	struct tm tm;

	if (!gmtime_r(&when, &tm) || tm.tm_year > 8099 ||
	    strftime(out, 21, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		memcpy(out, "0000-00-00T00:00:00Z", 21);
}

int parse_uint(const char *text, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;

	if (!*text)
		return -1;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		uint64_t digit = (uint64_t)(*text - '0');
		if (value > (max - digit) / 10 || digit > max)
			return -1;
		value = value * 10 + digit;
	}
	*out = value;
	return 0;
}
