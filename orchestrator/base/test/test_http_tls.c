/*
 * test_http_tls: whom http trusts, and whom not, against openssl's server; client certificates; no HTTP/2 there.
 */
#include "base/http.h"
#include "base/test/check.h"
#include "base/test/free_port.h"

#include "base/mem.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* openssl's server, with a certificate for right.example that is its own CA. */
struct tls {
	char dir[64];
	unsigned port;
	pid_t pid;
	char url[64];
	struct buf cert, key, encrypted;
};

static pid_t start(const char *const argv[])
{
	posix_spawn_file_actions_t to;
	pid_t pid = -1;

	posix_spawn_file_actions_init(&to);
	posix_spawn_file_actions_addopen(&to, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&to, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&to, 2, "/dev/null", O_WRONLY, 0);
	if (posix_spawnp(&pid, argv[0], &to, NULL, (char *const *)(uintptr_t)argv, environ))
		pid = -1;
	posix_spawn_file_actions_destroy(&to);
	return pid;
}

static int run(const char *const argv[])
{
	int status = -1;
	pid_t pid = start(argv);

	return pid < 0 || waitpid(pid, &status, 0) != pid ? -1 : status;
}

static void slurp(const char *path, struct buf *out)
{
	char chunk[4096];
	scoped(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		buf_add(out, chunk, (size_t)n);
}

static bool wait_port(unsigned port)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				  .sin_port = htons((uint16_t)port) };

	for (uint64_t deadline = deadline_in(5000); ms_until(deadline); usleep(10000)) {
		scoped(fd) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (!connect(fd, (struct sockaddr *)&in, sizeof(in)))
			return true;
	}
	return false;
}

static void tls_start(struct tls *t)
{
	*t = (struct tls){ .dir = "/tmp/test_http.XXXXXX",
			   .cert = BUF_INIT(9999),
			   .key = BUF_INIT(9999),
			   .encrypted = BUF_INIT(9999) };
	if (!mkdtemp(t->dir))
		abort();
	scoped(mem) char *cert = mem_printf("%s/cert", t->dir), *key = mem_printf("%s/key", t->dir);
	scoped(mem) char *locked = mem_printf("%s/locked", t->dir);
	t->port = free_port();
	scoped(mem) char *port = mem_printf("127.0.0.1:%u", t->port);
	const char *const req[] = { "openssl",
				    "req",
				    "-x509",
				    "-newkey",
				    "ec",
				    "-pkeyopt",
				    "ec_paramgen_curve:P-256",
				    "-nodes",
				    "-keyout",
				    key,
				    "-out",
				    cert,
				    "-subj",
				    "/CN=right.example",
				    "-addext",
				    "subjectAltName=DNS:right.example",
				    NULL };
	const char *const lock[] = { "openssl",  "pkey",       "-in",  key,    "-aes128",
				     "-passout", "pass:words", "-out", locked, NULL };
	const char *const server[] = {
		"openssl", "s_server", "-accept", port, "-cert",   cert, "-key",
		key,       "-www",     "-Verify", "1",  "-CAfile", cert, "-verify_return_error",
		NULL
	};
	CHECK_INT(run(req), 0);
	CHECK_INT(run(lock), 0);
	slurp(cert, &t->cert);
	slurp(key, &t->key);
	slurp(locked, &t->encrypted);
	t->pid = start(server);
	CHECK(t->pid > 0 && wait_port(t->port));
	snprintf(t->url, sizeof(t->url), "https://127.0.0.1:%u/", t->port);
	unlink(cert);
	unlink(key);
	unlink(locked);
	rmdir(t->dir);
}

static void tls_stop(struct tls *t)
{
	if (t->pid > 0) {
		kill(t->pid, SIGKILL);
		waitpid(t->pid, NULL, 0);
	}
	buf_release(&t->cert);
	buf_release(&t->key);
	buf_release(&t->encrypted);
}

static struct http_request get(const struct tls *t, struct http_tls trust)
{
	return (struct http_request){ .method = "GET",
				      .url = t->url,
				      .tls = trust,
				      .deadline = deadline_in(5000),
				      .cancel_fd = -1,
				      .body_max = 100000 };
}

struct trust {
	const char *about;
	struct http_tls tls;
	enum err_code code;
	const char *words;
};

static void try(const struct tls *t, const struct trust *trust)
{
	struct http_request request = get(t, trust->tls);
	struct http_answer answer;
	struct err err = ERR_INIT;
	int before = check_failures;

	CHECK_INT(http_do(&request, &answer, &err), trust->code ? -1 : 0);
	CHECK_INT(err.code, trust->code);
	CHECK_HAS(err.text, trust->words);
	if (!trust->code)
		CHECK_INT(answer.status, 200);
	http_answer_release(&answer);
	if (check_failures != before)
		fprintf(stderr, "with %s: %s\n", trust->about, err.text);
}

static void test_trust(void)
{
	struct tls t;
	tls_start(&t);
	const char *cert = buf_str(&t.cert), *key = buf_str(&t.key);
	const struct trust cases[] = {
		{ "all right", { cert, cert, key, "right.example", false }, ERR_NONE, "" },
		{ "another name", { cert, cert, key, "wrong.example", false }, ERR_KUBE, "SSL" },
		{ "the URL's name", { cert, cert, key, NULL, false }, ERR_KUBE, "SSL" },
		{ "the system's CAs",
		  { NULL, cert, key, "right.example", false },
		  ERR_KUBE,
		  "SSL" },
		{ "not verified", { NULL, cert, key, NULL, true }, ERR_NONE, "" },
		{ "no client certificate",
		  { cert, NULL, NULL, "right.example", false },
		  ERR_KUBE,
		  "" },
		{ "a key with a password",
		  { cert, cert, buf_str(&t.encrypted), "right.example", false },
		  ERR_KUBE,
		  "" },
		{ "no CA in the text", { "x", cert, key, "right.example", false }, ERR_KUBE, "" },
		{ "an empty CA", { "", cert, key, "right.example", false }, ERR_CONFIG, "CA" },
		{ "no name", { cert, cert, key, "a b/c", false }, ERR_CONFIG, "server name" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		try(&t, &cases[i]);
	tls_stop(&t);
}

/* s_server offers none here: an answer by HTTP/1.1 must not do. */
static void test_http2_needed(void)
{
	struct tls t;
	tls_start(&t);
	const char *cert = buf_str(&t.cert), *key = buf_str(&t.key);
	struct http_request request =
		get(&t, (struct http_tls){ cert, cert, key, "right.example", false });
	struct http_answer answer;
	struct err err = ERR_INIT;

	request.http2 = true;
	CHECK_INT(http_do(&request, &answer, &err), -1);
	CHECK_HAS(err.text, "HTTP/2");
	http_answer_release(&answer);
	tls_stop(&t);
}

static void test_init(void)
{
	signal(SIGPIPE, SIG_IGN); /* as the program does */
	unsetenv("https_proxy");
	unsetenv("all_proxy");
	http_init();
}

TESTS(TEST(test_init), TEST(test_trust), TEST(test_http2_needed))
