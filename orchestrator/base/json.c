/*
 * json: see json.h.  The only file that knows jansson.
 */
#include "base/json.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 64 };

/* The shortest text that is that number: jansson does not keep how it was written. */
static const char *real_text(struct arena *arena, double value)
{
	char text[40] = "";

	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	return arena_strdup(arena, text);
}

static struct tree *from_json(struct arena *arena, const json_t *json, int depth)
{
	struct tree *tree = arena_alloc(arena, sizeof(*tree)), **end = &tree->first;
	const char *key;
	json_t *value;
	size_t i;

	if (depth > DEPTH_MAX)
		return NULL;
	switch (json_typeof(json)) {
	case JSON_OBJECT:
		tree->kind = TREE_MAP;
		json_object_foreach((json_t *)(uintptr_t)json, key, value)
		{
			if (!(*end = from_json(arena, value, depth + 1)))
				return NULL;
			(*end)->key = arena_strdup(arena, key);
			end = &(*end)->next;
		}
		break;
	case JSON_ARRAY:
		tree->kind = TREE_LIST;
		json_array_foreach(json, i, value)
		{
			if (!(*end = from_json(arena, value, depth + 1)))
				return NULL;
			end = &(*end)->next;
		}
		break;
	case JSON_STRING:
		tree->kind = TREE_STRING;
		tree->len = json_string_length(json);
		tree->text = arena_strndup(arena, json_string_value(json), tree->len);
		break;
	case JSON_INTEGER:
		tree->kind = TREE_NUMBER;
		tree->text = arena_printf(arena, "%" JSON_INTEGER_FORMAT, json_integer_value(json));
		break;
	case JSON_REAL:
		tree->kind = TREE_NUMBER;
		tree->text = real_text(arena, json_real_value(json));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		tree->kind = TREE_BOOL;
		tree->text = json_is_true(json) ? "true" : "false";
		break;
	case JSON_NULL:
		tree->kind = TREE_NULL;
		break;
	}
	if (tree->text && !tree->len)
		tree->len = strlen(tree->text);
	return tree;
}

const struct tree *json_parse(struct arena *arena, const char *text, size_t len, size_t max,
			      struct err *err)
{
	json_error_t error;

	if (len > max) {
		err_set(err, ERR_CONFIG, "JSON of more than %zu bytes", max);
		return NULL;
	}
	json_t *json = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (!json) {
		err_set(err, ERR_CONFIG, "JSON line %d: %s", error.line, error.text);
		return NULL;
	}
	const struct tree *tree = from_json(arena, json, 0);
	json_decref(json);
	if (!tree)
		err_set(err, ERR_CONFIG, "JSON of more than %d levels", DEPTH_MAX);
	return tree;
}

bool json_is_text(const char *text, size_t len)
{
	json_t *json = json_stringn(text, len);
	bool is = json != NULL;

	json_decref(json);
	return is;
}

/* Bytes that are no UTF-8 cannot be said in JSON. */
static int write_text(const char *text, size_t len, struct buf *out)
{
	json_t *json = json_stringn(text, len);
	char *quoted = json ? json_dumps(json, JSON_ENCODE_ANY) : NULL;
	int failed = buf_adds(out, quoted ? quoted : "\"<not UTF-8>\"");

	free(quoted);
	json_decref(json);
	return failed;
}

/* Not jansson's writer: its numbers end at 63 bits. */
static int write_value(const struct tree *tree, bool one_line, int depth, struct buf *out)
{
	bool map = tree->kind == TREE_MAP;

	if (tree->kind == TREE_STRING)
		return write_text(tree->text, tree->len, out);
	if (!map && tree->kind != TREE_LIST)
		return buf_adds(out, tree->kind == TREE_NULL ? "null" : tree->text);
	if (!tree->first)
		return buf_adds(out, map ? "{}" : "[]");
	for (const struct tree *at = tree->first; at; at = at->next)
		if (buf_adds(out, at != tree->first ? ","
				  : map             ? "{"
						    : "[") ||
		    (!one_line && buf_addf(out, "\n%*s", 2 * (depth + 1), "")) ||
		    (map && (write_text(at->key, strlen(at->key), out) ||
			     buf_adds(out, one_line ? ":" : ": "))) ||
		    write_value(at, one_line, depth + 1, out))
			return -1;
	if (!one_line && buf_addf(out, "\n%*s", 2 * depth, ""))
		return -1;
	return buf_adds(out, map ? "}" : "]");
}

int json_write(const struct tree *tree, bool one_line, struct buf *out, struct err *err)
{
	if (write_value(tree, one_line, 0, out) || buf_adds(out, "\n"))
		return err_set(err, ERR_BUG, "a document is too long for its place");
	return 0;
}
