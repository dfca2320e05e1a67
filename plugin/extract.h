/*
 * extract: an object as the API server has it, without what belongs to that one object in that one cluster.
 */
#ifndef PLUGIN_EXTRACT_H
#define PLUGIN_EXTRACT_H

#include "base/tree.h"

/*
 * Takes out of metadata uid, resourceVersion, generation, managedFields, creationTimestamp, selfLink, what is left of a deletion, and
 * ownerReferences, which name owners by their uid: the garbage collector would remove the object for an owner that is gone.  And status.
 */
void extract_strip(struct tree *object);

/* "configmaps/settings": both parts are there, and can stand in a path. */
bool extract_parse(const char *text, char *resource, char *name, size_t size);

#endif
