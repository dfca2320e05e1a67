/*
 * tap: a stage that changes nothing: it counts what goes by and makes its SHA-256.
 */
#ifndef SNAPSHOT_TAP_H
#define SNAPSHOT_TAP_H

#include "base/digest.h"
#include "snapshot/stream.h"

#include <stdint.h>

struct tap {
	struct sink sink;
	struct sink *next;        /* borrowed */
	struct digest *digest;    /* NULL: it only counts */
	uint64_t size;            /* bytes so far */
	char sha256[SHA256_TEXT]; /* hex; "" until the end */
};

void tap_init(struct tap *tap, struct sink *next);
void tap_init_counting(struct tap *tap, struct sink *next); /* makes no SHA-256 */
void tap_release(struct tap *tap);

#endif
