/*
 * digest: SHA-1 and SHA-256 (OpenSSL).  SHA-1 only because etcd's ids are made with it.
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

enum { SHA1_SIZE = 20, SHA256_SIZE = 32, SHA256_TEXT = 65 };

void digest_sha1(const void *data, size_t len, uint8_t out[SHA1_SIZE]);
void digest_sha256(const void *data, size_t len, uint8_t out[SHA256_SIZE]);

/* A running SHA-256.  digest_end gives the result and frees; digest_free(NULL) is allowed. */
struct digest;
struct digest *digest_sha256_begin(void);
struct digest *digest_copy(const struct digest *digest); /* of what was added so far */
void digest_add(struct digest *digest, const void *data, size_t len);
void digest_end(struct digest *digest, uint8_t out[SHA256_SIZE]);
void digest_free(struct digest *digest);

/* Lower-case hex with a NUL: out has 2 * len + 1 bytes. */
void digest_hex(const uint8_t *data, size_t len, char *out);

/* Fills from the operating system's random source; aborts when there is none. */
void random_bytes(void *out, size_t len);

/* SHA-256 of the first certificate in a PEM text, over its DER bytes; -1 when there is none. */
int digest_certificate(const char *pem, size_t len, uint8_t out[SHA256_SIZE]);

/*
 * When the first of all the certificates in a PEM text ends, in seconds since 1970; -1 when there is none, or its end is
 * no date.
 */
int digest_certificate_end(const char *pem, size_t len, uint64_t *end);

#endif
