/*
 * age_wrap: the file key of an age file, wrapped for one reader and unwrapped by it: for an X25519 recipient, or for
 * everybody who knows a passphrase (scrypt).
 */
#ifndef SNAPSHOT_AGE_WRAP_H
#define SNAPSHOT_AGE_WRAP_H

#include "snapshot/age_header.h"
#include "snapshot/age_key.h"

enum {
	AGE_WORK = 18, /* log2 of scrypt's work factor for what we write: 256 MiB, about a second */
	AGE_WORK_MAX = 22, /* and the highest that is accepted: 4 GiB */
};

/* Appends the stanza for a recipient.  -1 with ERR_CONFIG when its key is of low order. */
int age_wrap_x25519(const uint8_t recipient[AGE_KEY], const uint8_t file_key[AGE_FILE_KEY],
		    struct buf *header, struct err *err);

/* Appends the stanza for a passphrase, which must then be the only one. */
int age_wrap_scrypt(const struct buf *passphrase, unsigned work,
		    const uint8_t file_key[AGE_FILE_KEY], struct buf *header, struct err *err);

/*
 * Finds the file key with what the reader has; passphrase is NULL or empty when there is none.  ERR_CONFIG: the file is
 * not for this reader.  ERR_CORRUPT: the header is damaged.  The header is not proved by it: age_header_prove().
 */
int age_unwrap(const struct age_header *header, const struct age_identities *identities,
	       const struct buf *passphrase, uint8_t file_key[AGE_FILE_KEY], struct err *err);

#endif
