/*
 * object_name: which Kubernetes object a key of etcd is.  Keys are /registry/RESOURCE/[NAMESPACE/]NAME, or
 * /registry/GROUP/RESOURCE/[NAMESPACE/]NAME when the second word has a dot.  And a table of the places, a resource in a
 * namespace, that were seen, for whoever counts by them.
 */
#ifndef ETCD_OBJECT_NAME_H
#define ETCD_OBJECT_NAME_H

#include "base/mem.h"
#include "etcd/bolt_map.h"

enum {
	OBJECT_WORD_SHOWN = 253, /* bytes of a resource, a group, a namespace */
	OBJECT_KEY_SHOWN = 512,
	OBJECT_RESOURCE_TEXT = 2 * OBJECT_WORD_SHOWN + 2,
};

/* All in the key; resource empty: no object of Kubernetes, and name is the whole key. */
struct object_name {
	struct bolt_slice resource, group, space, name;
};

void object_name_of(struct bolt_slice key, struct object_name *out);

/* As kubectl names it: "pods", "widgets.example.com"; "": no object. */
void object_resource_text(const struct object_name *name, char out[OBJECT_RESOURCE_TEXT]);

/*
 * Whether it is written all the time though nobody changes anything: events, leases, masterleases, the note that API servers
 * keep of the last compaction, and the key without a name that a restore leaves which bumped the revision.
 */
bool object_changes_by_itself(const struct object_name *name);

struct object_place {
	const char *resource;
	const char *namespace_; /* "": outside of namespaces */
};

/* Places in the order in which they were seen first; their texts are in the arena. */
struct object_places {
	struct arena *arena;
	struct object_place *list;
	uint16_t *
		index; /* open addressing, twice as many as there can be: 1 + place in the list; 0: empty */
	size_t count, max;
};

/* max is at most 65535. */
struct object_places object_places_new(struct arena *arena, size_t max);
void object_places_release(struct object_places *places);

/* Which one that is, a new one when it was not there yet; max: there are too many. */
size_t object_places_see(struct object_places *places, const char *resource,
			 struct bolt_slice space);

#endif
