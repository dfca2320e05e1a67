/*
 * discover_order: see discover.h.
 */
#include "plugin/discover.h"

#include <string.h>

/* The entry at `at` of a list goes to the place `to` before it. */
#define MOVE(list, at, to)                                \
	do {                                              \
		__typeof__((list)[0]) moved = (list)[at]; \
		for (size_t i = (at); i > (to); i--)      \
			(list)[i] = (list)[i - 1];        \
		(list)[to] = moved;                       \
	} while (0)

static void move(struct discovery *d, size_t at, size_t to)
{
	MOVE(d->cluster.members, at, to);
	MOVE(d->found, at, to);
	MOVE(d->nodes, at, to);
	MOVE(d->arenas, at, to);
}

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
	move(d, at, 0);
	d->fleet = logged_in ? fleet_new(d->nodes, d->cluster.count) : NULL;
	return 0;
}

void discover_keep(struct discovery *d, const bool keep[])
{
	size_t kept = 0;

	fleet_free(d->fleet);
	/* the others stay behind them, to be released in the end */
	for (size_t i = 0; i < d->cluster.count; i++)
		if (keep[i])
			move(d, i, kept++);
	d->cluster.count = kept;
	d->fleet = fleet_new(d->nodes, kept);
}
