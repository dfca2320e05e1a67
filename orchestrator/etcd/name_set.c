/*
 * name_set: see name_set.h.
 */
#include "etcd/name_set.h"

#include <ctype.h>
#include <string.h>

static int compare(const char *known, const char *name, size_t len)
{
	int order = strncmp(known, name, len);

	return order ? order : known[len] != '\0';
}

/* Where it is, or where it would stand. */
static size_t place(const struct name_set *set, const char *name, size_t len, bool *found)
{
	size_t low = 0, high = set->count;

	*found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare(set->list[middle], name, len);
		if (!order) {
			*found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void grow(struct name_set *set, struct arena *arena)
{
	size_t room = set->room ? set->room * 2 : 16;
	const char **list = arena_alloc(arena, room * sizeof(*list));

	if (set->count)
		memcpy(list, set->list, set->count * sizeof(*list));
	set->list = list;
	set->room = room;
}

/* As Kubernetes has them; others are nobody's to print, least of all in a command to be copied. */
static bool can_be(const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) && !memchr(".:_-", name[i], 4))
			return false;
	return len && len <= NAME_MAX_LEN && name[0] != '-';
}

void name_set_add(struct name_set *set, struct arena *arena, const char *name, size_t len)
{
	bool found;

	if (!can_be(name, len)) {
		set->cut = true;
		return;
	}
	size_t at = place(set, name, len, &found);
	if (found)
		return;
	if (set->count == NAME_SET_MAX) {
		set->cut = true;
		return;
	}
	if (set->count == set->room)
		grow(set, arena);
	memmove(set->list + at + 1, set->list + at, (set->count - at) * sizeof(*set->list));
	set->list[at] = arena_strndup(arena, name, len);
	set->count++;
}

void name_set_remove(struct name_set *set, const char *name, size_t len)
{
	bool found;
	size_t at = place(set, name, len, &found);

	if (!found)
		return;
	set->count--;
	memmove(set->list + at, set->list + at + 1, (set->count - at) * sizeof(*set->list));
}

bool name_set_has(const struct name_set *set, const char *name)
{
	bool found;

	place(set, name, strlen(name), &found);
	return found;
}

struct name_set name_set_minus(const struct name_set *a, const struct name_set *b,
			       struct arena *arena)
{
	struct name_set rest = { .cut = a->cut };

	for (size_t i = 0; i < a->count; i++)
		if (!name_set_has(b, a->list[i]))
			name_set_add(&rest, arena, a->list[i], strlen(a->list[i]));
	return rest;
}

const char *name_set_words(const struct name_set *set, size_t max, struct arena *arena)
{
	const char *words = "";

	for (size_t i = 0; i < set->count && i < max; i++)
		words = arena_join(arena, words, ", ", set->list[i]);
	if (set->count > max || set->cut)
		words = arena_printf(arena, "%s and %s%zu more", words, set->cut ? "at least " : "",
				     set->count > max ? set->count - max : (size_t)1);
	return words;
}
