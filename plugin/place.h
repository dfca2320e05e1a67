/*
 * place: where a new snapshot goes, under which name, and what is done to it on the way.
 */
#ifndef PLUGIN_PLACE_H
#define PLUGIN_PLACE_H

#include "plugin/opts.h"
#include "snapshot/recipe.h"
#include "snapshot/seal.h"
#include "store/store.h"

struct place {
	const char *url; /* of the store, or the folder of FILE */
	struct arena *arena;
	struct seal_settings seal;
	struct age_recipients recipients;
	struct buf passphrase;
	bool named; /* by FILE, not by us */
	struct store *store;
	const char *object, *recipe; /* names there */
	const char *shown; /* what the user calls it: FILE, or the name without its ending */
};

/*
 * What the flags say, before anything is asked of anybody: FILE or --to, compression, keys.  -1: USAGE; CONFIG (a key);
 * UNSAFE: neither encryption nor --plaintext for a store that is not on this machine; FILE: FILE is there already.
 */
int place_init(struct place *place, const struct opts *opts, struct err *err);

/* Opens the store and settles the names; nothing of those names may be there. */
int place_open(struct place *place, const struct opts *opts, const char *cluster, int cancel_fd,
	       struct err *err);

/* The newest snapshot of this cluster there, for recipe.previous; none is no error. */
int place_previous(struct place *place, const char *cluster, struct recipe *recipe,
		   struct err *err);

void place_release(struct place *place);
void place_scoped(struct place *place);

#endif
