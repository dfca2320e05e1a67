/*
 * last_drill: the report of the last drill of a cluster that a store has: NAME.drill.json of whichever of the cluster's snapshots is
 * the newest.
 */
#ifndef STORE_LAST_DRILL_H
#define STORE_LAST_DRILL_H

#include "base/tree.h"
#include "snapshot/recipe.h"
#include "store/store.h"

struct last_drill {
	const char *name;          /* of the snapshot that it was of; NULL: there is none */
	const struct tree *report; /* all of it, as drill_report_tree wrote it */
};

/*
 * Of the cluster that `recipe` is of: the same etcd CA, or the same name where one of the two has none; with NULL only of
 * the snapshot `name` itself.  Of many reports the newest are looked at; one that cannot be read is none.  Texts live in
 * the arena.  -1: what the store says.
 */
int last_drill_find(struct store *store, struct arena *arena, const char *name,
		    const struct recipe *recipe, struct last_drill *out, struct err *err);

#endif
