/*
 * crypto: see crypto.h.
 */
#include "base/crypto.h"

#include "base/mem.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <stdlib.h>

/* Out of memory, or a library without it, which crypto_ready() would have said. */
static void need(bool worked)
{
	if (!worked)
		abort();
}

static int in_int(size_t len)
{
	need(len <= INT_MAX);
	return (int)len;
}

int crypto_ready(struct err *err)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "ChaCha20-Poly1305", NULL);
	EVP_KEYEXCH *exchange = EVP_KEYEXCH_fetch(NULL, "X25519", NULL);
	EVP_KDF *hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF *scrypt = EVP_KDF_fetch(NULL, "SCRYPT", NULL);
	const char *missing = !cipher     ? "ChaCha20-Poly1305"
			      : !exchange ? "X25519"
			      : !hkdf     ? "HKDF"
			      : !scrypt   ? "scrypt"
					  : NULL;

	EVP_CIPHER_free(cipher);
	EVP_KEYEXCH_free(exchange);
	EVP_KDF_free(hkdf);
	EVP_KDF_free(scrypt);
	ERR_clear_error();
	if (!missing)
		return 0;
	err_set(err, ERR_CONFIG, "the OpenSSL of this machine does not offer %s", missing);
	return err_hint(err, "in FIPS mode it does not: use a machine that is not in it");
}

void crypto_x25519_public(const uint8_t secret[CRYPTO_KEY], uint8_t out[CRYPTO_KEY])
{
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, secret, CRYPTO_KEY);
	size_t len = CRYPTO_KEY;

	need(key && EVP_PKEY_get_raw_public_key(key, out, &len) && len == CRYPTO_KEY);
	EVP_PKEY_free(key);
}

int crypto_x25519_shared(const uint8_t secret[CRYPTO_KEY], const uint8_t peer[CRYPTO_KEY],
			 uint8_t out[CRYPTO_KEY])
{
	static const uint8_t zeros[CRYPTO_KEY];
	EVP_PKEY *mine = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, secret, CRYPTO_KEY);
	EVP_PKEY *theirs = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, peer, CRYPTO_KEY);
	EVP_PKEY_CTX *ctx = mine ? EVP_PKEY_CTX_new(mine, NULL) : NULL;
	uint8_t shared[CRYPTO_KEY] = { 0 };
	size_t len = CRYPTO_KEY;

	need(theirs && ctx && EVP_PKEY_derive_init(ctx) > 0 &&
	     EVP_PKEY_derive_set_peer(ctx, theirs) > 0);
	bool good = EVP_PKEY_derive(ctx, shared, &len) > 0 && len == CRYPTO_KEY &&
		    !crypto_equal(shared, zeros, CRYPTO_KEY);
	if (good)
		for (size_t i = 0; i < CRYPTO_KEY; i++)
			out[i] = shared[i];
	mem_wipe(shared, sizeof(shared));
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(theirs);
	EVP_PKEY_free(mine);
	ERR_clear_error();
	return good ? 0 : -1;
}

void crypto_hkdf(const void *key, size_t key_len, const void *salt, size_t salt_len,
		 const void *info, size_t info_len, uint8_t out[CRYPTO_KEY])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, NULL);
	size_t len = CRYPTO_KEY;

	need(ctx && EVP_PKEY_derive_init(ctx) > 0 &&
	     EVP_PKEY_CTX_set_hkdf_md(ctx, EVP_sha256()) > 0 &&
	     EVP_PKEY_CTX_set1_hkdf_key(ctx, key, in_int(key_len)) > 0);
	need(!salt_len || EVP_PKEY_CTX_set1_hkdf_salt(ctx, salt, in_int(salt_len)) > 0);
	need(!info_len || EVP_PKEY_CTX_add1_hkdf_info(ctx, info, in_int(info_len)) > 0);
	need(EVP_PKEY_derive(ctx, out, &len) > 0 && len == CRYPTO_KEY);
	EVP_PKEY_CTX_free(ctx);
}

void crypto_hmac(const void *key, size_t key_len, const void *data, size_t len,
		 uint8_t out[CRYPTO_MAC])
{
	unsigned size = CRYPTO_MAC;

	need(HMAC(EVP_sha256(), key, in_int(key_len), data, len, out, &size));
}

void crypto_seal(const uint8_t key[CRYPTO_KEY], const uint8_t nonce[CRYPTO_NONCE],
		 struct crypto_aad aad, const void *plain, size_t len, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0;

	need(ctx && EVP_EncryptInit_ex(ctx, EVP_chacha20_poly1305(), NULL, key, nonce));
	need(!aad.len || EVP_EncryptUpdate(ctx, NULL, &n, aad.data, in_int(aad.len)));
	need(!len || EVP_EncryptUpdate(ctx, out, &n, plain, in_int(len)));
	need(EVP_EncryptFinal_ex(ctx, out + len, &n) &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, CRYPTO_TAG, out + len));
	EVP_CIPHER_CTX_free(ctx);
}

int crypto_open(const uint8_t key[CRYPTO_KEY], const uint8_t nonce[CRYPTO_NONCE],
		struct crypto_aad aad, const void *sealed, size_t len, uint8_t *out)
{
	const uint8_t *in = sealed;
	uint8_t tag[CRYPTO_TAG], end[CRYPTO_TAG];
	int n = 0;

	if (len < CRYPTO_TAG)
		return -1;
	len -= CRYPTO_TAG;
	for (size_t i = 0; i < CRYPTO_TAG; i++)
		tag[i] = in[len + i];

	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	need(ctx && EVP_DecryptInit_ex(ctx, EVP_chacha20_poly1305(), NULL, key, nonce) &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, CRYPTO_TAG, tag));
	need(!aad.len || EVP_DecryptUpdate(ctx, NULL, &n, aad.data, in_int(aad.len)));
	need(!len || EVP_DecryptUpdate(ctx, out, &n, in, in_int(len)));
	bool good = EVP_DecryptFinal_ex(ctx, end, &n) > 0;
	EVP_CIPHER_CTX_free(ctx);
	ERR_clear_error();
	if (good)
		return 0;
	if (len)
		mem_wipe(out, len);
	return -1;
}

int crypto_scrypt(const void *passphrase, size_t passphrase_len, const void *salt, size_t salt_len,
		  unsigned log_n, uint8_t out[CRYPTO_KEY])
{
	enum { R = 8, P = 1 };
	uint8_t key[CRYPTO_KEY];

	if (log_n < 1 || log_n > 30)
		return -1;
	uint64_t n = (uint64_t)1 << log_n, room = 128 * R * (n + P + 32);
	bool good = EVP_PBE_scrypt(passphrase, passphrase_len, salt, salt_len, n, R, P, room, key,
				   sizeof(key)) > 0;
	if (good)
		for (size_t i = 0; i < CRYPTO_KEY; i++)
			out[i] = key[i];
	mem_wipe(key, sizeof(key));
	ERR_clear_error();
	return good ? 0 : -1;
}

bool crypto_equal(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}
