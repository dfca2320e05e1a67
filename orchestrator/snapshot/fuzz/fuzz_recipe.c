/*
 * fuzz_recipe: text as a recipe; one that is read is written and read again (recipe.c).
 */
#include "snapshot/recipe.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	scoped(arena) struct arena *arena = arena_new();
	scoped(buf) struct buf text = BUF_INIT(4 * RECIPE_MAX);
	struct recipe one, two;
	struct err err = ERR_INIT;

	if (recipe_read(arena, (const char *)data, len, &one, &err))
		return 0;
	if (recipe_write(&one, &text, &err) ||
	    recipe_read(arena, buf_str(&text), text.len, &two, &err) ||
	    one.revision != two.revision || one.cluster.count != two.cluster.count ||
	    one.taken_at != two.taken_at || one.cluster.id != two.cluster.id)
		abort();
	return 0;
}
