/*
 * store_s3: what the two files of the S3 driver share: store_s3.c reads, lists and removes, store_s3_put.c writes.
 */
#ifndef STORE_STORE_S3_H
#define STORE_STORE_S3_H

#include "store/s3_request.h"

/* S3 takes no part smaller than S3_PART_LEAST but the last: AWS, "Amazon S3 multipart upload limits". */
enum { S3_PART_SIZE = 16 * 1024 * 1024, S3_PART_LEAST = 5 * 1024 * 1024, S3_PARTS_AT_ONCE = 2 };

struct store_s3 {
	struct s3 s3;
	const char *prefix; /* of every key: "" or "a/b/"; in the arena of s3.env */
	const char *sse, *kms_key_id;
	size_t part_size, in_flight; /* of an upload in parts: bytes, and how many parts at once */
};

/* The key of a name, freed by the caller.  NULL: USAGE, no name of an object. */
char *store_s3_key(const struct store_s3 *store, const char *name, struct err *err);

/* HEAD.  0, or -1 with *missing true when there is no such object.  The answer is released by the caller. */
int store_s3_head(const struct s3 *s3, const char *key, struct s3_answer *answer, bool *missing,
		  struct err *err);

/* What to do about an answer that is none of S3's, as a hint of err.  Returns -1. */
int store_s3_unread(struct err *err);

/* The functions of struct store_driver. */
void *store_s3_put_begin(void *impl, const char *name, bool replaces, struct err *err);
int store_s3_put_write(void *put, const void *data, size_t len, struct err *err);
int store_s3_put_end(void *put, struct err *err);
void store_s3_put_stop(void *put);
void store_s3_put_free(void *put);

#endif
