/*
 * yaml: see yaml.h.  The only file that knows libyaml.  Its document API gives nodes by number with their
 * places; they are copied into the tree, aliases as often as they are used.
 */
#include "base/yaml.h"

#include "base/buf.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

enum { DEPTH_MAX = 64, NODES_MAX = 100 * 1000, ALIASES_MAX = 4 };

struct reader {
	struct arena *arena;
	yaml_document_t *doc;
	size_t nodes;
	size_t bytes, bytes_max; /* of names and values: an alias copies them each time */
	struct err *err;
};

/* JSON's numbers; what YAML 1.1 takes for numbers besides (0x1f, 1_000, 12:30) is text here. */
static bool is_number(const char *text)
{
	const char *at = text;

	if (*at == '-')
		at++;
	size_t digits = strspn(at, "0123456789");
	if (!digits || (digits > 1 && *at == '0'))
		return false;
	at += digits;
	if (*at == '.') {
		digits = strspn(at + 1, "0123456789");
		if (!digits)
			return false;
		at += 1 + digits;
	}
	if (*at == 'e' || *at == 'E') {
		at++;
		if (*at == '+' || *at == '-')
			at++;
		digits = strspn(at, "0123456789");
		if (!digits)
			return false;
		at += digits;
	}
	return *at == '\0';
}

static enum tree_kind plain_kind(const char *text)
{
	if (!text || !*text || strcmp(text, "~") == 0 || strcmp(text, "null") == 0)
		return TREE_NULL;
	if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
		return TREE_BOOL;
	return is_number(text) ? TREE_NUMBER : TREE_STRING;
}

static struct tree *read_node(struct reader *r, int id, int depth);

/* By name, and where names are the same by place. */
static int compare_keys(const void *a, const void *b)
{
	const yaml_node_t *one = *(const yaml_node_t *const *)a,
			  *other = *(const yaml_node_t *const *)b;
	int order = strcmp((const char *)one->data.scalar.value,
			   (const char *)other->data.scalar.value);

	if (order)
		return order;
	return one->start_mark.index < other->start_mark.index ? -1 : 1;
}

/* Sorted, because the text is from outside: comparing each key with each takes minutes for a large map. */
static int check_keys(struct reader *r, const yaml_node_t *map)
{
	const yaml_node_pair_t *pairs = map->data.mapping.pairs.start;
	size_t count = (size_t)(map->data.mapping.pairs.top - pairs);
	const yaml_node_t **keys = mem_alloc(count * sizeof(const yaml_node_t *));
	int failed = 0;

	for (size_t i = 0; i < count && !failed; i++) {
		keys[i] = yaml_document_get_node(r->doc, pairs[i].key);
		if (!keys[i] || keys[i]->type != YAML_SCALAR_NODE)
			failed = err_set(r->err, ERR_CONFIG, "YAML line %zu: a key that is no text",
					 map->start_mark.line + 1);
	}
	if (!failed)
		qsort(keys, count, sizeof(const yaml_node_t *), compare_keys);
	for (size_t i = 1; i < count && !failed; i++) {
		const char *name = (const char *)keys[i]->data.scalar.value;
		if (strcmp((const char *)keys[i - 1]->data.scalar.value, name) == 0)
			failed = err_set(r->err, ERR_CONFIG, "YAML line %zu: \"%s\" is there twice",
					 keys[i]->start_mark.line + 1, name);
	}
	free(keys);
	return failed;
}

/* A copy; NULL when there are too many.  What is written once may be said often. */
static char *copy(struct reader *r, const yaml_node_t *scalar)
{
	r->bytes += scalar->data.scalar.length;
	if (r->bytes > r->bytes_max) {
		err_set(r->err, ERR_CONFIG, "YAML line %zu: aliases make it too large",
			scalar->start_mark.line + 1);
		return NULL;
	}
	return arena_strndup(r->arena, (const char *)scalar->data.scalar.value,
			     scalar->data.scalar.length);
}

static int read_map(struct reader *r, const yaml_node_t *node, struct tree *tree, int depth)
{
	struct tree **end = &tree->first;

	tree->kind = TREE_MAP;
	if (check_keys(r, node))
		return -1;
	for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top;
	     p++) {
		const yaml_node_t *key = yaml_document_get_node(r->doc, p->key);
		char *name = copy(r, key);
		if (!name || !(*end = read_node(r, p->value, depth + 1)))
			return -1;
		(*end)->key = name;
		(*end)->value_line = (*end)->line;
		(*end)->line = key->start_mark.line;
		(*end)->column = key->start_mark.column;
		end = &(*end)->next;
	}
	return 0;
}

static int read_list(struct reader *r, const yaml_node_t *node, struct tree *tree, int depth)
{
	struct tree **end = &tree->first;

	tree->kind = TREE_LIST;
	for (yaml_node_item_t *item = node->data.sequence.items.start;
	     item < node->data.sequence.items.top; item++) {
		if (!(*end = read_node(r, *item, depth + 1)))
			return -1;
		end = &(*end)->next;
	}
	return 0;
}

static struct tree *read_node(struct reader *r, int id, int depth)
{
	const yaml_node_t *node = yaml_document_get_node(r->doc, id);
	struct tree *tree = arena_alloc(r->arena, sizeof(*tree));
	int failed = 0;

	if (depth > DEPTH_MAX || ++r->nodes > NODES_MAX) {
		err_set(r->err, ERR_CONFIG, "YAML of more than %d levels or %d nodes", DEPTH_MAX,
			NODES_MAX);
		return NULL;
	}
	if (!node)
		return tree;
	tree->line = tree->value_line = node->start_mark.line;
	tree->column = node->start_mark.column;
	if (node->type == YAML_MAPPING_NODE) {
		failed = read_map(r, node, tree, depth);
	} else if (node->type == YAML_SEQUENCE_NODE) {
		failed = read_list(r, node, tree, depth);
	} else if (node->type == YAML_SCALAR_NODE) {
		tree->len = node->data.scalar.length;
		tree->text = copy(r, node);
		if (!tree->text)
			return NULL;
		tree->kind = node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE
				     ? plain_kind(tree->text)
				     : TREE_STRING;
		if (tree->kind == TREE_NULL) {
			tree->text = NULL;
			tree->len = 0;
		}
	}
	return failed ? NULL : tree;
}

static int load(yaml_parser_t *parser, yaml_document_t *doc, struct err *err)
{
	if (yaml_parser_load(parser, doc))
		return 0;
	return err_set(err, ERR_CONFIG, "YAML line %zu: %s", parser->problem_mark.line + 1,
		       parser->problem ? parser->problem : "not understood");
}

const struct tree *yaml_parse(struct arena *arena, const char *text, size_t len, size_t max,
			      struct err *err)
{
	yaml_parser_t parser;
	yaml_document_t doc, second;
	const struct tree *tree = NULL;

	if (len > max) {
		err_set(err, ERR_CONFIG, "YAML of more than %zu bytes", max);
		return NULL;
	}
	if (!yaml_parser_initialize(&parser))
		abort();
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	if (!load(&parser, &doc, err)) {
		struct reader reader = { .arena = arena,
					 .doc = &doc,
					 .bytes_max = ALIASES_MAX * (len + 1),
					 .err = err };
		if (yaml_document_get_root_node(&doc))
			tree = read_node(&reader, 1, 0);
		else
			tree = arena_alloc(arena, sizeof(*tree));
		yaml_document_delete(&doc);
		if (tree && load(&parser, &second, err)) {
			tree = NULL;
		} else if (tree) {
			if (yaml_document_get_root_node(&second)) {
				err_set(err, ERR_CONFIG, "YAML: more than one document");
				tree = NULL;
			}
			yaml_document_delete(&second);
		}
	}
	yaml_parser_delete(&parser);
	return tree;
}

/* What this reader, or one of YAML 1.1, takes for no string: yes, 0x1f, 1_000, 12:30, 2001-12-14. */
static bool needs_quotes(const char *text)
{
	static const char *const words[] = { "null", "true", "false", "yes", "no", "on",
					     "off",  "y",    "n",     "=",   "<<", NULL };
	const char *digits = text + (*text == '-' || *text == '+'), *dot = strchr(text, '.');

	for (size_t i = 0; words[i]; i++)
		if (strcasecmp(text, words[i]) == 0)
			return true;
	if (strcasecmp(digits, ".inf") == 0 || strcasecmp(digits, ".nan") == 0)
		return true;
	if (plain_kind(text) != TREE_STRING)
		return true;
	return strspn(digits + (*digits == '.'), "0123456789") &&
	       !text[strspn(text, "0123456789abcdefABCDEFoxOXtTzZ_:.+- ")] &&
	       (!dot || !strchr(dot + 1, '.'));
}

static int add_text(yaml_document_t *doc, const char *text, size_t len)
{
	int id = yaml_document_add_scalar(doc, NULL, (const yaml_char_t *)text, (int)len,
					  needs_quotes(text) ? YAML_DOUBLE_QUOTED_SCALAR_STYLE
							     : YAML_PLAIN_SCALAR_STYLE);
	/* bytes that are no UTF-8 cannot be said in YAML */
	return id ? id
		  : yaml_document_add_scalar(doc, NULL, (const yaml_char_t *)"<not UTF-8>", -1,
					     YAML_PLAIN_SCALAR_STYLE);
}

static int add_node(yaml_document_t *doc, const struct tree *tree)
{
	int id;

	switch (tree->kind) {
	case TREE_MAP:
		id = yaml_document_add_mapping(doc, NULL, YAML_BLOCK_MAPPING_STYLE);
		for (const struct tree *at = tree->first; at; at = at->next) {
			int key = add_text(doc, at->key, strlen(at->key));
			yaml_document_append_mapping_pair(doc, id, key, add_node(doc, at));
		}
		return id;
	case TREE_LIST:
		id = yaml_document_add_sequence(doc, NULL, YAML_BLOCK_SEQUENCE_STYLE);
		for (const struct tree *at = tree->first; at; at = at->next)
			yaml_document_append_sequence_item(doc, id, add_node(doc, at));
		return id;
	case TREE_STRING:
		return add_text(doc, tree->text, tree->len);
	case TREE_NULL:
		return yaml_document_add_scalar(doc, NULL, (const yaml_char_t *)"null", -1,
						YAML_PLAIN_SCALAR_STYLE);
	default:
		return yaml_document_add_scalar(doc, NULL, (const yaml_char_t *)tree->text, -1,
						YAML_PLAIN_SCALAR_STYLE);
	}
}

static int write_out(void *arg, unsigned char *data, size_t len)
{
	return buf_add(arg, data, len) == 0;
}

int yaml_write(const struct tree *tree, struct buf *out, struct err *err)
{
	yaml_emitter_t emitter;
	yaml_document_t doc;

	if (!yaml_emitter_initialize(&emitter) ||
	    !yaml_document_initialize(&doc, NULL, NULL, NULL, 1, 1))
		abort();
	yaml_emitter_set_output(&emitter, write_out, out);
	yaml_emitter_set_unicode(&emitter, 1);
	yaml_emitter_set_width(&emitter, -1);
	add_node(&doc, tree);
	int ok = yaml_emitter_open(&emitter) && yaml_emitter_dump(&emitter, &doc) &&
		 yaml_emitter_close(&emitter);
	yaml_emitter_delete(&emitter);
	return ok ? 0 : err_set(err, ERR_BUG, "a document cannot be written as YAML");
}
