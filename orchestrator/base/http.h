/*
 * http: one request at a time, with TLS, HTTP/2 and gRPC's trailers (libcurl).  Blocking, with a
 * deadline and a cancel pipe; safe on several threads after http_init().
 */
#ifndef BASE_HTTP_H
#define BASE_HTTP_H

#include "base/buf.h"
#include "base/err.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * A carrier that must be served while the request runs, such as an SSH tunnel.  curl (before 8) does not take a
 * socket that is connected already, so it connects to `local`, a listening abstract UNIX socket of the carrier's (the
 * name without its leading NUL), which takes one connection and only from this process.  `step` moves what can be
 * moved without waiting; -1 ends the request with its err.  `fds` says what to wait for (at most 4; returns the
 * count).
 */
struct http_carrier {
	const char *local; /* owned by the carrier */
	void *arg;
	int (*step)(void *arg, struct err *err);
	int (*fds)(void *arg, struct pollfd fds[4]);
};

/* Credentials and trust, as PEM texts in memory, never in files.  NULL: not used. */
struct http_tls {
	const char *ca;   /* trust only these; NULL: the system's */
	const char *cert; /* client certificate */
	const char *key;
	const char *server_name; /* verified instead of the URL's host */
	bool skip_verify;
};

/* A header of the answer that the caller wants to see; the last one of that name counts. */
struct http_wanted {
	const char *name; /* lower case */
	char value[256];  /* "" when absent; cut when longer */
};

struct http_request {
	const char *method; /* "GET", "POST", "HEAD", "PUT", "DELETE" */
	const char *url;
	const char *const *headers; /* "name: value", NULL-terminated; NULL: none */
	const void *body;
	size_t body_len;
	bool http2; /* required, by ALPN on https, by prior knowledge on http */
	struct http_tls tls;
	const char *proxy; /* URL; NULL: what the environment says; not with a carrier */
	const struct http_carrier *carrier; /* NULL: connect by the URL (proxies as curl) */
	uint64_t deadline;                  /* monotonic ms, see mem.h */
	uint64_t stall_ms;                  /* no byte for that long is an error; 0: off */
	int cancel_fd;                      /* readable: give up with CANCELLED; -1: none */
	/* So long the answer is waited for then, where only it tells what was made. */
	uint64_t cancel_ms;
	size_t body_max; /* for answers kept in http_answer.body */
	/* Takes the body in pieces instead of keeping it; -1 with err ends the request. */
	int (*on_body)(void *arg, const void *data, size_t len, struct err *err);
	void *arg;
	bool keep_refusals;         /* with on_body: a body with a status from 300 on is kept */
	struct http_wanted *wanted; /* filled before the body comes; name NULL ends; NULL: none */
};

struct http_answer {
	long status;
	struct buf body;        /* released by http_answer_release */
	int grpc_status;        /* -1: there was no grpc-status, in headers or trailers */
	char grpc_message[256]; /* percent-decoded; "" when absent */
	bool broken; /* with -1: the connection was not made or broke, it may be tried again */
};

/* Once, before any thread. */
void http_init(void);

/*
 * Sends and receives.  0 when an HTTP answer came, whatever its status.  -1: SSH from the
 * carrier, TIMEOUT, CANCELLED, KUBE for connection and TLS failures (text without the URL's
 * query), or what on_body set.  The answer is initialised by this call and released by the
 * caller in either case.
 */
int http_do(const struct http_request *request, struct http_answer *answer, struct err *err);
void http_answer_release(struct http_answer *answer);
void http_answer_scoped(struct http_answer *answer);

#endif
