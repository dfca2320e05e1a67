/*
 * fuzz_yaml: text as YAML; what is read is written as YAML and as JSON, and reads again as the same.
 */
#include "base/json.h"
#include "base/yaml.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static bool same(const struct tree *a, const struct tree *b)
{
	if (a->kind != b->kind || a->len != b->len || (a->len && memcmp(a->text, b->text, a->len)))
		return false;
	for (a = a->first, b = b->first; a && b; a = a->next, b = b->next)
		if (!same(a, b) || (a->key ? !b->key || strcmp(a->key, b->key) : b->key != NULL))
			return false;
	return !a && !b;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	scoped(arena) struct arena *arena = arena_new();
	scoped(buf) struct buf out = BUF_INIT(64 * 1024 * 1024), json = BUF_INIT(64 * 1024 * 1024);
	struct err err = ERR_INIT;
	const struct tree *tree = yaml_parse(arena, (const char *)data, len, 64 * 1024, &err);

	if (!tree)
		return 0;
	if (yaml_write(tree, &out, &err) || json_write(tree, false, &json, &err))
		abort();
	const struct tree *again = yaml_parse(arena, buf_str(&out), out.len, out.len, &err);
	if (!again || !same(tree, again))
		abort();
	return 0;
}
