/*
 * age_bech32: Bech32 (BIP 173, without its limit on the length), the text form of age's keys.  Pure.
 */
#ifndef SNAPSHOT_AGE_BECH32_H
#define SNAPSHOT_AGE_BECH32_H

#include "base/buf.h"

#include <stdint.h>

/* Appends the text: upper case when the prefix is upper case.  -1 when out is full. */
int age_bech32_encode(const char *prefix, const void *data, size_t len, struct buf *out);

/*
 * Reads a text that must have exactly this prefix, all of it in the prefix's case, and be of exactly `len` bytes (at
 * most 64).  -1 for anything else, a wrong checksum and bits that are left over and not zero.
 */
int age_bech32_decode(const char *text, const char *prefix, void *out, size_t len);

#endif
