/*
 * crc32c: the CRC-32C (Castagnoli) of RFC 3720, which etcd's hashes are made of.  A sum against accidents, no
 * cryptographic primitive.
 */
#ifndef BASE_CRC32C_H
#define BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* The sum of what `crc` is the sum of (0: nothing) and these bytes.  Uses SSE4.2 where the processor has it. */
uint32_t crc32c(uint32_t crc, const void *data, size_t len);

/* The same, always by table: for tests. */
uint32_t crc32c_table(uint32_t crc, const void *data, size_t len);

#endif
