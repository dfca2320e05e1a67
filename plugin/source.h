/*
 * source: the snapshot that the user named, made ready for reading as etcd's file: a local file, an object by its URL
 * (s3://bucket/prefix/NAME, sftp://...), or a name in the store of --from; "latest" in a store is the newest that is whole and not
 * degraded.  What is encrypted or compressed is opened by
 * its content, not by its name, into memory: plaintext never comes to a disk of this machine.
 */
#ifndef PLUGIN_SOURCE_H
#define PLUGIN_SOURCE_H

#include "plugin/memory.h"
#include "plugin/opts.h"
#include "snapshot/age_key.h"
#include "snapshot/recipe.h"
#include "snapshot/snapshot_file.h"
#include "store/store.h"

struct source {
	struct arena *arena;
	struct snapshot_file file; /* proved: hash, bbolt meta; file.fd is open */
	const char *path;  /* to open it again: the file, or /proc/self/fd/N of this process */
	const char *shown; /* what to call it in messages */
	const char *place; /* the store's URL, or the folder of a local file */
	const char *name;  /* of the snapshot there: the recipe's name without ".json" */
	bool has_recipe;
	struct recipe recipe;
	char stored_sha256[65]; /* of the object as it is stored */
	uint64_t stored_size;
	const char *compression; /* as found: "none", "zstd", "gzip" */
	const char *encryption;  /* as found: "none", "age" */
};

/* What opens an encrypted one; none: both empty. */
struct source_keys {
	const struct age_identities *identities;
	const struct buf *passphrase;
};

/* Those of --identity and --passphrase-file, which may be pipes: they are read once.  -1: FILE, CONFIG. */
int source_keys_read(const struct opts *opts, struct age_identities *identities,
		     struct buf *passphrase, struct err *err);

/*
 * Reads all of it; `keys` NULL: those of the flags, when it needs them.  -1: FILE, STORE, CORRUPT (also when it is not what its recipe says: the SHA-256 and size of the
 * object, of the file in it, its revision), CONFIG (no identity fits, wrong passphrase), USAGE.
 */
int source_open(const struct opts *opts, const char *name, const struct source_keys *keys,
		struct source *out, struct err *err);

/* What to do when it is CORRUPT, as a hint of err, unless it has one.  Returns -1. */
int source_damaged(struct err *err);

/*
 * The rest of it for a snapshot that is in memory: takes the descriptor, proves the file, sets file and path.  arena and
 * shown are set before.  -1: CORRUPT, FILE.
 */
int source_from_memory(struct memory *memory, struct source *out, struct err *err);

/*
 * The object that was just stored, whose recipe is not yet there: recipe->stored.name in the store, or, when that is
 * given, the plain file at `path`.  Whether it is what the recipe says is not judged (verification does that).
 */
int source_open_stored(struct store *store, const char *path, const struct recipe *recipe,
		       const struct source_keys *keys, struct source *out, struct err *err);
void source_release(struct source *source);
void source_scoped(struct source *source);

#endif
