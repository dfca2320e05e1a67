/*
 * verb_after: what came with the snapshot and would keep the cluster from working: its alarms.  Past the commit and
 * before API servers start: while NOSPACE stands nobody can write.
 */
#include "base/log.h"
#include "base/mem.h"
#include "etcd/etcd_alarm.h"
#include "play/verb.h"

#include <stdio.h>

enum { ASK_MS = 10 * 1000 };

static const uint64_t DEFAULT_QUOTA = 2ull * 1024 * 1024 * 1024;

uint64_t play_quota(const struct member *member)
{
	return member->quota ? member->quota : DEFAULT_QUOTA;
}

bool play_has_room(const struct member *member, uint64_t bytes)
{
	uint64_t quota = play_quota(member);

	return bytes <= quota - quota / 16; /* else the alarm would be back at once */
}

/* What etcd itself refuses is told at the end: it must not keep the API servers from being started. */
static int refused(struct play_node *self, const struct node *node, struct err *err)
{
	if (err->code != ERR_ETCD)
		return -1;
	log_at(2, "%s: %s", node->name, err->text);
	snprintf(self->alarm_trouble, sizeof(self->alarm_trouble), "%.150s", err->text);
	*err = ERR_INIT;
	return 0;
}

/* Where the database fits below the quota, but for pages that are free in it. */
static int make_room(struct node *node, struct etcd_client *client, struct play_node *self,
		     uint64_t deadline, struct err *err)
{
	struct etcd_status status;

	if (etcd_status(client, deadline_sooner(deadline, ASK_MS), &status, err))
		return -1;
	self->size_before = status.db_size;
	if (play_has_room(self->member, status.db_in_use) &&
	    etcd_defragment(client, deadline, err) && refused(self, node, err))
		return -1;
	if (etcd_status(client, deadline_sooner(deadline, ASK_MS), &status, err))
		return -1;
	self->size_after = status.db_size;
	self->has_room = play_has_room(self->member, status.db_size);
	return 0;
}

static bool all_have_room(const struct play_ctx *ctx)
{
	for (size_t i = 0; i < ctx->cluster->count; i++)
		if (!ctx->nodes[i].has_room)
			return false;
	return true;
}

/* An alarm is the cluster's: one member ends those of all. */
static int disarm(struct node *node, struct etcd_client *client, const struct play_ctx *ctx,
		  const struct etcd_alarm_list *alarms, uint64_t deadline, struct err *err)
{
	struct play_node *self = play_node(ctx, node);
	struct etcd_alarm_list left;

	for (size_t i = 0; i < alarms->count; i++) {
		unsigned kind = etcd_alarm_kind(alarms->list[i].kind);
		if (!(kind & ctx->carried_alarms) ||
		    (kind == ETCD_ALARM_NOSPACE && !all_have_room(ctx)))
			continue;
		if (etcd_alarm_disarm(client, &alarms->list[i], deadline_sooner(deadline, ASK_MS),
				      err) &&
		    refused(self, node, err))
			return -1;
	}
	if (etcd_alarm_list(client, deadline_sooner(deadline, ASK_MS), &left, err))
		return -1;
	self->alarms_left = left.kinds;
	return 0;
}

/* In turns, so that the others serve while one is busy; the last of them then ends the alarms. */
int verb_clear_alarms(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		      struct err *err)
{
	struct play_node *self = play_node(ctx, node);
	bool last = node->index + 1 == ctx->cluster->count;
	struct etcd_alarm_list alarms;

	if (!ctx->carried_alarms)
		return 0;
	scoped(etcd_client) struct etcd_client *client =
		etcd_client_new(node, self->member, deadline, err);
	if (!client || etcd_alarm_list(client, deadline_sooner(deadline, ASK_MS), &alarms, err))
		return -1;
	self->alarms_left = alarms.kinds;
	self->has_room = true;
	if (!alarms.count || ctx->keep_alarms)
		return 0;
	if (alarms.kinds & ETCD_ALARM_NOSPACE && make_room(node, client, self, deadline, err))
		return -1;
	return last ? disarm(node, client, ctx, &alarms, deadline, err) : 0;
}

bool turns_clear_alarms(const struct play_ctx *ctx)
{
	return ctx->carried_alarms != 0;
}

unsigned play_alarms_left(const struct play_ctx *ctx)
{
	size_t last = ctx->cluster->count - 1;

	/* the last one that was asked: of one that failed nothing is known */
	while (last && ctx->nodes[last].left_out)
		last--;
	return ctx->nodes[last].alarms_left;
}
