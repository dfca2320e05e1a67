/*
 * test_static_pod_join: the two flags arrive, and every other byte is as it was.
 */
#include "base/test/check.h"
#include "etcd/static_pod.h"

#include <string.h>

#define WANT "a=https://10.0.0.1:2380,b=https://10.0.0.2:2380"
#define CLUSTER "--initial-cluster=" WANT
#define STATE "--initial-cluster-state=existing"
#define HEAD \
	"# why\nspec:\n  containers:\n  - name: x\n    command: [etcd]\n  - name: etcd # here\n"
#define TAIL "    image: etcd:3.5\n"
#define OLD "    - --initial-cluster=a=https://10.0.0.1:2380\n"

struct joined {
	const char *about, *text, *want; /* want NULL: refused */
};

static const struct joined cases[] = {
	{ "the first node of kubeadm",
	  HEAD "    command:\n    - etcd\n" OLD "    - --name=a\n" TAIL,
	  HEAD "    command:\n    - etcd\n    - " CLUSTER "\n    - " STATE
	       "\n    - --name=a\n" TAIL },
	{ "one that joined",
	  HEAD "    command:\n    - etcd\n" OLD "    - --initial-cluster-state=new\n" TAIL,
	  HEAD "    command:\n    - etcd\n    - " CLUSTER "\n    - " STATE "\n" TAIL },
	{ "twice the same", HEAD "    command:\n    - " CLUSTER "\n    - " STATE "\n" TAIL,
	  HEAD "    command:\n    - " CLUSTER "\n    - " STATE "\n" TAIL },
	{ "the state first, indented, quoted",
	  HEAD "    args:\n      - \"--initial-cluster-state=new\"\n      -  "
	       "'--initial-cluster=x'\n" TAIL,
	  HEAD "    args:\n      - " STATE "\n      -  " CLUSTER "\n" TAIL },
	{ "CRLF",
	  "spec:\r\n  containers:\r\n  - name: etcd\r\n    command:\r\n    - "
	  "--initial-cluster=x\r\n",
	  "spec:\r\n  containers:\r\n  - name: etcd\r\n    command:\r\n    - " CLUSTER
	  "\r\n    - " STATE "\r\n" },
	{ "no newline at the end", HEAD "    command:\n    - " STATE "\n    - --initial-cluster=x",
	  HEAD "    command:\n    - " STATE "\n    - " CLUSTER },
	{ "none", HEAD "    command:\n    - etcd\n" TAIL, NULL },
	{ "another container's", "spec:\n  containers:\n  - name: x\n    command:\n" OLD, NULL },
	{ "two words", HEAD "    command:\n    - --initial-cluster\n    - x\n" TAIL, NULL },
	{ "twice", HEAD "    command:\n" OLD OLD TAIL, NULL },
	{ "in both lists", HEAD "    command:\n" OLD "    args:\n" OLD TAIL, NULL },
	{ "in one line", HEAD "    command: [etcd, --initial-cluster=x]\n" TAIL, NULL },
	{ "a comment behind it", HEAD "    command:\n    - --initial-cluster=x # y\n" TAIL, NULL },
	{ "over two lines", HEAD "    command:\n    - --initial-cluster=x,\n      y\n" TAIL, NULL },
	{ "in the environment",
	  HEAD "    command:\n" OLD
	       "    env:\n    - name: ETCD_INITIAL_CLUSTER_STATE\n      value: new\n",
	  NULL },
	{ "an anchor", HEAD "    command:\n    - &a --initial-cluster=x\n" TAIL, NULL },
	{ "no YAML", "spec: [\n", NULL },
	{ "empty", "", NULL },
};

static void test_cases(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped(buf) struct buf out = BUF_INIT(4096);
		struct err err = ERR_INIT;
		const struct joined *c = &cases[i];
		int before = check_failures;
		size_t len = strlen(c->text);
		scoped(mem) char *exact = mem_alloc(len); /* no NUL at its end */
		memcpy(exact, c->text, len);
		int failed = static_pod_join(exact, len, WANT, &out, &err);
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

/* A list that would be read as something else is not written. */
static void test_values(void)
{
	static const char text[] = HEAD "    command:\n" OLD TAIL;
	static const char *const values[] = { "a=b: c", "a=b #c", "a=b\n    - --x", "a=b:" };

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		scoped(buf) struct buf out = BUF_INIT(4096);
		struct err err = ERR_INIT;
		CHECK_INT(static_pod_join(text, sizeof(text) - 1, values[i], &out, &err), -1);
		CHECK_INT(out.len, 0);
	}
}

/* What does not fit is not written by half. */
static void test_room(void)
{
	static const char text[] = HEAD "    command:\n" OLD TAIL;
	scoped(buf) struct buf out = BUF_INIT(32);
	struct err err = ERR_INIT;

	CHECK_INT(static_pod_join(text, sizeof(text) - 1, WANT, &out, &err), -1);
	CHECK_STR(err.text, "the manifest is too long");
}

TESTS(TEST(test_cases), TEST(test_values), TEST(test_room))
