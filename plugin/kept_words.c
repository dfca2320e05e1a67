/*
 * kept_words: see kept_words.h.
 */
#include "plugin/kept_words.h"

#include "plugin/print.h"
#include "plugin/time_words.h"

const char *kept_words(struct arena *arena, const struct play_node *node, uint64_t now)
{
	char size[16], when[21], age[16];

	size_text(node->kept_bytes, size);
	if (!node->kept_at)
		return arena_printf(arena, "%s, no old data", size);
	time_text(node->kept_at, when);
	age_text(now, node->kept_at, age);
	return arena_printf(arena, "%s, put aside %s, %s ago", size, when, age);
}
