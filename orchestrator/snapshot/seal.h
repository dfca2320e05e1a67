/*
 * seal: what a snapshot goes through on its way to a store: compressed in one thread; encrypted, counted and stored in another.
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
	struct sink *first; /* the stage to write to: a relay */
	/* What came out.  Of bytes that are neither compressed nor encrypted it makes no SHA-256: it is that of what went in. */
	struct tap stored;
	/* NULL: not done; the relay is behind pack */
	struct sink *pack, *relay, *age;
	enum compress_kind kind;
};

/*
 * `to` is borrowed; until its `end` has returned 0, or else until seal_release, a thread of the seal uses it.  -1: what age
 * says of its keys, or FILE (no thread).  seal_release in either case.
 */
int seal_init(struct seal *seal, const struct seal_settings *settings, struct sink *to,
	      struct err *err);

/* In the middle of a stream it waits for what `to` is doing, which must then still be there.  May be called again. */
void seal_release(struct seal *seal);

/* Nothing is done to the bytes. */
bool seal_is_plain(const struct seal_settings *settings);

/* ".db", and what was done to it: ".db.zst.age" */
const char *seal_suffix(const struct seal_settings *settings);
const char *seal_compression(const struct seal_settings *settings);
const char *seal_encryption(const struct seal_settings *settings);

#endif
