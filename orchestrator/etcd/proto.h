/*
 * proto: reading and writing protocol buffers by hand: varints, 64-bit fields, bytes.  Encoding:
 * protobuf.dev/programming-guides/encoding.  Input is from outside: every length is checked.
 */
#ifndef ETCD_PROTO_H
#define ETCD_PROTO_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct proto_field {
	unsigned number;
	unsigned type;       /* 0 varint, 1 64-bit, 2 bytes, 5 32-bit */
	uint64_t value;      /* of types 0, 1 and 5 */
	const uint8_t *data; /* of type 2; points into the message */
	size_t len;
};

struct proto {
	const uint8_t *at, *end;
	bool bad; /* something did not parse: the reader stopped there */
};

static inline struct proto proto_of(const void *data, size_t len)
{
	const uint8_t *at = data;

	return (struct proto){ at, len ? at + len : at, false };
}

/* The next field; false at the end, or where it is bad. */
bool proto_next(struct proto *proto, struct proto_field *field);

/* Adds one field to a message; 0 values are added, too. */
void proto_add_varint(struct buf *out, unsigned number, uint64_t value);
void proto_add_bytes(struct buf *out, unsigned number, const void *data, size_t len);

/* Copies text that may hold anything, cut to size - 1 bytes. */
void proto_text(const struct proto_field *field, char *out, size_t size);

#endif
