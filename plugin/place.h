/*
 * place: where new snapshots go, under which names, and what is done to them on the way.
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
	struct age_identities identities; /* to read it back */
	bool named;                       /* by FILE, not by us */
	const char *file;                 /* FILE as given; NULL: not named */
	const char *stem;                 /* CLUSTER-TIME, once it is settled */
};

/* One snapshot's place, with a store of its own: workers fill several at once. */
struct slot {
	struct store *store;
	const char *object, *recipe; /* names there */
	const char *files;           /* of --with-pki; NULL: not wanted */
	const char *shown; /* what the user calls it: FILE, or the name without its ending */
};

/*
 * What the flags say, before anything is asked of anybody: FILE or --to, compression, keys.  -1: USAGE; CONFIG (a key);
 * UNSAFE: neither encryption nor --plaintext for a store that is not on this machine; FILE: FILE is there already.
 */
int place_init(struct place *place, const struct opts *opts, struct err *err);

/* Settles the name that the snapshots of this save begin with. */
void place_name(struct place *place, const char *cluster);

/*
 * Opens the store and settles the names: FILE, or the stem, and `member` (NULL: without) behind it.  Nothing of those
 * names may be there.
 */
int slot_open(struct slot *slot, struct place *place, const struct opts *opts, const char *member,
	      int cancel_fd, struct err *err);
void slot_release(struct slot *slot);

/* The newest snapshot of this cluster there, for recipe.previous; none is no error. */
int place_previous(struct place *place, struct store *store, const char *cluster,
		   struct recipe *recipe, struct err *err);

/* Whether etcd's file goes there as it is. */
bool place_is_plain(const struct place *place);

/* Whether what goes there can be opened again with the keys that were given. */
bool place_can_open(const struct place *place);

void place_release(struct place *place);
void place_scoped(struct place *place);

#endif
