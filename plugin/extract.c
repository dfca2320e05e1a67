/*
 * extract: see extract.h.
 */
#include "plugin/extract.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static void drop(struct tree *map, const char *key)
{
	for (struct tree **at = &map->first; *at;) {
		if (strcmp((*at)->key, key) == 0)
			*at = (*at)->next;
		else
			at = &(*at)->next;
	}
}

void extract_strip(struct tree *object)
{
	static const char *const keys[] = { "uid",
					    "resourceVersion",
					    "generation",
					    "managedFields",
					    "creationTimestamp",
					    "selfLink",
					    "deletionTimestamp",
					    "deletionGracePeriodSeconds",
					    "ownerReferences" };

	drop(object, "status");
	for (struct tree *at = object->first; at; at = at->next)
		for (size_t i = 0; strcmp(at->key, "metadata") == 0 && at->kind == TREE_MAP &&
				   i < sizeof(keys) / sizeof(keys[0]);
		     i++)
			drop(at, keys[i]);
}

static bool is_word(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)text[i]) && !strchr("-._:", text[i]))
			return false;
	return len != 0 && text[0] != '.';
}

bool extract_parse(const char *text, char *resource, char *name, size_t size)
{
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : 0;

	if (!slash || !is_word(text, len) || !is_word(slash + 1, strlen(slash + 1)) ||
	    len >= size || strlen(slash + 1) >= size)
		return false;
	snprintf(resource, size, "%.*s", (int)len, text);
	snprintf(name, size, "%s", slash + 1);
	return true;
}
