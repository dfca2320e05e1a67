/*
 * name_set: names in order, each once: of Node objects, of addresses.  They stand in an arena.  They come from outside: letters,
 * digits and .:_- are all that a name may have.
 */
#ifndef ETCD_NAME_SET_H
#define ETCD_NAME_SET_H

#include "base/mem.h"

#include <stdbool.h>
#include <stddef.h>

enum { NAME_SET_MAX = 20000, NAME_MAX_LEN = 253 };

struct name_set {
	const char **list; /* sorted; in the arena */
	size_t count, room;
	bool cut; /* there were more than NAME_SET_MAX, or one that can be no name: those are left out */
};

void name_set_add(struct name_set *set, struct arena *arena, const char *name, size_t len);
void name_set_remove(struct name_set *set, const char *name, size_t len);
bool name_set_has(const struct name_set *set, const char *name);

/* Those of `a` that are not in `b`. */
struct name_set name_set_minus(const struct name_set *a, const struct name_set *b,
			       struct arena *arena);

/* "a, b, c and 4 more": at most `max` of them by name.  In the arena. */
const char *name_set_words(const struct name_set *set, size_t max, struct arena *arena);

#endif
