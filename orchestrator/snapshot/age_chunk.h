/*
 * age_chunk: the payload of an age file: pieces of 64 KiB, each encrypted for its place, the last marked as the last.
 */
#ifndef SNAPSHOT_AGE_CHUNK_H
#define SNAPSHOT_AGE_CHUNK_H

#include "base/crypto.h"
#include "snapshot/age_header.h"

enum {
	AGE_CHUNK = 64 * 1024,               /* plain bytes of every chunk but the last */
	AGE_SEALED = AGE_CHUNK + CRYPTO_TAG, /* and what becomes of them */
	AGE_NONCE = 16,                      /* stands in front of the payload */
};

/* The key of the payload and the number of the next chunk.  Wiped by its owner. */
struct age_chunks {
	uint8_t key[CRYPTO_KEY];
	uint64_t number;
};

void age_chunks_begin(struct age_chunks *chunks, const uint8_t file_key[AGE_FILE_KEY],
		      const uint8_t nonce[AGE_NONCE]);

/* Encrypts the next chunk: out has len + CRYPTO_TAG bytes. */
void age_chunk_seal(struct age_chunks *chunks, const void *plain, size_t len, bool last,
		    uint8_t *out);

/* Decrypts the next chunk: out has len - CRYPTO_TAG bytes.  -1 when it is not that one: the number stays, out is wiped. */
int age_chunk_open(struct age_chunks *chunks, const void *sealed, size_t len, bool last,
		   uint8_t *out);

#endif
