/*
 * mem: the one rule of ownership.  What you make you free in the same function, by `scoped`; a
 * parsed document is an arena, freed as one; a pointer parameter is borrowed for the call.
 * Allocation failure aborts: the journal makes that no worse than a power cut.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/* scoped(buf) struct buf out = BUF_INIT(4096);  releases `out` by buf_scoped() on every way out. */
#define scoped(T) __attribute__((cleanup(T##_scoped)))

void fd_scoped(int *fd);        /* closes unless negative */
void mem_scoped(char **string); /* frees */

/* malloc and friends that abort.  mem_grow keeps the contents; size 0 is allowed. */
void *mem_alloc(size_t size);
void *mem_zalloc(size_t size);
void *mem_grow(void *old, size_t size);
char *mem_strdup(const char *text);
char *mem_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Large zeroed memory that is taken page by page as it is written to, and wholly given back. */
void *mem_map(size_t size);
void mem_unmap(void *start, size_t size); /* NULL is allowed */

/* Overwrites memory that held a secret; not removed by the compiler. */
void mem_wipe(void *start, size_t size);

/* An arena: memory that is freed together; arena_wipe also overwrites it, when secrets stood in it. */
struct arena;
struct arena *arena_new(void);
void arena_free(struct arena *arena); /* NULL is allowed */
void arena_wipe(struct arena *arena);
void arena_scoped(struct arena **arena);

/* Zeroed memory, aligned for any type. */
void *arena_alloc(struct arena *arena, size_t size);
char *arena_strdup(struct arena *arena, const char *text); /* NULL gives NULL */
char *arena_strndup(struct arena *arena, const char *text, size_t len);
char *arena_printf(struct arena *arena, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The list with one more at its end: "a, b" and "c" give "a, b, c"; an empty list, or NULL, gives the name. */
const char *arena_join(struct arena *arena, const char *list, const char *separator,
		       const char *name);

/* Monotonic milliseconds, and the deadline that lies `ms` from now. */
uint64_t now_ms(void);
uint64_t deadline_in(uint64_t ms);

/* The sooner one: `ms` from now, or that deadline. */
uint64_t deadline_sooner(uint64_t deadline, uint64_t ms);

/* Milliseconds until a deadline for poll(2): 0 when it has passed, at most INT_MAX. */
int ms_until(uint64_t deadline);

/* Seconds of real time since 1970, and as RFC 3339 in UTC (21 bytes with the end). */
uint64_t now_unix(void);
void time_text(uint64_t unix_seconds, char out[21]);

/* Decimal digits and nothing else, at most max.  0 or -1. */
int parse_uint(const char *text, uint64_t max, uint64_t *out);

#endif
