/*
 * read_back: what a store has, read again and compared with the recipe.
 */
#ifndef PLUGIN_READ_BACK_H
#define PLUGIN_READ_BACK_H

#include "plugin/source.h"
#include "store/store.h"

/* Every byte of an object, against the SHA-256 that its recipe has.  -1: CORRUPT, or what the store says. */
int read_back_bytes(struct store *store, const char *object, const char *sha256, struct err *err);

/*
 * All that `verify` proves, of the object (or the plain file at `path`) whose recipe is not yet written.  -1: CORRUPT,
 * or that it cannot be read.
 */
int read_back_all(struct store *store, const char *path, const struct recipe *recipe,
		  const struct source_keys *keys, struct err *err);

/* The control plane's files, which that recipe names, as prove_files does it. */
int read_back_files(struct store *store, const struct recipe *recipe,
		    const struct source_keys *keys, struct err *err);

#endif
