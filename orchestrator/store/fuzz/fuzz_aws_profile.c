/*
 * fuzz_aws_profile: text as a profile file of either kind, and as a command (aws_profile.c).
 */
#include "store/aws_env.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	scoped(arena) struct arena *arena = arena_new();
	struct aws_profile one = { .found = false }, two = { .found = false };
	const char *text = (const char *)data;

	aws_profile_read(arena, text, len, true, "default", &one);
	aws_profile_read(arena, text, len, false, "p", &two);
	if ((!two.found && two.secret) || (two.secret && strchr(two.secret, '\n')))
		abort();
	const char *const *words = aws_split_command(arena, arena_strndup(arena, text, len));
	if (words && !words[0])
		abort();
	return 0;
}
