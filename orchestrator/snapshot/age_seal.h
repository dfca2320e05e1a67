/*
 * age_seal: a stage that encrypts: plaintext in, an age file (age-encryption.org/v1) out to the next stage.
 */
#ifndef SNAPSHOT_AGE_SEAL_H
#define SNAPSHOT_AGE_SEAL_H

#include "snapshot/age_key.h"
#include "snapshot/stream.h"

/*
 * For all recipients, any of whom can read it; or for whoever knows the passphrase (not empty), which takes about a
 * second and 256 MiB.  Fails here or not at all by itself; nothing is given to `next` before the first write or the
 * end.  NULL on failure.  `next` is not freed.
 */
struct sink *age_seal_new(const struct age_recipients *recipients, struct sink *next,
			  struct err *err);
struct sink *age_seal_new_passphrase(const struct buf *passphrase, struct sink *next,
				     struct err *err);

void age_seal_free(struct sink *sink); /* wipes; NULL is allowed */

#endif
