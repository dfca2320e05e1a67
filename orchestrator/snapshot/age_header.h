/*
 * age_header: the header of an age file (age-encryption.org/v1): text in which the file key stands once for everybody
 * who may read the file, wrapped.  Reads and writes the text; knows nothing of keys.  Pure.
 */
#ifndef SNAPSHOT_AGE_HEADER_H
#define SNAPSHOT_AGE_HEADER_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	AGE_HEADER_MAX = 64 * 1024,
	AGE_STANZAS_MAX = 64,
	AGE_FILE_KEY = 16, /* bytes of the key that a file is encrypted with */
	AGE_ARGS = 4,      /* arguments and body bytes that are kept of a stanza; */
	AGE_BODY = 48,     /* none that is understood has more */
	AGE_MAC = 32,
};

/* A part of the header's text. */
struct age_text {
	const char *at;
	size_t len;
};

/* The file key for one reader: what kind of reader, what it needs to know, the wrapped key. */
struct age_stanza {
	struct age_text args[AGE_ARGS]; /* the first of them */
	size_t arg_count;
	uint8_t body[AGE_BODY]; /* the first bytes of it */
	size_t body_len;
};

struct age_header {
	struct age_stanza stanzas[AGE_STANZAS_MAX];
	size_t count;
	struct age_text signed_text; /* what the MAC is made over */
	uint8_t mac[AGE_MAC];
};

/*
 * How long the header is with which these bytes begin: 0 when its end is not among them.  -1 when they are not the
 * beginning of an age file, or the header is too big.
 */
int age_header_length(const char *data, size_t len, size_t *out, struct err *err);

/* Reads a whole header; what is put in `out` points into the text.  Strict: there is one way to write a header. */
int age_header_parse(const char *text, size_t len, struct age_header *out, struct err *err);

/* Whether the header is the one that was made with this file key.  -1 with ERR_CORRUPT. */
int age_header_prove(const struct age_header *header, const uint8_t file_key[AGE_FILE_KEY],
		     struct err *err);

/* Writes a header: begin, every stanza, end.  -1 when out is full. */
int age_header_begin(struct buf *out);
int age_header_stanza(struct buf *out, const char *args, const void *body, size_t len);
int age_header_end(struct buf *out, const uint8_t file_key[AGE_FILE_KEY]);

bool age_text_is(struct age_text text, const char *word);

/* Appends the bytes of a base64 text that is written in the only right way, with or without padding.  -1 otherwise. */
int age_base64(struct age_text text, bool padded, struct buf *out);

/* The same, without padding, for exactly `len` bytes. */
int age_base64_exactly(struct age_text text, void *out, size_t len);

#endif
