/*
 * fuzz_json: text as JSON; what is read is written, and reads again.
 */
#include "base/json.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	scoped(arena) struct arena *arena = arena_new();
	scoped(buf) struct buf out = BUF_INIT(64 * 1024 * 1024);
	struct err err = ERR_INIT;
	const struct tree *tree = json_parse(arena, (const char *)data, len, 1024 * 1024, &err);

	if (!tree)
		return 0;
	if (json_write(tree, len % 2 == 0, &out, &err) ||
	    !json_parse(arena, buf_str(&out), out.len, out.len, &err))
		abort();
	return 0;
}
