/*
 * save_take: see save_take.h.
 */
#include "plugin/save_take.h"

#include "plugin/take.h"

int save_take(struct node *node, void *arg, struct err *err)
{
	struct save *save = arg;
	struct save_part *part = &save->parts[node->index];
	struct take take = { .member = &save->found->cluster.members[node->index],
			     .to = part->seal.first,
			     .deadline = save->deadline,
			     .allow_degraded = save->opts->allow_degraded };

	if (take_snapshot(node, &take, err))
		return -1;
	part->status = take.status;
	part->health = take.health;
	part->snapshot = take.snapshot;
	part->revision = take.revision;
	return 0;
}

int save_finish(struct node *node, void *arg, struct err *err)
{
	struct save *save = arg;

	return sink_end(save->parts[node->index].seal.first, err);
}
