/*
 * test_kubeconfig: files in a temporary folder: which of them counts, what they give, and every word said when
 * something is missing.
 */
#include "base/test/check.h"
#include "plugin/kubeconfig.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/test-kubeconfig-XXXXXX";

static void write_text(const char *name, const char *text)
{
	scoped(mem) char *path = mem_printf("%s/%s", folder, name);
	FILE *file = fopen(path, "w");

	CHECK(file != NULL);
	if (!file)
		return;
	fputs(text, file);
	fclose(file);
}

static int load(const char *name, const char *context, struct kubeconfig *out, struct err *err)
{
	scoped(mem) char *path = mem_printf("%s/%s", folder, name);

	*err = ERR_INIT;
	return kubeconfig_load(path, context, out, err);
}

/* KUBECONFIG from names in the folder, "one:two". */
static int load_list(const char *names, const char *context, struct kubeconfig *out,
		     struct err *err)
{
	scoped(buf) struct buf list = BUF_INIT(16 * 1024);

	for (const char *at = names; *at;) {
		size_t len = strcspn(at, ":");
		if (len)
			buf_addf(&list, "%s/%.*s", folder, (int)len, at);
		at += len;
		if (*at == ':')
			buf_adds(&list, *at++ ? ":" : "");
	}
	setenv("KUBECONFIG", buf_str(&list), 1);
	*err = ERR_INIT;
	int failed = kubeconfig_load(NULL, context, out, err);
	unsetenv("KUBECONFIG");
	return failed;
}

#define CONTEXT(name, cluster, user) \
	"- name: " name "\n  context: {cluster: " cluster ", user: " user "}\n"
#define CLUSTER(name, more) "- name: " name "\n  cluster: {" more "}\n"
#define USER(name, more) "- name: " name "\n  user: {" more "}\n"
#define SERVER(name) "server: 'https://" name ":6443'"

static void make_files(void)
{
	CHECK(mkdtemp(folder) != NULL);
	scoped(mem) char *sub = mem_printf("%s/sub", folder);
	CHECK_INT(mkdir(sub, 0700), 0);
	write_text("sub/ca.pem", "the ca\n");
	write_text("sub/cert.pem", "the cert\n");
	write_text("sub/key.pem", "the key\n");
	write_text("sub/token", "the token\n\n");
	write_text(
		"sub/paths",
		"current-context: c\ncontexts:\n" CONTEXT("c", "k", "u") "clusters:\n" CLUSTER(
			"k",
			SERVER("a") ", certificate-authority: ca.pem") "users:\n" USER("u",
										       "client-"
										       "certificate"
										       ": "
										       "cert.pem, "
										       "client-key:"
										       " ./"
										       "key.pem, "
										       "tokenFile: "
										       "token"));
	write_text(
		"data",
		"apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts:\n" CONTEXT("c", "k",
											"u")
			CONTEXT("d", "k2", "u2") "clusters:\n" CLUSTER(
				"k", SERVER("a") ", certificate-authority-data: dGhlIGRhdGE=,"
						 " certificate-authority: /no/such/file, "
						 "tls-server-name: tls,"
						 " proxy-url: 'http://p:1'")
				CLUSTER("k2",
					SERVER("b") ", insecure-skip-tls-verify: "
						    "true") "users:\n" USER("u",
									    "client-certificate-"
									    "data: Y2VydA==, "
									    "client-certificate: "
									    "/no,"
									    " client-key-data: "
									    "a2V5, client-key: /no")
					USER("u2", "token: secret"));
	write_text("one", "current-context: c1\ncontexts:\n" CONTEXT("c1", "shared", "u")
				  CONTEXT("both", "shared",
					  "u") "clusters:\n" CLUSTER("shared", SERVER("one")));
	write_text("two", "current-context: c2\ncontexts:\n" CONTEXT("c2", "own", "u")
				  CONTEXT("both", "own", "none") "clusters:\n" CLUSTER(
					  "shared", SERVER("two") ", tls-server-name: two")
					  CLUSTER("own", SERVER("own")) "users:\n" USER(
						  "u", "token: from-two"));
	write_text("no-current", "current-context: ''\n");
	write_text("empty", "");
}

static void test_paths(void)
{
	struct kubeconfig c;
	struct err err;

	/* relative to the file that they stand in, wherever we are */
	CHECK_INT(load("sub/paths", NULL, &c, &err), 0);
	CHECK_STR(err.text, "");
	if (err.code)
		return;
	CHECK_STR(c.context, "c");
	CHECK_STR(c.cluster, "k");
	CHECK_STR(c.user, "u");
	CHECK_STR(c.server, "https://a:6443");
	CHECK_STR(buf_str(&c.ca), "the ca\n");
	CHECK_STR(buf_str(&c.cert), "the cert\n");
	CHECK_STR(buf_str(&c.key), "the key\n");
	CHECK_STR(buf_str(&c.token), "the token");
	CHECK(!c.skip_verify);
	CHECK(c.tls_server_name == NULL && c.proxy_url == NULL);
	kubeconfig_release(&c);

	CHECK_INT(chdir(folder), 0);
	CHECK_INT(kubeconfig_load("sub/paths", NULL, &c, &err), 0);
	CHECK_STR(buf_str(&c.ca), "the ca\n");
	kubeconfig_release(&c);
	CHECK_INT(chdir("sub"), 0);
	CHECK_INT(kubeconfig_load("paths", NULL, &c, &err), 0);
	CHECK_STR(buf_str(&c.key), "the key\n");
	kubeconfig_release(&c);
	CHECK_INT(chdir("/"), 0);
}

static void test_data(void)
{
	struct kubeconfig c;
	struct err err;

	CHECK_INT(load("data", NULL, &c, &err), 0);
	CHECK_STR(err.text, "");
	if (err.code)
		return;
	CHECK_STR(buf_str(&c.ca), "the data");
	CHECK_STR(buf_str(&c.cert), "cert");
	CHECK_STR(buf_str(&c.key), "key");
	CHECK(c.key.secret && c.token.secret);
	CHECK_INT(c.token.len, 0);
	CHECK_STR(c.tls_server_name, "tls");
	CHECK_STR(c.proxy_url, "http://p:1");
	kubeconfig_release(&c);

	CHECK_INT(load("data", "d", &c, &err), 0);
	CHECK_STR(c.server, "https://b:6443");
	CHECK(c.skip_verify);
	CHECK_STR(buf_str(&c.token), "secret");
	CHECK_INT(c.ca.len + c.cert.len + c.key.len, 0);
	kubeconfig_release(&c);

	/* in lines, as a person may have put it; and a user with nothing at all */
	write_text("lines",
		   "current-context: c\ncontexts:\n" CONTEXT("c", "k", "u") "clusters:\n" CLUSTER(
			   "k", SERVER("a") ", certificate-authority-data: "
					    "\"dGhl\\r\\nIGRh\\ndGE=\\n\"") "users:\n- name: u\n");
	CHECK_INT(load("lines", NULL, &c, &err), 0);
	CHECK_STR(err.text, "");
	if (err.code)
		return;
	CHECK_STR(buf_str(&c.ca), "the data");
	CHECK_INT(c.cert.len + c.key.len + c.token.len, 0);
	kubeconfig_release(&c);
}

static void test_merge(void)
{
	static const struct {
		const char *files, *context, *want_context, *server, *tls;
	} cases[] = {
		/* the first file's context; its cluster whole; the user of the second */
		{ "one:two", NULL, "c1", "https://one:6443", NULL },
		{ "two:one", NULL, "c2", "https://own:6443", NULL },
		{ "two:one", "c1", "c1", "https://two:6443", "two" },
		{ "one:two", "c2", "c2", "https://own:6443", NULL },
		{ "one:two", "both", "both", "https://one:6443", NULL },
		/* missing, empty and repeated ones */
		{ "missing:one:gone:two", NULL, "c1", "https://one:6443", NULL },
		{ "one:one:two:one:two", NULL, "c1", "https://one:6443", NULL },
		{ "empty:no-current:two:one", NULL, "c2", "https://own:6443", NULL },
		{ "::one::two", NULL, "c1", "https://one:6443", NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kubeconfig c;
		struct err err;
		CHECK_INT(load_list(cases[i].files, cases[i].context, &c, &err), 0);
		CHECK_STR(err.text, "");
		if (err.code)
			continue;
		CHECK_STR(c.context, cases[i].want_context);
		CHECK_STR(c.server, cases[i].server);
		CHECK_STR(c.tls_server_name, cases[i].tls);
		CHECK_STR(buf_str(&c.token), "from-two");
		kubeconfig_release(&c);
	}

	/* what the first file says of a name is all that there is */
	struct kubeconfig c;
	struct err err;
	CHECK_INT(load_list("two:one", "both", &c, &err), -1);
	CHECK_HAS(err.text, "user \"none\" does not exist");
}

static void test_where(void)
{
	scoped(mem) char *home = mem_printf("%s/home", folder);
	scoped(mem) char *kube = mem_printf("%s/.kube", home);
	struct kubeconfig c;
	struct err err = ERR_INIT;

	CHECK_INT(mkdir(home, 0700), 0);
	CHECK_INT(mkdir(kube, 0700), 0);
	setenv("HOME", home, 1);
	unsetenv("KUBECONFIG");
	CHECK_INT(kubeconfig_load(NULL, NULL, &c, &err), -1);
	CHECK_INT(err.code, ERR_CONFIG);
	CHECK_HAS(err.text, "no kubeconfig was found");

	write_text("home/.kube/config",
		   "current-context: c\ncontexts:\n" CONTEXT("c", "k", "u") "clusters:\n" CLUSTER(
			   "k", SERVER("home")) "users:\n" USER("u", "token: t"));
	CHECK_INT(kubeconfig_load(NULL, NULL, &c, &err), 0);
	CHECK_STR(c.server, "https://home:6443");
	kubeconfig_release(&c);
	setenv("KUBECONFIG", "", 1);
	CHECK_INT(kubeconfig_load(NULL, NULL, &c, &err), 0);
	CHECK_STR(c.server, "https://home:6443");
	kubeconfig_release(&c);

	/* the flag beats the variable, which beats the home folder */
	CHECK_INT(load_list("two", NULL, &c, &err), 0);
	CHECK_STR(c.server, "https://own:6443");
	kubeconfig_release(&c);
	scoped(mem) char *two = mem_printf("%s/two", folder);
	setenv("KUBECONFIG", two, 1);
	CHECK_INT(load("data", NULL, &c, &err), 0);
	CHECK_STR(c.server, "https://a:6443");
	kubeconfig_release(&c);
	unsetenv("KUBECONFIG");
	CHECK_INT(load_list("gone", NULL, &c, &err), -1);
	CHECK_HAS(err.text, "no kubeconfig was found");
}

#define WHOLE(cluster, user)                                                            \
	"current-context: c\ncontexts:\n" CONTEXT("c", "k", "u") "clusters:\n" CLUSTER( \
		"k", cluster) "users:\n" USER("u", user)

static void test_bad(void)
{
	static const struct {
		const char *text, *context, *words, *hint;
	} bad[] = {
		{ "", NULL, "no context is set", "" },
		{ "current-context: ''\n", NULL, "no context is set", "" },
		{ "current-context: c\n", NULL, "context \"c\" does not exist", "" },
		{ WHOLE(SERVER("a"), ""), "d", "context \"d\" does not exist", "" },
		{ WHOLE(SERVER("a"), ""), "", "context \"\" does not exist", "" },
		{ "current-context: c\ncontexts:\n" CONTEXT("c", "k", "u"), NULL,
		  "cluster \"k\" does not exist", "" },
		{ "current-context: c\ncontexts: [{name: c, context: {}}]\n", NULL,
		  "cluster \"\" does not exist", "" },
		{ "current-context: c\ncontexts:\n" CONTEXT("c", "k", "u") "clusters:\n" CLUSTER(
			  "k", SERVER("a")),
		  NULL, "user \"u\" does not exist", "" },
		{ WHOLE("", ""), NULL, "cluster \"k\" has no server", "" },
		{ WHOLE("server: 'a:6443'", ""), NULL, "cluster \"k\" has no server", "" },
		{ WHOLE("server: 'file:///etc/passwd'", ""), NULL, "has no server", "" },
		{ WHOLE(SERVER("a"), "exec: {command: aws}"), NULL,
		  "user \"u\" logs in by a credential plugin", "--nodes" },
		{ WHOLE(SERVER("a"), "auth-provider: {name: oidc}"), NULL,
		  "user \"u\" logs in by a credential plugin", "--nodes" },
		{ WHOLE(SERVER("a"), "username: root, password: a2V5a"), NULL,
		  "user \"u\" logs in by a password", "client certificate" },
		{ WHOLE(SERVER("a"), "") USER("u", "token: t"), NULL,
		  "/bad: user \"u\" is there twice", "" },
		{ WHOLE(SERVER("a") ", certificate-authority-data: 'Y2Vy dA=='", ""), NULL,
		  "certificate-authority-data is no base64", "" },
		{ WHOLE(SERVER("a") ", certificate-authority-data: '?'", ""), NULL,
		  "bad: certificate-authority-data is no base64", "" },
		{ WHOLE(SERVER("a"), "client-certificate-data: '?'"), NULL,
		  "client-certificate-data is no base64", "" },
		{ WHOLE(SERVER("a"), "client-key-data: a2V5a"), NULL,
		  "client-key-data is no base64", "" },
		{ WHOLE(SERVER("a") ", certificate-authority: no-such", ""), NULL,
		  "/no-such: No such file", "" },
		{ WHOLE(SERVER("a"), "client-certificate: no-such"), NULL, "/no-such: No such",
		  "" },
		{ WHOLE(SERVER("a"), "client-key: /no/such"), NULL, "/no/such: No such file", "" },
		{ WHOLE(SERVER("a"), "tokenFile: no-such"), NULL, "/no-such: No such file", "" },
		{ WHOLE(SERVER("a"), "tokenFile: sub"), NULL, "/sub: Is a directory", "" },
		{ "a: [\n", NULL, "/bad: YAML line 2", "" },
		{ "a: 1\n---\nb: 1\n", NULL, "/bad: YAML: more than one document", "" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct kubeconfig c;
		struct err err;
		write_text("bad", bad[i].text);
		CHECK_INT(load("bad", bad[i].context, &c, &err), -1);
		CHECK_INT(err.code, ERR_CONFIG);
		CHECK_HAS(err.text, bad[i].words);
		CHECK_HAS(err.hint, bad[i].hint);
		CHECK(!strstr(err.text, "a2V5a")); /* never a secret */
	}
}

static void test_files(void)
{
	scoped(buf) struct buf many = BUF_INIT(16 * 1024);
	struct kubeconfig c;
	struct err err;

	/* one that is asked for by name must be there */
	CHECK_INT(load("missing", NULL, &c, &err), -1);
	CHECK_INT(err.code, ERR_CONFIG);
	CHECK_HAS(err.text, "/missing: No such file");

	/* one of the list that is there must be good */
	write_text("bad", "a: [\n");
	CHECK_INT(load_list("one:bad:two", NULL, &c, &err), -1);
	CHECK_HAS(err.text, "/bad: YAML line");

	for (int i = 0; i < 33; i++) {
		scoped(mem) char *name = mem_printf("many-%d", i);
		write_text(name, "");
		buf_addf(&many, "%s:", name);
	}
	CHECK_INT(load_list(buf_str(&many), NULL, &c, &err), -1);
	CHECK_HAS(err.text, "more than 32 files");

	write_text("big", "x: ");
	scoped(mem) char *big = mem_printf("%s/big", folder);
	CHECK_INT(truncate(big, 8 * 1024 * 1024 + 1), 0);
	CHECK_INT(load("big", NULL, &c, &err), -1);
	CHECK_HAS(err.text, "/big has more than 8388608 bytes");
}

static void drop_folder(void)
{
	scoped(mem) char *command = mem_printf("rm -rf '%s'", folder);

	CHECK_INT(system(command), 0);
}

TESTS(TEST(make_files), TEST(test_paths), TEST(test_data), TEST(test_merge), TEST(test_where),
      TEST(test_bad), TEST(test_files), TEST(drop_folder))
