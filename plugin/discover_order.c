/*
 * discover_order: see discover.h.
 */
#include "plugin/discover.h"

#include <string.h>

/* The entry at `at` of a list goes to its front. */
#define TO_FRONT(list, at)                                \
	do {                                              \
		__typeof__((list)[0]) moved = (list)[at]; \
		for (size_t i = (at); i > 0; i--)         \
			(list)[i] = (list)[i - 1];        \
		(list)[0] = moved;                        \
	} while (0)

static bool is_called(const struct discovery *d, size_t i, const char *name)
{
	const struct member *member = &d->cluster.members[i];

	return (member->node && strcmp(member->node, name) == 0) ||
	       (member->name && strcmp(member->name, name) == 0);
}

int discover_put_first(struct discovery *d, const char *name, struct err *err)
{
	size_t at = 0;

	while (at < d->cluster.count && !is_called(d, at, name))
		at++;
	if (at == d->cluster.count) {
		err_set(err, ERR_USAGE, "\"%.100s\" is none of the nodes that were found", name);
		return err_hint(err, "name all of them: --nodes name=address,name=address,...");
	}
	if (!at)
		return 0;
	const bool logged_in = d->fleet != NULL; /* else only the API was asked */
	fleet_free(d->fleet);
	TO_FRONT(d->cluster.members, at);
	TO_FRONT(d->found, at);
	TO_FRONT(d->nodes, at);
	TO_FRONT(d->arenas, at);
	d->fleet = logged_in ? fleet_new(d->nodes, d->cluster.count) : NULL;
	return 0;
}
