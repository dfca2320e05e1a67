/*
 * inspect_print: what `inspect` found, for people and for machines.  Everything here came out of a file that may be
 * hostile; a key's value is in none of it.
 */
#ifndef PLUGIN_INSPECT_PRINT_H
#define PLUGIN_INSPECT_PRINT_H

#include "etcd/etcd_objects.h"
#include "plugin/print.h"
#include "plugin/source.h"

/* All that is known of a snapshot; nothing is owned. */
struct inspection {
	const struct source *source;
	const struct etcd_db_facts *facts;
	const struct etcd_hash *hashkv; /* at the newest revision */
	const struct etcd_objects *objects;
};

/*
 * A block of `name value` lines, then the tables of members, of resources (-o wide: and namespaces) and of the
 * largest objects, to stdout.  A table that print cannot hold ends with a line that says how much is missing.
 */
void inspect_print(const struct inspection *inspection, const struct opts *opts);

/* The whole of it: kind SnapshotInspection, apiVersion etcd-backup/v1.  Without a recipe `recipe` is null. */
struct tree *inspect_tree(struct arena *arena, const struct inspection *inspection);

#endif
