/*
 * save_take: see save_take.h.
 */
#include "plugin/save_take.h"

#include "base/log.h"
#include "base/mem.h"
#include "plugin/take.h"

#include <stdio.h>

enum { HASH_MS = 60 * 1000 };

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

/* What the member has said already of that revision, for an earlier part. */
static bool said_before(struct save *save, size_t at, size_t member)
{
	for (size_t i = 0; i < at; i++)
		if (save->parts[i].compared[member] &&
		    save->parts[i].revision == save->parts[at].revision) {
			save->parts[at].hashes[member] = save->parts[i].hashes[member];
			return true;
		}
	return false;
}

int save_hash(struct node *node, void *arg, struct err *err)
{
	struct save *save = arg;
	size_t member = node->index;
	bool taken[CLUSTER_MEMBERS_MAX];
	uint64_t deadline = deadline_in(HASH_MS);
	scoped(etcd_client) struct etcd_client *client =
		etcd_client_new(node, &save->found->cluster.members[member], deadline, err);

	save_at(save, SAVE_BEGUN, taken);
	for (size_t i = 0; i < save->found->cluster.count; i++) {
		struct save_part *part = &save->parts[i];
		if (!taken[i])
			continue;
		if (client &&
		    (said_before(save, i, member) ||
		     !etcd_hashkv(client, part->revision, deadline, &part->hashes[member], err))) {
			part->compared[member] = true;
			continue;
		}
		if (err->code == ERR_CANCELLED)
			return -1;
		snprintf(save->no_hash[member], sizeof(save->no_hash[member]), "%.190s", err->text);
		log_at(1, "%s: no HashKV at revision %llu: %s", node->name,
		       (unsigned long long)part->revision, err->text);
	}
	*err = ERR_INIT;
	return 0;
}

int save_finish(struct node *node, void *arg, struct err *err)
{
	struct save *save = arg;

	return sink_end(save->parts[node->index].seal.first, err);
}
