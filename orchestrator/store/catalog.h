/*
 * catalog: the snapshots of a store, by their recipes.  The store itself is the catalog: NAME.json is the recipe of the
 * snapshot NAME, and its `stored.name` is the object beside it; `controlPlane.name` is another one that belongs to it.
 * What has no recipe is no snapshot.  NAME.drill.json is the report of the last drill that it went through.
 */
#ifndef STORE_CATALOG_H
#define STORE_CATALOG_H

#include "snapshot/drill_report.h"
#include "snapshot/recipe.h"
#include "store/store.h"

enum { CATALOG_MAX = 20000 };

enum catalog_state {
	CATALOG_OK,      /* its objects are there and have the sizes that the recipe says */
	CATALOG_MISSING, /* one is not there */
	CATALOG_SIZE,    /* one has another size */
	CATALOG_UNREAD,  /* the recipe cannot be read: only name and error are set */
};

struct catalog_entry {
	const char *name;   /* of the snapshot: the recipe's without ".json" */
	const char *object; /* beside it */
	enum catalog_state state;
	const char *trouble; /* in words; NULL when CATALOG_OK */
	bool gap;            /* its predecessor is not there: pruned, or lost */
	bool replaced;       /* another one has its predecessor's name */
	bool has_report;     /* NAME.drill.json is there */
	bool drilled; /* and says that this very snapshot was restored and proved; see drill */
	struct drill_report drill;
	struct recipe recipe;
};

struct catalog {
	struct arena *arena;
	struct catalog_entry *entries; /* newest first; those that cannot be read last */
	size_t count;
	/*
	 * Objects with names as ours have them (NAME.db or NAME.pki.tar, packed or not; NAME.drill.json) that no recipe
	 * names: left by a save or a prune that was killed, or of one that runs now.  Those that may be of a recipe that
	 * cannot be read are none.
	 */
	struct store_object *strays;
	size_t stray_count;
};

/*
 * Reads every recipe of the store, and every report.  An object without a recipe is no entry; a report that cannot be
 * read, or is of another file, is none.  -1: what the store says, or more than
 * CATALOG_MAX recipes.
 */
int catalog_read(struct store *store, struct catalog *out, struct err *err);
void catalog_release(struct catalog *catalog);
void catalog_scoped(struct catalog *catalog);

/* One recipe by the snapshot's name (or its object's), without its report.  -1: STORE when there is none, CONFIG when it cannot be read. */
int catalog_find(struct store *store, struct arena *arena, const char *name,
		 struct catalog_entry *out, struct err *err);

/*
 * The report of the last drill of the snapshot `name`, whose file (etcd's own) has that SHA-256.  *drilled: it is there, is of
 * this very file and says that all went well; otherwise *out is untouched.  One that cannot be read is none.  -1: what the
 * store says, also when there is none.
 */
int catalog_report(struct store *store, struct arena *arena, const char *name, const char *sha256,
		   struct drill_report *out, bool *drilled, struct err *err);

#endif
