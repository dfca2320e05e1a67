/*
 * hmac: HMAC-SHA1 (OpenSSL) for the hashed host names of known_hosts, HMAC-SHA256 for signed requests.
 */
#ifndef BASE_HMAC_H
#define BASE_HMAC_H

#include <stddef.h>
#include <stdint.h>

void hmac_sha1(const void *key, size_t key_len, const void *data, size_t len, uint8_t out[20]);
void hmac_sha256(const void *key, size_t key_len, const void *data, size_t len, uint8_t out[32]);

#endif
