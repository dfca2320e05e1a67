/*
 * save_members: the members that a recipe names: those whose nodes were read, and those that only the list of members tells.
 */
#ifndef PLUGIN_SAVE_MEMBERS_H
#define PLUGIN_SAVE_MEMBERS_H

#include "plugin/discover.h"

/*
 * The found cluster with its members as recipe.h has them.  One whose node was not read has what the list says, and node and
 * address when it is on one of the nodes that did not answer.  When nobody told the list, what the API says in its place.
 * Strings are of the discovery and of its arena.
 */
void save_members(const struct discovery *found, struct cluster *out);

#endif
