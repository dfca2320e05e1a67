/*
 * without: see without.h.
 */
#include "plugin/without.h"

#include "base/mem.h"
#include "base/text.h"

bool without_any(const struct opts *opts)
{
	return opts->without.count > 0;
}

bool without_has(const struct opts *opts, const char *name)
{
	for (size_t i = 0; name && i < opts->without.count; i++)
		for (const char *at = opts->without.items[i];; at++) {
			size_t len = strcspn(at, ",");
			if (strlen(name) == len && strncmp(at, name, len) == 0)
				return true;
			at += len;
			if (!*at)
				break;
		}
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

	for (size_t i = 0; i < opts->without.count; i++)
		for (const char *at = opts->without.items[i];; at++) {
			size_t len = strcspn(at, ",");
			const char *name = arena_strndup(arena, at, len);
			if (count < WITHOUT_MAX && !is_in(names, count, name))
				names[count++] = name;
			at += len;
			if (!*at)
				break;
		}
	return count;
}

const char *without_text(const struct opts *opts, struct arena *arena)
{
	const char *names[WITHOUT_MAX], *text = "";
	size_t count = without_list(opts, arena, names);

	for (size_t i = 0; i < count; i++)
		text = arena_printf(arena, "%s%s%s", text, i ? "," : "", names[i]);
	return text;
}
