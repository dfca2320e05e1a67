/*
 * age_chunk: see age_chunk.h.
 */
#include "snapshot/age_chunk.h"

#include <string.h>

static const struct crypto_aad nothing;

void age_chunks_begin(struct age_chunks *chunks, const uint8_t file_key[AGE_FILE_KEY],
		      const uint8_t nonce[AGE_NONCE])
{
	crypto_hkdf(file_key, AGE_FILE_KEY, nonce, AGE_NONCE, "payload", 7, chunks->key);
	chunks->number = 0;
}

/* 11 bytes of counter, big-endian, of which 8 are enough for every file; then whether it is the last. */
static void make_nonce(uint64_t number, bool last, uint8_t out[CRYPTO_NONCE])
{
	memset(out, 0, CRYPTO_NONCE);
	for (int i = 0; i < 8; i++)
		out[10 - i] = (uint8_t)(number >> 8 * i);
	out[11] = last;
}

void age_chunk_seal(struct age_chunks *chunks, const void *plain, size_t len, bool last,
		    uint8_t *out)
{
	uint8_t nonce[CRYPTO_NONCE];

	make_nonce(chunks->number++, last, nonce);
	crypto_seal(chunks->key, nonce, nothing, plain, len, out);
}

int age_chunk_open(struct age_chunks *chunks, const void *sealed, size_t len, bool last,
		   uint8_t *out)
{
	uint8_t nonce[CRYPTO_NONCE];

	make_nonce(chunks->number, last, nonce);
	if (crypto_open(chunks->key, nonce, nothing, sealed, len, out))
		return -1;
	chunks->number++;
	return 0;
}
