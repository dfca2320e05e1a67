/*
 * test_yaml: YAML to a tree with its places, and back; texts that are made to be expensive or to be read wrong.
 */
#include "base/buf.h"
#include "base/json.h"
#include "base/test/check.h"
#include "base/yaml.h"

static const struct tree *parse(struct arena *arena, const char *text, struct err *err)
{
	*err = ERR_INIT;
	return yaml_parse(arena, text, strlen(text), 1024 * 1024, err);
}

static void test_scalars(void)
{
	static const struct {
		const char *text;
		enum tree_kind kind;
		const char *want;
	} cases[] = {
		{ "", TREE_NULL, NULL },
		{ "~", TREE_NULL, NULL },
		{ "null", TREE_NULL, NULL },
		{ "# only words", TREE_NULL, NULL },
		{ "true", TREE_BOOL, "true" },
		{ "false", TREE_BOOL, "false" },
		{ "yes", TREE_STRING, "yes" },
		{ "no", TREE_STRING, "no" },
		{ "on", TREE_STRING, "on" },
		{ "off", TREE_STRING, "off" },
		{ "y", TREE_STRING, "y" },
		{ "0", TREE_NUMBER, "0" },
		{ "-17", TREE_NUMBER, "-17" },
		{ "1.5", TREE_NUMBER, "1.5" },
		{ "1e3", TREE_NUMBER, "1e3" },
		{ "-1.5E-3", TREE_NUMBER, "-1.5E-3" },
		{ "9223372036854775807", TREE_NUMBER, "9223372036854775807" },
		{ "18446744073709551615", TREE_NUMBER, "18446744073709551615" },
		{ "007", TREE_STRING, "007" },
		{ "0x1f", TREE_STRING, "0x1f" },
		{ "0o17", TREE_STRING, "0o17" },
		{ "1_000", TREE_STRING, "1_000" },
		{ "12:30", TREE_STRING, "12:30" },
		{ "+1", TREE_STRING, "+1" },
		{ ".5", TREE_STRING, ".5" },
		{ "1.", TREE_STRING, "1." },
		{ "1e", TREE_STRING, "1e" },
		{ "-", TREE_LIST, NULL },
		{ ".inf", TREE_STRING, ".inf" },
		{ "1.2.3", TREE_STRING, "1.2.3" },
		{ "'true'", TREE_STRING, "true" },
		{ "\"17\"", TREE_STRING, "17" },
		{ "''", TREE_STRING, "" },
		{ "\"null\"", TREE_STRING, "null" },
		{ "|\n  17\n", TREE_STRING, "17\n" },
		{ ">-\n  a\n  b\n", TREE_STRING, "a b" },
		{ "\"\\x41\\u00e9\"", TREE_STRING, "A\xc3\xa9" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped(arena) struct arena *arena = arena_new();
		struct err err;
		const struct tree *tree = parse(arena, cases[i].text, &err);
		CHECK(tree != NULL);
		if (!tree)
			continue;
		CHECK_INT(tree->kind, cases[i].kind);
		CHECK_STR(tree_text(tree), cases[i].want);
		if (cases[i].want)
			CHECK_INT(tree->len, strlen(cases[i].want));
	}
}

static void test_places(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct err err;
	const struct tree *tree = parse(arena,
					"# head\n"
					"metadata:\n"
					"  name: x\n"
					"  labels:\n"
					"    a: b\n"
					"list:\n"
					"- one\n"
					"- two: 2\n",
					&err);

	CHECK(tree != NULL);
	if (!tree)
		return;
	CHECK_INT(tree->line, 1);
	const struct tree *at = tree_get(tree, "metadata");
	CHECK_INT(at->line, 1);
	CHECK_INT(at->column, 0);
	CHECK_INT(at->value_line, 2);
	at = tree_at(tree, "metadata", "labels", "a", NULL);
	CHECK_INT(at->line, 4);
	CHECK_INT(at->column, 4);
	CHECK_INT(at->value_line, 4);
	at = tree_get(tree, "list");
	CHECK_INT(at->line, 5);
	CHECK_INT(at->value_line, 6);
	CHECK_INT(at->first->line, 6);
	CHECK_INT(at->first->column, 2);
	CHECK_INT(at->first->next->line, 7);
	CHECK_STR(tree_string(at->first->next, "two"), "2");
}

static void test_bad(void)
{
	static const struct {
		const char *text, *words;
	} bad[] = {
		{ "a: 1\nb: 2\na: 3\n", "YAML line 3: \"a\" is there twice" },
		{ "a: {b: 1, b: 2}\n", "\"b\" is there twice" },
		{ "a: 1\n\"a\": 2\n", "\"a\" is there twice" },
		{ "a: 1\n---\nb: 2\n", "more than one document" },
		{ "--- 1\n--- 2\n", "more than one document" },
		{ "a: 1\n...\n---\n{", "YAML line" },
		{ "a: 1\n---\n", "more than one document" },
		{ "{a: 1}: b\n", "no text" },
		{ "? [a]\n: b\n", "no text" },
		{ "a: [1\n", "YAML line 2" },
		{ "a: 1\n b: 2\n", "YAML line 2" },
		{ "a: *nowhere\n", "YAML line 1" },
		{ "a: &x 1\nb: &x 2\nc: *y\n", "YAML line 2: second occurrence" },
		{ "a: \"x\n", "YAML line" },
		{ "a:\n\t- b\n", "YAML line 2" },
		{ "a: \xff\n", "YAML line 1" },
		{ "a: \x01\n", "YAML line 1" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		scoped(arena) struct arena *arena = arena_new();
		struct err err;
		CHECK(parse(arena, bad[i].text, &err) == NULL);
		CHECK_INT(err.code, ERR_CONFIG);
		CHECK_HAS(err.text, bad[i].words);
	}
}

/* A large map is read as fast as a small one, and its last key is still compared with its first. */
static void test_many_keys(void)
{
	scoped(arena) struct arena *arena = arena_new();
	scoped(buf) struct buf text = BUF_INIT(2 * 1024 * 1024);
	struct err err = ERR_INIT;
	uint64_t began = now_ms();

	for (int i = 0; i < 60000; i++)
		buf_addf(&text, "k%d: 1\n", i);
	const struct tree *tree = yaml_parse(arena, buf_str(&text), text.len, text.len, &err);
	CHECK_INT(tree_count(tree), 60000);
	buf_adds(&text, "k0: 2\n");
	CHECK(yaml_parse(arena, buf_str(&text), text.len, text.len, &err) == NULL);
	CHECK_STR(err.text, "YAML line 60001: \"k0\" is there twice");
	CHECK(now_ms() - began < 10 * 1000);
}

static void test_size(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct err err = ERR_INIT;

	CHECK(yaml_parse(arena, "a: bc\n", 6, 6, &err) != NULL);
	CHECK(yaml_parse(arena, "a: bc\n", 6, 5, &err) == NULL);
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
}

static void test_nodes(void)
{
	for (int extra = 0; extra < 2; extra++) {
		scoped(arena) struct arena *arena = arena_new();
		scoped(buf) struct buf text = BUF_INIT(1024 * 1024);
		struct err err;
		buf_adds(&text, "[");
		for (int i = 0; i < 100 * 1000 - 1 + extra; i++)
			buf_adds(&text, "1,");
		buf_adds(&text, "]");
		CHECK((parse(arena, buf_str(&text), &err) != NULL) == !extra);
		if (extra)
			CHECK_HAS(err.text, "100000 nodes");
	}
}

static void test_alias(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct err err;
	const struct tree *tree = parse(arena, "a: &x {k: v}\nb: *x\nc: [*x, *x]\n", &err);

	CHECK_STR(tree_text(tree_at(tree, "a", "k", NULL)), "v");
	CHECK_STR(tree_text(tree_at(tree, "b", "k", NULL)), "v");
	CHECK_INT(tree_count(tree_get(tree, "c")), 2);
	CHECK_STR(tree_get(tree, "b")->key, "b");

	/* and what it repeats has a limit of bytes, too */
	scoped(buf) struct buf many = BUF_INIT(100 * 1000);
	buf_adds(&many, "a: &a ");
	for (int i = 0; i < 1000; i++)
		buf_adds(&many, "0123456789");
	buf_adds(&many, "\nb: [");
	for (int i = 0; i < 100; i++)
		buf_adds(&many, "*a, ");
	buf_adds(&many, "*a]\n");
	CHECK(!yaml_parse(arena, many.data, many.len, many.len, &err));
	CHECK_INT(err.code, ERR_CONFIG);
	CHECK_HAS(err.text, "aliases make it too large");
	err = ERR_INIT;

	/* an alias of what it stands in has no end */
	CHECK(parse(arena, "&a [*a]", &err) == NULL);
	CHECK_HAS(err.text, "64 levels");
	CHECK(parse(arena, "a: &a {b: *a, c: *a}", &err) == NULL);

	/* ten to the ninth */
	CHECK(parse(arena,
		    "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
		    "b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
		    "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
		    "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
		    "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n"
		    "f: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n"
		    "g: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f,*f]\n"
		    "h: &h [*g,*g,*g,*g,*g,*g,*g,*g,*g,*g]\n"
		    "i: &i [*h,*h,*h,*h,*h,*h,*h,*h,*h,*h]\n",
		    &err) == NULL);
	CHECK_INT(err.code, ERR_CONFIG);
	CHECK_HAS(err.text, "aliases make it too large");
}

/* Strings that a reader, this one or one of YAML 1.1, could take for something else. */
static const char *const tricky[] = {
	"",
	" ",
	" a",
	"a ",
	"true",
	"false",
	"True",
	"TRUE",
	"yes",
	"no",
	"Yes",
	"NO",
	"on",
	"off",
	"y",
	"n",
	"null",
	"Null",
	"NULL",
	"~",
	"17",
	"-17",
	"+17",
	"1.5",
	"1e3",
	".5",
	"1.",
	"007",
	"0x1f",
	"0o17",
	"0b1",
	"1_000",
	"12:30",
	"1:2:3",
	".inf",
	"-.Inf",
	".NaN",
	"-",
	"- a",
	"?",
	": b",
	"a: b",
	"a #b",
	"#",
	"*x",
	"&x",
	"!x",
	"%x",
	"@x",
	"`x",
	"{",
	"[",
	"'",
	"\"",
	"|",
	">",
	"---",
	"...",
	"a\nb",
	"a\n",
	"\n",
	"a\tb",
	"\t",
	"a\rb",
	"\x1b[",
	"\\n",
	"\xc3\xa9",
	"\xc2\x85",
	"\xe2\x80\xa8",
	"=",
	"<<",
	"2001-12-14",
	"2001-12-14T21:59:43Z",
	"1.2.3",
	"https://10.0.0.1:2379",
	"20261121T104107-7f3a",
	"1e",
	"0e5",
	"12e03",
	"6e23",
};

static void test_round_trip(void)
{
	scoped(arena) struct arena *arena = arena_new();
	scoped(buf) struct buf out = BUF_INIT(64 * 1024);
	struct tree *map = tree_map(arena), *list = tree_list(arena), *keys = tree_map(arena);
	size_t count = sizeof(tricky) / sizeof(tricky[0]), i = 0;
	struct err err = ERR_INIT;

	for (i = 0; i < count; i++) {
		tree_add(list, tree_new_string(arena, tricky[i]));
		tree_set_string(arena, keys, tricky[i], tricky[i]);
	}
	tree_set(arena, map, "list", list);
	tree_set(arena, map, "keys", keys);
	tree_set_number(arena, map, "number", UINT64_MAX);
	tree_set_bool(arena, map, "bool", true);
	tree_set_string(arena, map, "null", NULL);
	tree_set(arena, map, "empty map", tree_map(arena));
	tree_set(arena, map, "empty list", tree_list(arena));
	CHECK_INT(yaml_write(map, &out, &err), 0);
	const struct tree *back = parse(arena, buf_str(&out), &err);
	CHECK_STR(err.text, "");
	if (!back)
		return;
	i = 0;
	for (const struct tree *at = tree_get(back, "list")->first; at && i < count;
	     at = at->next) {
		CHECK_INT(at->kind, TREE_STRING);
		CHECK_STR(at->text, tricky[i++]);
	}
	CHECK_INT(i, count);
	i = 0;
	for (const struct tree *at = tree_get(back, "keys")->first; at && i < count;
	     at = at->next) {
		CHECK_STR(at->key, tricky[i]);
		CHECK_STR(tree_text(at), tricky[i++]);
	}
	CHECK_INT(i, count);
	CHECK_STR(tree_string(back, "number"), "18446744073709551615");
	CHECK_INT(tree_get(back, "number")->kind, TREE_NUMBER);
	CHECK_INT(tree_get(back, "bool")->kind, TREE_BOOL);
	CHECK_INT(tree_get(back, "null")->kind, TREE_NULL);
	CHECK_INT(tree_get(back, "empty map")->kind, TREE_MAP);
	CHECK_INT(tree_get(back, "empty list")->kind, TREE_LIST);
}

/* Those are strings here, but not to every reader: they are written in quotes. */
static void test_quoted(void)
{
	static const char *const quoted[] = {
		"true",  "True",  "yes",  "No",    "on",   "OFF", "y",          "null", "NULL",
		"~",     "17",    "+17",  "1.",    ".5",   "007", "0x1f",       "0b1",  "0o17",
		"1_000", "12:30", ".inf", "-.INF", ".NaN", "1e3", "2001-12-14", "",
	};
	static const char *const plain[] = { "etcd",          "cp-1",   "v1.31.0",
					     "/var/lib/etcd", "nobody", "https://10.0.0.1:2379" };

	for (size_t i = 0; i < sizeof(quoted) / sizeof(quoted[0]); i++) {
		scoped(arena) struct arena *arena = arena_new();
		scoped(buf) struct buf out = BUF_INIT(100), want = BUF_INIT(100);
		struct tree *map = tree_map(arena);
		struct err err = ERR_INIT;
		tree_set_string(arena, map, "k", quoted[i]);
		buf_addf(&want, "k: \"%s\"\n", quoted[i]);
		CHECK_INT(yaml_write(map, &out, &err), 0);
		CHECK_HAS(buf_str(&out), buf_str(&want));
	}
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		scoped(arena) struct arena *arena = arena_new();
		scoped(buf) struct buf out = BUF_INIT(100), want = BUF_INIT(100);
		struct tree *map = tree_map(arena);
		struct err err = ERR_INIT;
		tree_set_string(arena, map, "k", plain[i]);
		buf_addf(&want, "k: %s\n", plain[i]);
		CHECK_INT(yaml_write(map, &out, &err), 0);
		CHECK_HAS(buf_str(&out), buf_str(&want));
	}
}

static void test_write_bytes(void)
{
	scoped(arena) struct arena *arena = arena_new();
	scoped(buf) struct buf out = BUF_INIT(1000), small = BUF_INIT(5);
	struct tree *map = tree_map(arena);
	struct err err = ERR_INIT;

	tree_set_string(arena, map, "a", "\xff\xfe");
	tree_set_string(arena, map, "b", "after");
	CHECK_INT(yaml_write(map, &out, &err), 0);
	CHECK_STR(tree_string(parse(arena, buf_str(&out), &err), "b"), "after");
	CHECK_INT(yaml_write(map, &small, &err), -1);
	CHECK_INT(err.code, ERR_BUG);
}

/* One document said in both ways is one tree. */
static void test_same_as_json(void)
{
	scoped(arena) struct arena *arena = arena_new();
	scoped(buf) struct buf out = BUF_INIT(1000);
	struct err err;
	const struct tree *tree = parse(
		arena, "a: [1, '1', true, \"true\", null, x, 1e400]\nb:\n  c: ''\n  d:\n", &err);

	CHECK(tree != NULL);
	if (tree)
		CHECK_INT(json_write(tree, true, &out, &err), 0);
	CHECK_STR(buf_str(&out), "{\"a\":[1,\"1\",true,\"true\",null,\"x\",1e400],"
				 "\"b\":{\"c\":\"\",\"d\":null}}\n");
}

TESTS(TEST(test_scalars), TEST(test_places), TEST(test_bad), TEST(test_many_keys), TEST(test_size),
      TEST(test_depth), TEST(test_nodes), TEST(test_alias), TEST(test_round_trip),
      TEST(test_quoted), TEST(test_write_bytes), TEST(test_same_as_json))
