/*
 * test_json: JSON to a tree and back; limits, duplicate keys, numbers that stay exact.
 */
#include "base/json.h"
#include "base/test/check.h"

static const struct tree *parse(struct arena *arena, const char *text, struct err *err)
{
	*err = ERR_INIT;
	return json_parse(arena, text, strlen(text), 64 * 1024, err);
}

static void test_read(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct err err;
	const struct tree *tree =
		parse(arena,
		      "{\"s\":\"a\\n\\u00e9\",\"n\":17,\"neg\":-3,\"t\":true,\"f\":false,"
		      "\"z\":null,\"l\":[1,\"1\",[]],\"m\":{\"k\":{\"k\":\"deep\"}}}",
		      &err);

	CHECK(tree != NULL);
	if (!tree)
		return;
	CHECK_INT(tree->kind, TREE_MAP);
	CHECK_INT(tree_count(tree), 8);
	CHECK_STR(tree_string(tree, "s"), "a\n\xc3\xa9");
	CHECK_STR(tree_string(tree, "n"), "17");
	CHECK_INT(tree_get(tree, "n")->kind, TREE_NUMBER);
	CHECK_STR(tree_string(tree, "neg"), "-3");
	CHECK_INT(tree_get(tree, "t")->kind, TREE_BOOL);
	CHECK_STR(tree_string(tree, "t"), "true");
	CHECK_STR(tree_string(tree, "f"), "false");
	CHECK_INT(tree_get(tree, "z")->kind, TREE_NULL);
	CHECK(tree_string(tree, "z") == NULL);
	const struct tree *list = tree_get(tree, "l");
	CHECK_INT(list->kind, TREE_LIST);
	CHECK_INT(tree_count(list), 3);
	CHECK_INT(list->first->next->kind, TREE_STRING);
	CHECK(list->first->key == NULL);
	CHECK_STR(tree_text(tree_at(tree, "m", "k", "k", NULL)), "deep");
	CHECK(tree_at(tree, "m", "none", "k", NULL) == NULL);
	CHECK(tree_at(tree, "s", "k", NULL) == NULL);
	CHECK(tree_text(list) == NULL);
	CHECK(tree_get(NULL, "x") == NULL);
	CHECK_INT(tree_count(NULL), 0);
}

static void test_bad(void)
{
	static const struct {
		const char *text, *words;
	} bad[] = {
		{ "", "JSON line 1" },
		{ "{", "JSON line 1" },
		{ "{\n\"a\": 1,\n\"a\": 2}", "JSON line 3" },
		{ "{\"a\":1,\"a\":2}", "duplicate" },
		{ "[1] [2]", "JSON line 1" },
		{ "{'a':1}", "JSON line 1" },
		{ "[1,]", "JSON line 1" },
		{ "[01]", "JSON line 1" },
		{ "[TRUE]", "JSON line 1" },
		{ "[NaN]", "JSON line 1" },
		{ "\"\xff\"", "JSON line 1" },
		{ "\"\\u0000\"", "JSON line 1" },
		{ "[99999999999999999999]", "too big" },
		{ "[1e999]", "overflow" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		scoped(arena) struct arena *arena = arena_new();
		struct err err;
		CHECK(parse(arena, bad[i].text, &err) == NULL);
		CHECK_INT(err.code, ERR_CONFIG);
		CHECK_HAS(err.text, bad[i].words);
	}
}

static void test_size(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct err err = ERR_INIT;

	CHECK(json_parse(arena, "[1, 2]", 6, 6, &err) != NULL);
	CHECK(json_parse(arena, "[1, 2]", 6, 5, &err) == NULL);
	CHECK_INT(err.code, ERR_CONFIG);
	CHECK_HAS(err.text, "more than 5 bytes");
}

static void test_depth(void)
{
	for (int depth = 63; depth < 67; depth++) {
		scoped(arena) struct arena *arena = arena_new();
		scoped(buf) struct buf text = BUF_INIT(1000);
		struct err err;
		for (int i = 0; i < depth; i++)
			buf_adds(&text, "[");
		buf_adds(&text, "1");
		for (int i = 0; i < depth; i++)
			buf_adds(&text, "]");
		const struct tree *tree = parse(arena, buf_str(&text), &err);
		CHECK((tree != NULL) == (depth <= 64));
		if (!tree)
			CHECK_HAS(err.text, "64 levels");
	}
	scoped(arena) struct arena *arena = arena_new();
	scoped(buf) struct buf text = BUF_INIT(64 * 1024);
	struct err err;
	for (int i = 0; i < 60 * 1024; i++)
		buf_adds(&text, "[");
	CHECK(parse(arena, buf_str(&text), &err) == NULL);
	CHECK_INT(err.code, ERR_CONFIG);
}

static void test_exact(void)
{
	static const char *const texts[] = {
		"0", "-1", "9007199254740993", "9223372036854775807", "-9223372036854775808",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		scoped(arena) struct arena *arena = arena_new();
		scoped(buf) struct buf out = BUF_INIT(100);
		struct err err;
		const struct tree *tree = parse(arena, texts[i], &err);
		CHECK(tree && tree->kind == TREE_NUMBER);
		CHECK_STR(tree_text(tree), texts[i]);
		CHECK_INT(json_write(tree, true, &out, &err), 0);
		buf_trim(&out);
		CHECK_STR(buf_str(&out), texts[i]);
	}
	static const char *const reals[] = { "0.1", "1.5", "-2.25", "3.141592653589793", "1e+300" };
	for (size_t i = 0; i < sizeof(reals) / sizeof(reals[0]); i++) {
		scoped(arena) struct arena *some = arena_new();
		struct err none;
		CHECK_STR(tree_text(parse(some, reals[i], &none)), reals[i]);
	}
	/* what is built by hand goes as far as an unsigned number goes */
	scoped(arena) struct arena *arena = arena_new();
	scoped(buf) struct buf out = BUF_INIT(100);
	struct err err = ERR_INIT;
	CHECK_INT(json_write(tree_new_number(arena, UINT64_MAX), true, &out, &err), 0);
	CHECK_STR(buf_str(&out), "18446744073709551615\n");
}

static void test_write(void)
{
	scoped(arena) struct arena *arena = arena_new();
	scoped(buf) struct buf line = BUF_INIT(1000), block = BUF_INIT(1000);
	struct tree *map = tree_map(arena), *list = tree_list(arena);
	struct err err = ERR_INIT;

	tree_set_string(arena, map, "z", "quote \" back \\ line \n bell \a \xc3\xa9");
	tree_set_string(arena, map, "null", NULL);
	tree_set_number(arena, map, "n", 17);
	tree_set_bool(arena, map, "yes", true);
	tree_set_bool(arena, map, "no", false);
	tree_add(list, tree_new_string(arena, "1"));
	tree_add(list, tree_new_string(arena, "true"));
	tree_set(arena, map, "l", list);
	tree_set(arena, map, "e", tree_map(arena));
	tree_set(arena, map, "f", tree_list(arena));
	CHECK_INT(json_write(map, true, &line, &err), 0);
	CHECK_STR(buf_str(&line),
		  "{\"z\":\"quote \\\" back \\\\ line \\n bell \\u0007 "
		  "\xc3\xa9\",\"null\":null,\"n\":17,"
		  "\"yes\":true,\"no\":false,\"l\":[\"1\",\"true\"],\"e\":{},\"f\":[]}\n");
	CHECK_INT(json_write(map, false, &block, &err), 0);
	CHECK_HAS(buf_str(&block), "{\n  \"z\": \"quote");
	CHECK_HAS(buf_str(&block), "\n  \"l\": [\n    \"1\",\n    \"true\"\n  ],\n");

	scoped(buf) struct buf again = BUF_INIT(1000);
	const struct tree *back = parse(arena, buf_str(&block), &err);
	CHECK(back != NULL);
	if (back)
		CHECK_INT(json_write(back, true, &again, &err), 0);
	CHECK_STR(buf_str(&again), buf_str(&line));

	scoped(buf) struct buf small = BUF_INIT(20);
	CHECK_INT(json_write(map, true, &small, &err), -1);
	CHECK_INT(err.code, ERR_BUG);
}

static void test_write_bytes(void)
{
	scoped(arena) struct arena *arena = arena_new();
	scoped(buf) struct buf out = BUF_INIT(1000);
	struct tree *map = tree_map(arena);
	struct err err = ERR_INIT;

	tree_set_string(arena, map, "a", "\xff\xfe");
	tree_set_string(arena, map, "b", "after");
	CHECK_INT(json_write(map, true, &out, &err), 0);
	CHECK_HAS(buf_str(&out), "\"b\":\"after\"");
	CHECK(parse(arena, buf_str(&out), &err) != NULL);
}

TESTS(TEST(test_read), TEST(test_bad), TEST(test_size), TEST(test_depth), TEST(test_exact),
      TEST(test_write), TEST(test_write_bytes))
