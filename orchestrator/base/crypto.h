/*
 * crypto: X25519, HKDF-SHA256, HMAC-SHA256, ChaCha20-Poly1305 and scrypt (OpenSSL).  What can only fail for want of
 * memory aborts, as in mem; crypto_ready() says beforehand whether the library has all of them.
 */
#ifndef BASE_CRYPTO_H
#define BASE_CRYPTO_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CRYPTO_KEY = 32, CRYPTO_NONCE = 12, CRYPTO_TAG = 16, CRYPTO_MAC = 32 };

/* -1 when OpenSSL does not offer one of the above, as in FIPS mode.  To be asked before anything else here. */
int crypto_ready(struct err *err);

/* The public key of a secret one; any 32 random bytes are a secret key. */
void crypto_x25519_public(const uint8_t secret[CRYPTO_KEY], uint8_t out[CRYPTO_KEY]);

/* The secret that both sides share.  -1 when it would be all zeros: the public key is of low order. */
int crypto_x25519_shared(const uint8_t secret[CRYPTO_KEY], const uint8_t peer[CRYPTO_KEY],
			 uint8_t out[CRYPTO_KEY]);

/* HKDF-SHA256 (extract, then expand to 32 bytes); salt_len 0 is no salt. */
void crypto_hkdf(const void *key, size_t key_len, const void *salt, size_t salt_len,
		 const void *info, size_t info_len, uint8_t out[CRYPTO_KEY]);

void crypto_hmac(const void *key, size_t key_len, const void *data, size_t len,
		 uint8_t out[CRYPTO_MAC]);

/* What is authenticated but not encrypted; {NULL, 0} for nothing. */
struct crypto_aad {
	const void *data;
	size_t len;
};

/* ChaCha20-Poly1305: out has len + CRYPTO_TAG bytes. */
void crypto_seal(const uint8_t key[CRYPTO_KEY], const uint8_t nonce[CRYPTO_NONCE],
		 struct crypto_aad aad, const void *plain, size_t len, uint8_t *out);

/*
 * Opens what crypto_seal made; out has len - CRYPTO_TAG bytes and must not be the input.  -1 when it was not made with
 * this key, nonce and aad: out is then wiped.
 */
int crypto_open(const uint8_t key[CRYPTO_KEY], const uint8_t nonce[CRYPTO_NONCE],
		struct crypto_aad aad, const void *sealed, size_t len, uint8_t *out);

/* scrypt with N = 2^log_n, r = 8, p = 1: takes 2^log_n KiB.  -1 when there is not that much, or log_n is not 1..30. */
int crypto_scrypt(const void *passphrase, size_t passphrase_len, const void *salt, size_t salt_len,
		  unsigned log_n, uint8_t out[CRYPTO_KEY]);

/* Whether two secrets are the same, in a time that does not say where they differ. */
bool crypto_equal(const void *a, const void *b, size_t len);

#endif
