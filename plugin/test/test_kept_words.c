/* test_kept_words: what clean and rollback say of what is there. */
#include "base/test/check.h"
#include "plugin/kept_words.h"

static void test_words(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct play_node node = { .kept_bytes = 151 << 20, .kept_at = 1795257600 };

	CHECK_STR(kept_words(arena, &node, node.kept_at + (52 * 3600)),
		  "151Mi, put aside 2026-11-21T10:40:00Z, 2d4h ago");
	node = (struct play_node){ .kept_bytes = 8 << 10 };
	CHECK_STR(kept_words(arena, &node, 1795257600), "8Ki, no old data");
}

TESTS(TEST(test_words))
