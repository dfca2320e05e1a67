/*
 * s3_request: one signed request to one bucket, tried again when the server or the way to it had a bad moment.  A
 * refusal becomes words that say who asked where, and what to do about it.
 */
#ifndef STORE_S3_REQUEST_H
#define STORE_S3_REQUEST_H

#include "base/err.h"
#include "base/http.h"
#include "store/aws_env.h"
#include "store/s3_xml.h"
#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One bucket; only read after s3_open, so that several threads may use it. */
struct s3 {
	struct aws_env env;
	const char *bucket;
	const char *base; /* "https://host[:port]" */
	const char *host; /* as in the Host header */
	const char *path; /* before the key: "" or "/bucket", encoded */
	uint64_t stall_ms;
	int cancel_fd;
	unsigned attempts; /* how often a request is tried at most */
};

/* Settings from flags, environment and profile; connects nowhere.  -1: USAGE, CONFIG, TIMEOUT, CANCELLED. */
int s3_open(const char *bucket, const struct store_settings *settings, struct s3 *out,
	    struct err *err);
void s3_release(struct s3 *s3);

enum s3_header {
	S3_ETAG,
	S3_DATE,
	S3_REQUEST_ID,
	S3_REGION,
	S3_LENGTH,
	S3_RANGE,
	S3_MODIFIED,
	S3_PUT_ID,
	S3_SSE,
	S3_KMS_KEY_ID,
	S3_HEADERS
};

/* The name under which an object keeps whose put it came from. */
#define S3_PUT_ID_HEADER "x-amz-meta-etcd-backup-put"

struct s3_call {
	const char *method;
	const char *key;            /* NULL: the bucket */
	const char *query;          /* encoded; NULL: none */
	const char *const *headers; /* "name: value", signed too; NULL: none */
	const void *body;
	size_t body_len;
	/* As http_request.on_body, for answers of success only; after its first piece nothing is tried again. */
	int (*on_body)(void *arg, const struct http_wanted *headers, const void *data, size_t len,
		       struct err *err);
	void *arg;
	uint64_t cancel_ms; /* as http_request's */
};

struct s3_answer {
	struct http_answer http; /* status 0: no answer came */
	struct http_wanted headers[S3_HEADERS + 1];
	struct s3_refusal refusal;
	unsigned sent; /* how often the request was tried */
	bool broken;   /* the connection broke at least once: it may have been done all the same */
};

/*
 * 0 when the status was 2xx.  -1: STORE for a refusal and for what connections do, TIMEOUT, CANCELLED, or what on_body
 * set.  The answer is initialised by this call and released by the caller in either case.
 */
int s3_do(const struct s3 *s3, const struct s3_call *call, struct s3_answer *answer,
	  struct err *err);
void s3_answer_release(struct s3_answer *answer);
void s3_answer_scoped(struct s3_answer *answer);

/* A header of the answer, "" when it was not there. */
const char *s3_header(const struct s3_answer *answer, enum s3_header header);

/* Words for an answer that is no success (s3_do uses it; also for an Error with status 200).  Returns -1. */
int s3_refused(const struct s3 *s3, const struct s3_call *call, const struct s3_answer *answer,
	       struct err *err);

/* Waits before the attempt after `attempt` (from 1).  -1: CANCELLED. */
int s3_back_off(const struct s3 *s3, unsigned attempt, struct err *err);

#endif
