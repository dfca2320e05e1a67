/*
 * without: see without.h.
 */
#include "plugin/without.h"

#include "base/mem.h"
#include "base/text.h"

/* Where in the flag's words one stands: item is that of opts->without, at and len the name in it. */
struct place {
	size_t item, len;
	const char *at; /* NULL: before the first */
};

static bool next_name(const struct opts *opts, struct place *place)
{
	if (place->at && place->at[place->len] == ',') {
		place->at += place->len + 1;
	} else {
		place->item += place->at != NULL;
		if (place->item >= opts->without.count)
			return false;
		place->at = opts->without.items[place->item];
	}
	place->len = strcspn(place->at, ",");
	return true;
}

bool without_any(const struct opts *opts)
{
	return opts->without.count > 0;
}

bool without_has(const struct opts *opts, const char *name)
{
	for (struct place place = { 0 }; name && next_name(opts, &place);)
		if (strlen(name) == place.len && strncmp(place.at, name, place.len) == 0)
			return true;
	return false;
}

static bool is_in(const char *const names[], size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (text_same(names[i], name))
			return true;
	return false;
}

size_t without_list(const struct opts *opts, struct arena *arena, const char *names[WITHOUT_MAX])
{
	size_t count = 0;

	for (struct place place = { 0 }; count < WITHOUT_MAX && next_name(opts, &place);) {
		const char *name = arena_strndup(arena, place.at, place.len);
		if (!is_in(names, count, name))
			names[count++] = name;
	}
	return count;
}

const char *without_text(const struct opts *opts, struct arena *arena)
{
	const char *names[WITHOUT_MAX], *text = "";
	size_t count = without_list(opts, arena, names);

	for (size_t i = 0; i < count; i++)
		text = arena_join(arena, text, ",", names[i]);
	return text;
}
