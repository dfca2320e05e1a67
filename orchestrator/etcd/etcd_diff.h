/*
 * etcd_diff: how the live objects of one database differ from those of another: which were added, removed and changed, by
 * resource and namespace.  Changed means other bytes in the value; a value is compared and never handed out.
 *
 * Memory: what the two databases have already (etcd_keys), 16 MiB for the counts, and at most 1 KiB a name.
 */
#ifndef ETCD_ETCD_DIFF_H
#define ETCD_ETCD_DIFF_H

#include "etcd/etcd_db.h"
#include "etcd/object_name.h"

enum { DIFF_PLACES_MAX = 16384, DIFF_NAMES_MAX = 50000 };

enum diff_change { DIFF_ADDED, DIFF_REMOVED, DIFF_CHANGED, DIFF_CHANGES };

struct diff_count {
	const char *resource;   /* as kubectl names it; "": no object of Kubernetes */
	const char *namespace_; /* "": outside of namespaces */
	uint64_t count[DIFF_CHANGES];
	uint64_t itself[DIFF_CHANGES]; /* object_changes_by_itself: not in `count` */
};

struct diff_name {
	enum diff_change change;
	const struct diff_count *place; /* one of `places`; NULL: one of left_out */
	const char *
		name; /* its first OBJECT_KEY_SHOWN bytes, up to a NUL; of no object: the whole key */
};

struct etcd_diff {
	struct arena *arena;
	uint64_t same;                   /* objects that both have, with the same value */
	uint64_t count[DIFF_CHANGES];    /* of objects that do not change by themselves */
	uint64_t itself[DIFF_CHANGES];   /* of those that do, which are not in `count` */
	uint64_t left_out[DIFF_CHANGES]; /* of both, in no place: there are too many places */
	struct diff_count *places;       /* with a difference; by resource, then namespace */
	size_t place_count;
	struct diff_name *names; /* in the order of their keys */
	size_t name_count;
	uint64_t names_left_out; /* the last ones by key: there are too many */
};

/* What is to be named. */
struct diff_wish {
	size_t names;     /* at most this many, at most DIFF_NAMES_MAX; 0: none */
	bool also_itself; /* those that change by themselves, too */
};

/*
 * Both at their newest revisions; added is what only `to` has.  -1: CORRUPT or FILE.  `out` is released by the caller, and
 * needs neither database.
 */
int etcd_diff_read(struct etcd_db *from, struct etcd_db *to, const struct diff_wish *wish,
		   struct etcd_diff *out, struct err *err);
void etcd_diff_release(struct etcd_diff *diff);
void etcd_diff_scoped(struct etcd_diff *diff);

#endif
