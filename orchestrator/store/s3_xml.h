/*
 * s3_xml: the few XML documents that S3 answers with.  What comes is not trusted: sizes, depth and counts are bounded,
 * a document type (and with it every entity of one's own) is refused.
 */
#ifndef STORE_S3_XML_H
#define STORE_S3_XML_H

#include "base/err.h"
#include "base/mem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { S3_XML_MAX = 4 * 1024 * 1024 };

struct s3_object {
	const char *key; /* decoded */
	uint64_t size;
	uint64_t at; /* last change, seconds since 1970; 0: not said */
};

/* One page of ListObjectsV2. */
struct s3_list {
	struct s3_object *objects;
	size_t count;
	bool truncated;
	const char *next; /* the token of the next page; NULL when there is none */
};

struct s3_refusal {
	char code[64]; /* "" when the body was no Error document */
	char message[200];
	char region[64]; /* the right one, when that was wrong */
	char request_id[128];
};

/* Strings live in the arena.  -1 (STORE): not such a document, or beyond a limit. */
int s3_xml_list(struct arena *arena, const char *text, size_t len, struct s3_list *out,
		struct err *err);
int s3_xml_upload_id(struct arena *arena, const char *text, size_t len, const char **out,
		     struct err *err);

/*
 * The answer to CompleteMultipartUpload, which is an Error at times though its status was 200: 1 then, with *refusal;
 * 0 when it is a result.
 */
int s3_xml_complete(const char *text, size_t len, struct s3_refusal *refusal, struct err *err);

/* Never fails: what is no Error document leaves all fields "". */
void s3_xml_error(const char *text, size_t len, struct s3_refusal *out);

/* "2026-11-21T10:35:18.000Z" and "Sat, 21 Nov 2026 10:35:18 GMT"; -1 for anything else. */
int s3_time_iso(const char *text, uint64_t *out);
int s3_time_http(const char *text, uint64_t *out);

#endif
