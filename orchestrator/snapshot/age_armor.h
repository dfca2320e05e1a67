/*
 * age_armor: takes the ASCII armor (strict PEM) off an age file while it is read; a binary file passes unchanged.  Pure.
 */
#ifndef SNAPSHOT_AGE_ARMOR_H
#define SNAPSHOT_AGE_ARMOR_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

/* Starts as {0}; nothing to release. */
struct age_armor {
	enum {
		AGE_ARMOR_UNKNOWN,
		AGE_ARMOR_NONE,
		AGE_ARMOR_BEGIN,
		AGE_ARMOR_BODY,
		AGE_ARMOR_AFTER
	} place;
	char line[72]; /* that has not ended yet */
	size_t len;
	size_t blanks;   /* white space around the armor so far */
	bool last;       /* the last line of the body was the short one */
	uint64_t number; /* of the line, from 1 */
};

/* Appends what the bytes mean to out, which needs as much room as there are bytes, and 64 more. */
int age_armor_add(struct age_armor *armor, const void *data, size_t len, struct buf *out,
		  struct err *err);

/* After the last byte: whether the armor was whole. */
int age_armor_end(struct age_armor *armor, struct err *err);

#endif
