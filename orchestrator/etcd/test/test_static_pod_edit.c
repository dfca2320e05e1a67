/*
 * test_static_pod_edit: an annotation arrives, and every other byte is as it was.
 */
#include "base/test/check.h"
#include "base/yaml.h"
#include "etcd/static_pod.h"

#define KEY "etcd-backup/run"
#define END "spec:\n  containers:\n  - name: etcd # here\n"

struct edited {
	const char *about, *text, *want; /* want NULL: refused */
};

static const struct edited cases[] = {
	{ "none yet", "kind: Pod\nmetadata:\n  name: x\n" END,
	  "kind: Pod\nmetadata:\n  annotations:\n    " KEY ": \"v\"\n  name: x\n" END },
	{ "some there", "metadata:\n  annotations:\n    a: b\n  name: x\n" END,
	  "metadata:\n  annotations:\n    " KEY ": \"v\"\n    a: b\n  name: x\n" END },
	{ "the same there", "metadata:\n  annotations:\n    a: b\n    " KEY ": old\n    c: d\n" END,
	  "metadata:\n  annotations:\n    a: b\n    " KEY ": \"v\"\n    c: d\n" END },
	{ "quoted, with a comment", "metadata:\n  annotations:\n    " KEY ":  'o''ld'  # why\n" END,
	  "metadata:\n  annotations:\n    " KEY ":  \"v\"  # why\n" END },
	{ "double quotes", "metadata:\n  annotations:\n    \"" KEY "\": \"a\\\"b\" # why\n" END,
	  "metadata:\n  annotations:\n    \"" KEY "\": \"v\" # why\n" END },
	{ "comments",
	  "# one\nmetadata: # two\n  # three\n  annotations: # four\n    # five\n    a: b\n" END,
	  "# one\nmetadata: # two\n  # three\n  annotations: # four\n    # five\n    " KEY
	  ": \"v\"\n    a: b\n" END },
	{ "indent of four", "metadata:\n    name: x\n    annotations:\n        a: b\n" END,
	  "metadata:\n    name: x\n    annotations:\n        " KEY ": \"v\"\n        a: b\n" END },
	{ "indent of four, none yet", "metadata:\n    name: x\n" END,
	  "metadata:\n    annotations:\n      " KEY ": \"v\"\n    name: x\n" END },
	{ "CRLF", "kind: Pod\r\nmetadata:\r\n  name: x\r\nspec: {}\r\n",
	  "kind: Pod\r\nmetadata:\r\n  annotations:\r\n    " KEY
	  ": \"v\"\r\n  name: x\r\nspec: {}\r\n" },
	{ "CRLF, the same there", "metadata:\r\n  annotations:\r\n    " KEY ": old\r\nspec: {}\r\n",
	  "metadata:\r\n  annotations:\r\n    " KEY ": \"v\"\r\nspec: {}\r\n" },
	{ "no newline at the end", "spec: {}\nmetadata:\n  annotations:\n    " KEY ": old",
	  "spec: {}\nmetadata:\n  annotations:\n    " KEY ": \"v\"" },
	{ "a marker", "---\nmetadata:\n  name: x\n...\n",
	  "---\nmetadata:\n  annotations:\n    " KEY ": \"v\"\n  name: x\n...\n" },
	{ "flow map", "metadata: {name: x}\n" END, NULL },
	{ "flow map over lines", "metadata: {\n  name: x }\n" END, NULL },
	{ "flow annotations", "metadata:\n  annotations: {a: b}\n" END, NULL },
	{ "no metadata", END, NULL },
	{ "empty annotations", "metadata:\n  annotations:\n  name: x\n" END, NULL },
	{ "a value of two lines",
	  "metadata:\n  annotations:\n    " KEY ": |\n      a\n      b\n" END, NULL },
	{ "quoted over lines", "metadata:\n  annotations:\n    " KEY ": \"a\n      b\"\n" END,
	  NULL },
	{ "folded", "metadata:\n  annotations:\n    " KEY ": >-\n      a\n" END, NULL },
	{ "an alias", "x: &a old\nmetadata:\n  annotations:\n    " KEY ": *a\n" END, NULL },
	/* libyaml counts a lone CR as a line: the place would be the wrong one, and the text still parses */
	{ "lone CR", "a: 1\rb: 2\rmetadata:\n  name: x\nfoo:\n  bar: 1\n", NULL },
	{ "nothing after the key", "metadata:\n  annotations:\n    " KEY ": ", NULL },
	{ "no YAML", "metadata: [\n", NULL },
	{ "two documents", "metadata:\n  name: x\n---\nmetadata:\n  name: y\n", NULL },
	{ "empty", "", NULL },
};

static void test_cases(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped(buf) struct buf out = BUF_INIT(4096);
		struct err err = ERR_INIT;
		const struct edited *c = &cases[i];
		int before = check_failures;
		size_t len = strlen(c->text);
		scoped(mem) char *exact = mem_alloc(len); /* no NUL at its end */
		memcpy(exact, c->text, len);
		int failed = static_pod_annotate(exact, len, KEY, "v", &out, &err);
		CHECK_INT(failed, c->want ? 0 : -1);
		if (c->want) {
			CHECK_STR(buf_str(&out), c->want);
		} else {
			CHECK_INT(err.code, ERR_CONFIG);
			CHECK_INT(out.len, 0);
		}
		if (check_failures != before)
			fprintf(stderr, "in: %s\n", c->about);
	}
}

/* What the edit adds can be taken out again by a second edit's view of it: same place, new value. */
static void test_twice(void)
{
	static const char text[] = "metadata:\n  name: x\n" END;
	scoped(buf) struct buf one = BUF_INIT(4096), two = BUF_INIT(4096);
	struct err err = ERR_INIT;

	CHECK_INT(static_pod_annotate(text, strlen(text), KEY, "1", &one, &err), 0);
	CHECK_INT(static_pod_annotate(buf_str(&one), one.len, KEY, "2", &two, &err), 0);
	CHECK_INT(one.len, two.len);
	CHECK_HAS(buf_str(&two), KEY ": \"2\"\n");
	CHECK(!strstr(buf_str(&two), "\"1\""));
}

static void test_values(void)
{
	static const char text[] = "metadata:\n  name: x\n" END;
	scoped(arena) struct arena *arena = arena_new();
	scoped(buf) struct buf out = BUF_INIT(4096);
	struct err err = ERR_INIT;
	static const char value[] = "a \"b\" \\ 'c': # d";

	CHECK_INT(static_pod_annotate(text, strlen(text), KEY, value, &out, &err), 0);
	const struct tree *pod = yaml_parse(arena, buf_str(&out), out.len, 4096, &err);
	CHECK_STR(tree_text(tree_at(pod, "metadata", "annotations", KEY, NULL)), value);
	CHECK_INT(static_pod_annotate(text, strlen(text), KEY, "a\nb", &out, &err), -1);
	CHECK_INT(static_pod_annotate(text, strlen(text), "bad: key", "a", &out, &err), -1);
	CHECK_INT(static_pod_annotate(text, strlen(text), "bad\nkey", "a", &out, &err), -1);
	struct buf small = BUF_INIT(20);
	CHECK_INT(static_pod_annotate(text, strlen(text), KEY, "v", &small, &err), -1);
	CHECK_INT(small.len, 0);
	buf_release(&small);
}

TESTS(TEST(test_cases), TEST(test_twice), TEST(test_values))
