/*
 * test_tree: trees built by hand, and read by key and by path; what is not there is NULL at every step.
 */
#include "base/test/check.h"
#include "base/tree.h"

static void test_build(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct tree *map = tree_map(arena), *list = tree_list(arena);
	char key[] = "key", text[] = "text";

	CHECK_INT(map->kind, TREE_MAP);
	CHECK_INT(list->kind, TREE_LIST);
	CHECK_INT(tree_count(map) + tree_count(list), 0);

	/* keys and texts are copied */
	tree_set_string(arena, map, key, text);
	key[0] = text[0] = 'x';
	CHECK_STR(tree_string(map, "key"), "text");
	CHECK_STR(tree_get(map, "key")->key, "key");
	CHECK_INT(tree_get(map, "key")->len, 4);

	tree_set_number(arena, map, "zero", 0);
	tree_set_number(arena, map, "most", UINT64_MAX);
	tree_set_bool(arena, map, "yes", true);
	tree_set_bool(arena, map, "no", false);
	tree_set_string(arena, map, "null", NULL);
	tree_set_string(arena, map, "empty", "");
	CHECK_STR(tree_string(map, "zero"), "0");
	CHECK_STR(tree_string(map, "most"), "18446744073709551615");
	CHECK_STR(tree_string(map, "yes"), "true");
	CHECK_STR(tree_string(map, "no"), "false");
	CHECK_INT(tree_get(map, "most")->kind, TREE_NUMBER);
	CHECK_INT(tree_get(map, "no")->kind, TREE_BOOL);
	CHECK_INT(tree_get(map, "null")->kind, TREE_NULL);
	CHECK_INT(tree_get(map, "empty")->kind, TREE_STRING);
	CHECK_STR(tree_string(map, "empty"), "");
	CHECK_INT(tree_count(map), 7);
}

static void test_order(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct tree *map = tree_map(arena), *list = tree_list(arena);
	static const char *const keys[] = { "z", "a", "m", "" };
	size_t i = 0;

	for (; i < 4; i++)
		tree_set_number(arena, map, keys[i], i);
	i = 0;
	for (const struct tree *at = map->first; at; at = at->next)
		CHECK_STR(at->key, keys[i++]);
	CHECK_INT(i, 4);

	for (i = 0; i < 100; i++)
		tree_add(list, tree_new_number(arena, i));
	tree_add(list, tree_new_string(arena, "last"));
	CHECK_INT(tree_count(list), 101);
	CHECK_STR(tree_text(list->first), "0");
	CHECK_STR(tree_text(list->first->next), "1");
	CHECK(list->first->key == NULL);
}

static void test_read(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct tree *top = tree_map(arena), *inner = tree_map(arena), *list = tree_list(arena);

	tree_set(arena, top, "inner", inner);
	tree_set(arena, inner, "list", list);
	tree_add(list, tree_new_string(arena, "one"));
	tree_set_string(arena, inner, "text", "deep");
	tree_set_string(arena, inner, "null", NULL);

	CHECK(tree_at(top, NULL) == top);
	CHECK(tree_at(top, "inner", NULL) == inner);
	CHECK_STR(tree_text(tree_at(top, "inner", "text", NULL)), "deep");
	CHECK_STR(tree_text(tree_at(top, "inner", "list", NULL)->first), "one");
	/* a part of a key is no key, and case counts */
	CHECK(tree_get(top, "inne") == NULL);
	CHECK(tree_get(top, "inner2") == NULL);
	CHECK(tree_get(top, "Inner") == NULL);

	/* nothing, at whatever step */
	CHECK(tree_at(top, "none", "text", "more", NULL) == NULL);
	CHECK(tree_at(top, "inner", "none", NULL) == NULL);
	CHECK(tree_at(top, "inner", "text", "more", NULL) == NULL);
	CHECK(tree_at(top, "inner", "list", "one", NULL) == NULL);
	CHECK(tree_at(NULL, "inner", NULL) == NULL);
	CHECK(tree_get(NULL, "inner") == NULL);
	CHECK(tree_get(list, "one") == NULL);
	CHECK(tree_string(NULL, "inner") == NULL);
	CHECK(tree_string(top, "inner") == NULL);
	CHECK(tree_string(inner, "list") == NULL);
	CHECK(tree_string(inner, "null") == NULL);
	CHECK(tree_text(NULL) == NULL);
	CHECK_INT(tree_count(NULL), 0);
	CHECK_INT(tree_count(tree_get(inner, "text")), 0);
}

TESTS(TEST(test_build), TEST(test_order), TEST(test_read))
