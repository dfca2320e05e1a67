/*
 * age_open: a stage that decrypts: an age file (age-encryption.org/v1, binary or armored) in, plaintext out to the next
 * stage.  A chunk is handed on only when it has been proved; that the file was whole is known when `end` returns 0.
 */
#ifndef SNAPSHOT_AGE_OPEN_H
#define SNAPSHOT_AGE_OPEN_H

#include "snapshot/age_key.h"
#include "snapshot/stream.h"

/*
 * Reads with any of the identities, or with the passphrase; either may be NULL or empty.  Both are copied, wiped when
 * the header has been read, or on free.  NULL on failure.  `next` is not freed.
 *
 * Errors of the stage: ERR_CORRUPT when the file is damaged (cut off, changed, reordered, followed by something),
 * with the number of the chunk from 1; ERR_CONFIG when it cannot be read with what was given.
 */
struct sink *age_open_new(const struct age_identities *identities, const struct buf *passphrase,
			  struct sink *next, struct err *err);

void age_open_free(struct sink *sink); /* wipes; NULL is allowed */

#endif
