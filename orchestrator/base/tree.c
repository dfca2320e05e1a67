/*
 * tree: see tree.h.
 */
#include "base/tree.h"

#include <stdarg.h>
#include <string.h>

const struct tree *tree_get(const struct tree *map, const char *key)
{
	if (!map || map->kind != TREE_MAP)
		return NULL;
	for (const struct tree *at = map->first; at; at = at->next)
		if (strcmp(at->key, key) == 0)
			return at;
	return NULL;
}

const struct tree *tree_at(const struct tree *map, ...)
{
	va_list ap;
	const char *key;

	va_start(ap, map);
	while (map && (key = va_arg(ap, const char *)))
		map = tree_get(map, key);
	va_end(ap);
	return map;
}

const char *tree_text(const struct tree *scalar)
{
	if (!scalar || scalar->kind == TREE_NULL || scalar->kind == TREE_LIST ||
	    scalar->kind == TREE_MAP)
		return NULL;
	return scalar->text;
}

const char *tree_string(const struct tree *map, const char *key)
{
	return tree_text(tree_get(map, key));
}

size_t tree_count(const struct tree *list_or_map)
{
	size_t n = 0;

	for (const struct tree *at = list_or_map ? list_or_map->first : NULL; at; at = at->next)
		n++;
	return n;
}

static struct tree *new_tree(struct arena *arena, enum tree_kind kind)
{
	struct tree *tree = arena_alloc(arena, sizeof(*tree));

	tree->kind = kind;
	return tree;
}

struct tree *tree_map(struct arena *arena)
{
	return new_tree(arena, TREE_MAP);
}

struct tree *tree_list(struct arena *arena)
{
	return new_tree(arena, TREE_LIST);
}

void tree_add(struct tree *list, struct tree *value)
{
	struct tree **end = &list->first;

	while (*end)
		end = &(*end)->next;
	*end = value;
}

void tree_set(struct arena *arena, struct tree *map, const char *key, struct tree *value)
{
	value->key = arena_strdup(arena, key);
	tree_add(map, value);
}

static struct tree *scalar(struct arena *arena, enum tree_kind kind, const char *text)
{
	struct tree *tree = new_tree(arena, text ? kind : TREE_NULL);

	tree->text = arena_strdup(arena, text);
	tree->len = text ? strlen(text) : 0;
	return tree;
}

struct tree *tree_new_string(struct arena *arena, const char *text)
{
	return scalar(arena, TREE_STRING, text);
}

struct tree *tree_new_number(struct arena *arena, uint64_t value)
{
	return scalar(arena, TREE_NUMBER, arena_printf(arena, "%llu", (unsigned long long)value));
}

void tree_set_string(struct arena *arena, struct tree *map, const char *key, const char *text)
{
	tree_set(arena, map, key, tree_new_string(arena, text));
}

void tree_set_number(struct arena *arena, struct tree *map, const char *key, uint64_t value)
{
	tree_set(arena, map, key, tree_new_number(arena, value));
}

void tree_set_bool(struct arena *arena, struct tree *map, const char *key, bool value)
{
	tree_set(arena, map, key, scalar(arena, TREE_BOOL, value ? "true" : "false"));
}
