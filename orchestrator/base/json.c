/*
 * json: see json.h.  The only file that knows jansson.
 */
#include "base/json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 64 };

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
		tree->text = arena_printf(arena, "%.17g", json_real_value(json));
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

static json_t *to_json(const struct tree *tree)
{
	json_t *json;

	switch (tree->kind) {
	case TREE_MAP:
		json = json_object();
		for (const struct tree *at = tree->first; at; at = at->next)
			json_object_set_new(json, at->key, to_json(at));
		return json;
	case TREE_LIST:
		json = json_array();
		for (const struct tree *at = tree->first; at; at = at->next)
			json_array_append_new(json, to_json(at));
		return json;
	case TREE_STRING:
		json = json_stringn(tree->text, tree->len);
		/* bytes that are no UTF-8 cannot be said in JSON */
		return json ? json : json_string("<not UTF-8>");
	case TREE_NUMBER:
		return strpbrk(tree->text, ".eE") ? json_real(strtod(tree->text, NULL))
						  : json_integer(strtoll(tree->text, NULL, 10));
	case TREE_BOOL:
		return json_boolean(tree->text[0] == 't');
	case TREE_NULL:
		break;
	}
	return json_null();
}

int json_write(const struct tree *tree, bool one_line, struct buf *out, struct err *err)
{
	json_t *json = to_json(tree);
	char *text = json_dumps(json, JSON_ENCODE_ANY | (one_line ? JSON_COMPACT : JSON_INDENT(2)));

	json_decref(json);
	if (!text)
		return err_set(err, ERR_BUG, "a document cannot be written as JSON");
	int failed = buf_adds(out, text) || buf_adds(out, "\n");
	free(text);
	return failed ? err_set(err, ERR_BUG, "a document is too long for its place") : 0;
}
