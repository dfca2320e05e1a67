/*
 * hmac: see hmac.h.
 */
#include "base/hmac.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>

void hmac_sha1(const void *key, size_t key_len, const void *data, size_t len, uint8_t out[20])
{
	unsigned size = 20;

	if (!HMAC(EVP_sha1(), key, (int)key_len, data, len, out, &size))
		abort(); /* out of memory, or a library without SHA-1 */
}

void hmac_sha256(const void *key, size_t key_len, const void *data, size_t len, uint8_t out[32])
{
	unsigned size = 32;

	if (!HMAC(EVP_sha256(), key, (int)key_len, data, len, out, &size))
		abort();
}
