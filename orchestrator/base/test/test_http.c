/*
 * test_http: requests against a small server of our own that says what it is told to.  Each way in which an answer
 * may fail to come has a case.  TLS is in test_http_tls.c.
 */
#include "base/http.h"
#include "base/test/check.h"

#include "base/mem.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { SAYS_MAX = 6 };

struct say {
	unsigned after_ms;
	const char *text;
};

/* Takes one connection, reads the request, says its lines, and closes unless it hangs. */
struct server {
	struct say says[SAYS_MAX];
	bool hangs;
	const char *local; /* an abstract UNIX socket of that name, not TCP */
	int fd;
	unsigned port;
	pthread_t thread;
	char request[4096];
	char url[64];
};

static void read_request(struct server *s, int fd)
{
	size_t len = 0;

	for (;;) {
		ssize_t n = read(fd, s->request + len, sizeof(s->request) - 1 - len);
		if (n <= 0)
			return;
		len += (size_t)n;
		s->request[len] = '\0';
		const char *end = strstr(s->request, "\r\n\r\n");
		if (end && (strncmp(s->request, "POST", 4) != 0 || strstr(end, "the end")))
			return;
	}
}

static void *serve(void *arg)
{
	struct server *s = arg;
	char sink[64];
	scoped(fd) int fd = accept(s->fd, NULL, NULL);

	if (fd < 0)
		return NULL;
	read_request(s, fd);
	for (size_t i = 0; i < SAYS_MAX && s->says[i].text; i++) {
		usleep(s->says[i].after_ms * 1000);
		if (send(fd, s->says[i].text, strlen(s->says[i].text), MSG_NOSIGNAL) < 0)
			return NULL;
	}
	while (s->hangs && read(fd, sink, sizeof(sink)) > 0)
		;
	return NULL;
}

static void server_start(struct server *s)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(in);

	s->fd = socket(s->local ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s->local) {
		memcpy(un.sun_path + 1, s->local, strlen(s->local));
		len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(s->local));
	}
	if (bind(s->fd, s->local ? (struct sockaddr *)&un : (struct sockaddr *)&in, len) ||
	    listen(s->fd, 1))
		abort();
	if (!s->local && getsockname(s->fd, (struct sockaddr *)&in, &len))
		abort();
	s->port = ntohs(in.sin_port);
	snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%u/path?secret=x", s->port);
	if (pthread_create(&s->thread, NULL, serve, s))
		abort();
}

static void server_stop(struct server *s)
{
	shutdown(s->fd, SHUT_RDWR); /* wakes an accept that nobody came to */
	pthread_join(s->thread, NULL);
	close(s->fd);
}

static struct http_request get(const char *url)
{
	return (struct http_request){ .method = "GET",
				      .url = url,
				      .deadline = deadline_in(5000),
				      .cancel_fd = -1,
				      .body_max = 1000 };
}

#define OK_200 "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

static void test_get(void)
{
	struct server s = { .says = { { 0, OK_200 } } };
	static const char *const headers[] = { "X-One: 1", "Accept: text/plain", NULL };
	struct http_answer answer;
	struct err err = ERR_INIT;

	server_start(&s);
	struct http_request request = get(s.url);
	request.headers = headers;
	CHECK_INT(http_do(&request, &answer, &err), 0);
	server_stop(&s);
	CHECK_INT(answer.status, 200);
	CHECK_STR(buf_str(&answer.body), "hello");
	CHECK_INT(answer.grpc_status, -1);
	CHECK_HAS(s.request, "GET /path?secret=x HTTP/1.1\r\n");
	CHECK_HAS(s.request, "X-One: 1\r\n");
	CHECK_HAS(s.request, "Accept: text/plain\r\n");
	http_answer_release(&answer);
}

static void test_post(void)
{
	struct server s = { .says = { { 0, "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n" } } };
	struct http_answer answer;
	struct err err = ERR_INIT;

	server_start(&s);
	struct http_request request = get(s.url);
	request.method = "POST";
	request.body = "words and the end";
	request.body_len = 17;
	CHECK_INT(http_do(&request, &answer, &err), 0);
	server_stop(&s);
	CHECK_INT(answer.status, 403); /* an answer all the same */
	CHECK_HAS(s.request, "Content-Length: 17\r\n");
	http_answer_release(&answer);
}

static int refuse_pieces(void *arg, const void *data, size_t len, struct err *err)
{
	(void)arg, (void)data, (void)len;
	return err_set(err, ERR_BUG, "a refusal came as a piece");
}

/* The last of a name counts; of an interim answer nothing does. */
static void test_wanted(void)
{
	struct server s = { .says = { { 0, "HTTP/1.1 100 Continue\r\nX-B: early\r\n\r\n" },
				      { 0, "HTTP/1.1 404 No\r\nETag: \"a\"\r\nEtag:  \"b\" \r\n"
					   "Content-Length: 5\r\n\r\nhello" } } };
	struct http_wanted wanted[] = { { .name = "etag" }, { .name = "x-b" }, { .name = NULL } };
	struct http_answer answer;
	struct err err = ERR_INIT;

	server_start(&s);
	struct http_request request = get(s.url);
	request.wanted = wanted;
	request.on_body = refuse_pieces;
	request.keep_refusals = true;
	CHECK_INT(http_do(&request, &answer, &err), 0);
	server_stop(&s);
	CHECK_INT(answer.status, 404);
	CHECK_STR(buf_str(&answer.body), "hello");
	CHECK_STR(wanted[0].value, "\"b\"");
	CHECK_STR(wanted[1].value, "");
	http_answer_release(&answer);
}

/* No body follows, whatever Content-Length says. */
static void test_head(void)
{
	struct server s = { .says = { { 0, "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" } } };
	struct http_wanted wanted[] = { { .name = "content-length" }, { .name = NULL } };
	struct http_answer answer;
	struct err err = ERR_INIT;

	server_start(&s);
	struct http_request request = get(s.url);
	request.method = "HEAD";
	request.wanted = wanted;
	CHECK_INT(http_do(&request, &answer, &err), 0);
	server_stop(&s);
	CHECK_STR(wanted[0].value, "99");
	CHECK_HAS(s.request, "HEAD /path?secret=x HTTP/1.1\r\n");
	http_answer_release(&answer);
}

static void test_broken(void)
{
	struct server s = { .says = { { 0, "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nab" } } };
	struct http_answer answer;
	struct err err = ERR_INIT;

	server_start(&s);
	struct http_request request = get(s.url);
	CHECK_INT(http_do(&request, &answer, &err), -1);
	server_stop(&s);
	CHECK(answer.broken);
	http_answer_release(&answer);
}

struct failing {
	const char *about;
	struct say says[SAYS_MAX];
	bool hangs;
	uint64_t deadline_ms, stall_ms;
	enum err_code code;
	const char *words;
};

static const struct failing failing[] = {
	{ "closes at once", { { 0, "" } }, false, 5000, 0, ERR_KUBE, "" },
	{ "no HTTP", { { 0, "SSH-2.0-x\r\n" } }, false, 5000, 0, ERR_KUBE, "" },
	{ "never answers", { { 0, "" } }, true, 200, 0, ERR_TIMEOUT, "no answer in time" },
	{ "stops in the body",
	  { { 0, "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nab" } },
	  true,
	  5000,
	  200,
	  ERR_TIMEOUT,
	  "nothing came" },
	{ "ends in the body",
	  { { 0, "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nab" } },
	  false,
	  5000,
	  0,
	  ERR_KUBE,
	  "" },
	{ "ends in a chunk",
	  { { 0, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab" } },
	  false,
	  5000,
	  0,
	  ERR_KUBE,
	  "" },
	{ "drips for ever",
	  { { 0, "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" },
	    { 100, "a" },
	    { 100, "b" },
	    { 100, "c" } },
	  true,
	  250,
	  2000,
	  ERR_TIMEOUT,
	  "no answer in time" },
};

static void test_failing(void)
{
	for (size_t i = 0; i < sizeof(failing) / sizeof(failing[0]); i++) {
		const struct failing *f = &failing[i];
		struct server s = { .hangs = f->hangs };
		struct http_answer answer;
		struct err err = ERR_INIT;
		int before = check_failures;

		memcpy(s.says, f->says, sizeof(s.says));
		server_start(&s);
		struct http_request request = get(s.url);
		static const char *const headers[] = { "Authorization: Bearer abcdef", NULL };
		request.headers = headers;
		request.deadline = deadline_in(f->deadline_ms);
		request.stall_ms = f->stall_ms;
		uint64_t start = now_ms();
		CHECK_INT(http_do(&request, &answer, &err), -1);
		CHECK(now_ms() - start < 2000);
		server_stop(&s);
		CHECK_INT(err.code, f->code);
		CHECK_HAS(err.text, f->words);
		CHECK(!strstr(err.text, "abcdef") && !strstr(err.text, "secret"));
		http_answer_release(&answer);
		if (check_failures != before)
			fprintf(stderr, "the server %s: %s\n", f->about, err.text);
	}
}

static void test_nobody(void)
{
	static const char *const urls[] = { "http://127.0.0.1:1/",
					    "https://127.0.0.1:1/",
					    "file:///etc/hostname",
					    "ftp://127.0.0.1/",
					    "",
					    "::" };

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		struct http_request request = get(urls[i]);
		struct http_answer answer;
		struct err err = ERR_INIT;
		CHECK_INT(http_do(&request, &answer, &err), -1);
		CHECK_INT(err.code, ERR_KUBE);
		CHECK_INT(answer.body.len, 0);
		http_answer_release(&answer);
	}
}

static void test_limits(void)
{
	struct server s = { .says = { { 0, OK_200 } } };
	struct http_answer answer;
	struct err err = ERR_INIT;

	server_start(&s);
	struct http_request request = get(s.url);
	request.body_max = 4;
	CHECK_INT(http_do(&request, &answer, &err), -1);
	server_stop(&s);
	CHECK_HAS(err.text, "more than 4 bytes");
	http_answer_release(&answer);

	/* headers without end */
	size_t size = 300 * 1024, len = 0;
	scoped(mem) char *many = mem_alloc(size + 100);
	len += (size_t)sprintf(many, "HTTP/1.1 200 OK\r\n");
	while (len < size)
		len += (size_t)sprintf(many + len, "X-%zu: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n",
				       len);
	struct server t = { .says = { { 0, many } }, .hangs = true };
	server_start(&t);
	request = get(t.url);
	CHECK_INT(http_do(&request, &answer, &err), -1);
	server_stop(&t);
	CHECK_INT(err.code, ERR_KUBE);
	CHECK_HAS(err.text, "headers of more than");
	http_answer_release(&answer);
}

static void test_redirect(void)
{
	struct server s = { .says = { { 0, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n"
					   "Content-Length: 0\r\n\r\n" } } };
	struct http_answer answer;
	struct err err = ERR_INIT;

	server_start(&s);
	struct http_request request = get(s.url);
	CHECK_INT(http_do(&request, &answer, &err), 0);
	server_stop(&s);
	CHECK_INT(answer.status, 302); /* not followed */
	http_answer_release(&answer);
}

struct taken {
	struct buf body;
	unsigned calls, slow_ms;
	size_t fail_at;
};

static int take(void *arg, const void *data, size_t len, struct err *err)
{
	struct taken *t = arg;

	t->calls++;
	usleep(t->slow_ms * 1000);
	if (t->fail_at && t->body.len + len >= t->fail_at)
		return err_set(err, ERR_CORRUPT, "no more of that");
	return buf_add(&t->body, data, len);
}

static void test_pieces(void)
{
	static const struct say says[] = {
		{ 0, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n" },
		{ 150, "6\r\n world\r\n" },
		{ 150, "0\r\n\r\n" },
	};
	struct server s = { .says = { says[0], says[1], says[2] } };
	struct taken taken = { .body = BUF_INIT(100) };
	struct http_answer answer;
	struct err err = ERR_INIT;

	server_start(&s);
	struct http_request request = get(s.url);
	request.on_body = take;
	request.arg = &taken;
	request.body_max = 0;
	CHECK_INT(http_do(&request, &answer, &err), 0);
	server_stop(&s);
	CHECK_STR(buf_str(&taken.body), "hello world");
	CHECK_INT(taken.calls, 2);
	CHECK_INT(answer.body.len, 0);
	http_answer_release(&answer);

	/* what takes long on our side is no silence of the server */
	struct server t = { .says = { says[0], { 700, says[1].text }, says[2] } };
	buf_clear(&taken.body);
	taken.slow_ms = 500;
	server_start(&t);
	request.url = t.url;
	request.stall_ms = 300;
	CHECK_INT(http_do(&request, &answer, &err), 0);
	server_stop(&t);
	CHECK_STR(buf_str(&taken.body), "hello world");
	http_answer_release(&answer);

	struct server u = { .says = { says[0], says[1], says[2] } };
	buf_clear(&taken.body);
	taken = (struct taken){ .body = taken.body, .fail_at = 6 };
	server_start(&u);
	request.url = u.url;
	CHECK_INT(http_do(&request, &answer, &err), -1);
	server_stop(&u);
	CHECK_INT(err.code, ERR_CORRUPT);
	CHECK_STR(err.text, "no more of that");
	http_answer_release(&answer);
	buf_release(&taken.body);
}

static void *cancel_soon(void *arg)
{
	usleep(150 * 1000);
	CHECK_INT(write(*(int *)arg, "x", 1), 1);
	return NULL;
}

/* At once; or, where only the answer tells what was made, after so long. */
static void cancel(uint64_t cancel_ms)
{
	struct server s = { .hangs = true };
	struct http_answer answer;
	struct err err = ERR_INIT;
	pthread_t thread;
	int ends[2];

	CHECK_INT(pipe(ends), 0);
	server_start(&s);
	struct http_request request = get(s.url);
	request.cancel_fd = ends[0];
	request.cancel_ms = cancel_ms;
	pthread_create(&thread, NULL, cancel_soon, &ends[1]);
	uint64_t start = now_ms();
	CHECK_INT(http_do(&request, &answer, &err), -1);
	CHECK_INT(err.code, ERR_CANCELLED);
	CHECK(now_ms() - start >= cancel_ms && now_ms() - start < cancel_ms + 5000);
	pthread_join(thread, NULL);
	server_stop(&s);
	http_answer_release(&answer);
	close(ends[0]);
	close(ends[1]);
}

static void test_cancel(void)
{
	cancel(0);
	cancel(700);
}

static void test_grpc(void)
{
	static const struct {
		const char *says;
		int status;
		const char *message;
	} cases[] = {
		{ "HTTP/1.1 200 OK\r\nTrailer: grpc-status\r\nTransfer-Encoding: chunked\r\n\r\n"
		  "1\r\na\r\n0\r\nGrpc-Status: 14\r\nGrpc-Message: etcdserver: "
		  "no%20leader%2\r\n\r\n",
		  14, "etcdserver: no leader%2" },
		{ "HTTP/1.1 200 OK\r\nGrpc-Status: 0\r\nContent-Length: 0\r\n\r\n", 0, "" },
		{ "HTTP/1.1 200 OK\r\nGrpc-Status: \r\nContent-Length: 0\r\n\r\n", -1, "" },
		{ "HTTP/1.1 200 OK\r\nGrpc-Status: x\r\nContent-Length: 0\r\n\r\n", 2, "" },
		{ "HTTP/1.1 200 OK\r\nX-Grpc-Status: 0\r\nContent-Length: 0\r\n\r\n", -1, "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct server s = { .says = { { 0, cases[i].says } } };
		struct http_answer answer;
		struct err err = ERR_INIT;
		server_start(&s);
		struct http_request request = get(s.url);
		CHECK_INT(http_do(&request, &answer, &err), 0);
		server_stop(&s);
		CHECK_INT(answer.grpc_status, cases[i].status);
		CHECK_STR(answer.grpc_message, cases[i].message);
		http_answer_release(&answer);
	}
}

static void test_http2_needed(void)
{
	struct server s = { .says = { { 0, OK_200 } } };
	struct http_answer answer;
	struct err err = ERR_INIT;

	server_start(&s);
	struct http_request request = get(s.url);
	request.http2 = true;
	CHECK_INT(http_do(&request, &answer, &err), -1);
	server_stop(&s);
	CHECK_INT(err.code, ERR_KUBE);
	http_answer_release(&answer);
}

static int count_step(void *arg, struct err *err)
{
	int *left = arg;

	return (*left)-- == 0 ? err_set(err, ERR_SSH, "the tunnel broke") : 0;
}

static int no_fds(void *arg, struct pollfd fds[4])
{
	(void)arg;
	(void)fds;
	return 0;
}

/* The carrier is where it connects to; the URL's host is not looked up here. */
static void test_carrier(void)
{
	scoped(mem) char *name = mem_printf("test_http.%d", (int)getpid());
	struct server s = { .says = { { 0, OK_200 } }, .local = name };
	struct http_answer answer;
	struct err err = ERR_INIT;
	int left = 1000;
	struct http_carrier carrier = { name, &left, count_step, no_fds };

	server_start(&s);
	struct http_request request = get("http://no.such.name.invalid:2379/x");
	request.carrier = &carrier;
	CHECK_INT(http_do(&request, &answer, &err), 0);
	server_stop(&s);
	CHECK_STR(buf_str(&answer.body), "hello");
	CHECK_HAS(s.request, "Host: no.such.name.invalid:2379\r\n");
	CHECK(left < 1000);
	http_answer_release(&answer);

	struct server t = { .hangs = true, .local = name };
	left = 3;
	server_start(&t);
	CHECK_INT(http_do(&request, &answer, &err), -1);
	server_stop(&t);
	CHECK_INT(err.code, ERR_SSH);
	CHECK_STR(err.text, "the tunnel broke");
	http_answer_release(&answer);
}

static void test_init(void)
{
	signal(SIGPIPE, SIG_IGN); /* as the program does */
	unsetenv("http_proxy");
	unsetenv("https_proxy");
	unsetenv("all_proxy");
	http_init();
}

TESTS(TEST(test_init), TEST(test_get), TEST(test_post), TEST(test_wanted), TEST(test_head),
      TEST(test_broken), TEST(test_failing), TEST(test_nobody), TEST(test_limits),
      TEST(test_redirect), TEST(test_pieces), TEST(test_cancel), TEST(test_grpc),
      TEST(test_http2_needed), TEST(test_carrier))
