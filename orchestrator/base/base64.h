/*
 * base64: RFC 4648, standard alphabet.
 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/buf.h"

#include <stddef.h>

/* Appends the text form; without the padding when `padded` is false. -1 when out is full. */
int base64_encode(const void *data, size_t len, bool padded, struct buf *out);

/*
 * Appends the bytes of a text; padding is optional, white space is not allowed.  -1 for any other
 * character, an impossible length, or when out is full.
 */
int base64_decode(const char *text, size_t len, struct buf *out);

#endif
