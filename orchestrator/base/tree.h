/*
 * tree: a parsed document, the same for YAML and JSON, in an arena.  Read by path; built by hand
 * for output.  Numbers keep the text they were written with, so that 64-bit values stay exact.
 */
#ifndef BASE_TREE_H
#define BASE_TREE_H

#include "base/mem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tree_kind { TREE_NULL, TREE_BOOL, TREE_NUMBER, TREE_STRING, TREE_LIST, TREE_MAP };

struct tree {
	enum tree_kind kind;
	const char *key;    /* inside a map; else NULL */
	const char *text;   /* of a scalar, as written ("true", "17"); NULL for list, map */
	size_t len;         /* of text */
	struct tree *first; /* of a list or a map */
	struct tree *next;  /* after this one in its list or map */
	size_t line;        /* YAML: of the key (in a map) or of the value, from 0 */
	size_t column;      /* YAML: of the key or of the value, from 0 */
	size_t value_line;  /* YAML: of the value */
};

/* The value of one key of a map; NULL when `map` is NULL, no map, or lacks the key. */
const struct tree *tree_get(const struct tree *map, const char *key);

/* As tree_get, several maps deep: tree_at(pod, "metadata", "name", NULL). */
const struct tree *tree_at(const struct tree *map, ...) __attribute__((sentinel));

/* The text of a string, number or bool; NULL for everything else, NULL included. */
const char *tree_text(const struct tree *scalar);

/* tree_text(tree_get(map, key)). */
const char *tree_string(const struct tree *map, const char *key);

size_t tree_count(const struct tree *list_or_map);

/* Building.  Keys and texts are copied into the arena.  A NULL text is JSON's null. */
struct tree *tree_map(struct arena *arena);
struct tree *tree_list(struct arena *arena);
void tree_set(struct arena *arena, struct tree *map, const char *key, struct tree *value);
void tree_set_string(struct arena *arena, struct tree *map, const char *key, const char *text);
void tree_set_number(struct arena *arena, struct tree *map, const char *key, uint64_t value);
void tree_set_bool(struct arena *arena, struct tree *map, const char *key, bool value);
void tree_add(struct tree *list, struct tree *value);
struct tree *tree_new_string(struct arena *arena, const char *text);
struct tree *tree_new_number(struct arena *arena, uint64_t value);

#endif
