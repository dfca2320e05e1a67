/*
 * seal: what a snapshot goes through on its way to a store: counted, compressed, encrypted, counted again.
 */
#ifndef SNAPSHOT_SEAL_H
#define SNAPSHOT_SEAL_H

#include "snapshot/age_key.h"
#include "snapshot/compress.h"
#include "snapshot/tap.h"

struct seal_settings {
	struct compress_choice compress;
	const struct age_recipients *recipients; /* NULL or none: not by recipients */
	const struct buf *passphrase;            /* NULL or empty: not by passphrase; not both */
};

struct seal {
	struct tap
		plain; /* what was written to it: the first stage, to write to is &seal->plain.sink */
	struct tap stored; /* what came out */
	struct sink *pack, *age;
	enum compress_kind kind;
};

/* `to` is borrowed.  -1: what age says of its keys.  seal_release in either case. */
int seal_init(struct seal *seal, const struct seal_settings *settings, struct sink *to,
	      struct err *err);
void seal_release(struct seal *seal);

/* ".db", and what was done to it: ".db.zst.age" */
const char *seal_suffix(const struct seal_settings *settings);
const char *seal_compression(const struct seal_settings *settings);
const char *seal_encryption(const struct seal_settings *settings);

#endif
