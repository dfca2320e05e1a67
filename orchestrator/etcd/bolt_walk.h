/*
 * bolt_walk: goes through the buckets of a database and their entries in key order.  On the way it proves what it
 * reads: pages exist and are what they should be, elements lie inside their page and do not overlap, keys are
 * strictly ascending and between the borders that the branches above give, nothing is deeper than 32 levels, and
 * no more pages are seen than the file has.  So a walk of any file ends, in time linear in its size.
 */
#ifndef ETCD_BOLT_WALK_H
#define ETCD_BOLT_WALK_H

#include "etcd/bolt_map.h"

struct bolt_entry {
	unsigned level; /* 0: of the root, the top buckets; 1: in a top bucket; 2...: nested */
	struct bolt_slice bucket; /* the top bucket's name; empty on level 0 */
	struct bolt_slice key;
	struct bolt_slice value; /* of a bucket: its header */
	bool is_bucket;          /* what is in it comes after it */
	uint64_t at;             /* for bolt_element_at */
};

/* Each may be NULL.  Not 0 ends the walk with that. */
struct bolt_visitor {
	void *arg;
	/* Each page of the file that the walk comes to, before anything in it. */
	int (*page)(void *arg, const struct bolt_page *page, struct err *err);
	int (*entry)(void *arg, const struct bolt_entry *entry, struct err *err);
};

/*
 * All of the map, or with `only` (the name of a top bucket) just what is in that; its entry of
 * level 0 comes, too, the others' not.  What was read is not held in memory (bolt_map_forget).
 * -1 (CORRUPT) says which bucket, page, element and byte.
 */
int bolt_walk(const struct bolt_map *map, const char *only, const struct bolt_visitor *visitor,
	      struct err *err);

#endif
