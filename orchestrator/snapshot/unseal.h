/*
 * unseal: a stored object back to etcd's file: decrypted and decompressed by what its bytes say it is, in whatever order
 * that was done; the name does not matter.
 */
#ifndef SNAPSHOT_UNSEAL_H
#define SNAPSHOT_UNSEAL_H

#include "snapshot/age_key.h"
#include "snapshot/stream.h"

#include <stdint.h>

/* Bytes at the beginning that tell what it is. */
enum { UNSEAL_HEAD = 40 };

enum unseal_kind { UNSEAL_PLAIN, UNSEAL_AGE, UNSEAL_ZSTD, UNSEAL_GZIP };

/* The outermost layer, by the first bytes: UNSEAL_HEAD, or all there are. */
enum unseal_kind unseal_kind(const char *head, size_t len);

struct unseal_settings {
	const struct age_identities *identities; /* NULL: none */
	const struct buf *passphrase;            /* NULL: none */
	uint64_t max;                            /* bytes that may come out: more is an error */
};

struct unseal;

/* Settings and `next` are borrowed as long as it lives. */
struct unseal *unseal_new(const struct unseal_settings *settings, struct sink *next);
struct sink *unseal_sink(struct unseal *unseal);
void unseal_free(struct unseal *unseal); /* NULL is allowed */

/* What was found, after the first bytes: "none", "zstd", "gzip"; "none", "age". */
const char *unseal_compression(const struct unseal *unseal);
const char *unseal_encryption(const struct unseal *unseal);

#endif
