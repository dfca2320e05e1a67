/*
 * sigv4: the signature of a request, version 4, as S3 checks it.  Pure: nothing is sent, no clock is read.
 */
#ifndef STORE_SIGV4_H
#define STORE_SIGV4_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

enum { SIGV4_PARTS_MAX = 32, SIGV4_TEXT_MAX = 64 * 1024 };

struct sigv4_key {
	const char *id;
	const char *secret;
};

struct sigv4_request {
	const char *method;
	const char *path;  /* as sent: encoded, from the first "/" */
	const char *query; /* as sent: encoded, in any order, without "?"; NULL: none */
	const char *const
		*headers; /* "name: value", all are signed; host and x-amz-date among them */
	const char *payload_sha256; /* hex */
	const char *region;
	const char *service; /* "s3" */
	uint64_t at;         /* seconds since 1970 */
};

/* The time as x-amz-date has it, 20130524T000000Z. */
void sigv4_time(uint64_t at, char out[17]);

/* Adds text as a part of a path or query: all but A-Z a-z 0-9 - . _ ~ (and / where kept) as %XX. */
int sigv4_encode(struct buf *out, const char *text, bool keep_slash);

/* The three steps; -1 when there are more than SIGV4_PARTS_MAX headers or parameters or out is full. */
int sigv4_canonical(const struct sigv4_request *request, struct buf *out);
int sigv4_to_sign(const struct sigv4_request *request, const struct buf *canonical,
		  struct buf *out);

/* Adds the value of the Authorization header. */
int sigv4_authorization(const struct sigv4_key *key, const struct sigv4_request *request,
			struct buf *out);

#endif
