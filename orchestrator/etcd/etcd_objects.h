/*
 * etcd_objects: which Kubernetes objects a database has now: how many and how many bytes for each resource and
 * namespace, and the largest ones.  Of values only their sizes.
 */
#ifndef ETCD_ETCD_OBJECTS_H
#define ETCD_ETCD_OBJECTS_H

#include "etcd/etcd_db.h"
#include "etcd/object_name.h"

enum {
	OBJECT_RESOURCES_MAX = 2048,
	OBJECT_PLACES_MAX = 16384,
	OBJECT_LARGEST_MAX = 256,
};

struct object_count {
	const char
		*resource; /* as kubectl names it: "pods", "widgets.example.com"; "": no object */
	const char *namespace_; /* "": outside of namespaces, or all of them */
	uint64_t count;
	uint64_t bytes; /* of keys and of what etcd keeps with them */
};

struct object_large {
	const char *key; /* its first OBJECT_KEY_SHOWN bytes, up to a NUL */
	uint64_t bytes;
};

struct etcd_objects {
	struct arena *arena;
	struct object_count *resources; /* the largest first */
	size_t resource_count;
	struct object_count *places; /* a resource in a namespace; the largest first */
	size_t place_count;
	struct object_large *largest; /* first */
	size_t largest_count;
	struct object_count all;
	struct object_count left_out; /* in no place: more of them than are counted apart */
};

/*
 * The live objects of db at its newest revision, and the `largest` of them, at most
 * OBJECT_LARGEST_MAX.  At most 16 MiB of memory.  -1: CORRUPT or FILE.
 */
int etcd_objects_read(struct etcd_db *db, size_t largest, struct etcd_objects *out,
		      struct err *err);
void etcd_objects_release(struct etcd_objects *objects);
void etcd_objects_scoped(struct etcd_objects *objects);

#endif
