/*
 * verb_etcd: every member must report the predicted ids, all the others as voters, a leader, the same data
 * and no alarm, before the restore is taken for done.
 */
#include "base/log.h"
#include "base/mem.h"
#include "etcd/cluster_check.h"
#include "play/look.h"
#include "play/verb.h"

enum { ASK_MS = 5000, AGAIN_MS = 100 };

static struct cluster_ids wanted_ids(const struct play_ctx *ctx, const struct play_node *self)
{
	struct cluster_ids ids = { .cluster = self->want_cluster, .count = ctx->cluster->count };

	for (size_t i = 0; i < ids.count; i++)
		ids.members[i] = ctx->nodes[i].want_member;
	return ids;
}

/* The restored revision is the same on all, so HashKV there must be, too. */
static int ask_hash(struct etcd_client *client, const struct play_ctx *ctx, uint64_t deadline,
		    struct etcd_hash *out, struct err *err)
{
	bool bumped = ctx->bump != 0;

	for (size_t i = 0; i < ctx->cluster->count; i++)
		bumped &= ctx->nodes[i].tool_bumps;
	uint64_t revision = ctx->snapshot_revision + (bumped ? ctx->bump : 0);
	return cluster_check_hash(client, revision, deadline, out, err);
}

static int ask_all(struct etcd_client *client, struct play_node *self, const struct play_ctx *ctx,
		   uint64_t deadline, struct err *err)
{
	const struct cluster_ids ids = wanted_ids(ctx, self);
	struct etcd_status status;
	struct etcd_members members;
	struct etcd_hash hash;
	char words[256];
	size_t alarms;

	if (etcd_status(client, deadline, &status, err))
		return -1;
	self->found_member = status.member_id;
	self->found_cluster = status.cluster_id;
	/* old data comes back with the alarms that it had */
	if (cluster_check_status(&ids, (size_t)(self - ctx->nodes), &status, !ctx->target, err) ||
	    etcd_members(client, deadline, &members, err) ||
	    cluster_check_members(&ids, &members, err) ||
	    etcd_alarms(client, deadline, &alarms, words, err))
		return -1;
	self->revision = status.revision;
	if (ctx->target) /* data that was written since has many revisions: see compare-etcd */
		return 0;
	if (alarms) {
		err_set(err, ERR_UNSAFE, "alarms came with the snapshot: %s", words);
		return err_hint(err, "take another snapshot, or disarm the alarm in the cluster it "
				     "was taken from");
	}
	if (ask_hash(client, ctx, deadline, &hash, err))
		return -1;
	self->hash = hash.hash;
	return 0;
}

int verb_wait_etcd(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		   struct err *err)
{
	struct play_node *self = play_node(ctx, node);
	scoped(etcd_client) struct etcd_client *client =
		etcd_client_new(node, self->member, deadline, err);

	if (!client)
		return -1;
	for (;;) {
		uint64_t limit = deadline_in(ASK_MS);
		if (!ask_all(client, self, ctx, limit < deadline ? limit : deadline, err))
			return 0;
		if (err->code == ERR_UNSAFE || err->code == ERR_CANCELLED)
			return -1;
		log_at(4, "%s: %s", node->name, err->text);
		if (now_ms() >= deadline)
			return err_in(err, "etcd is not well yet");
		if (look_pause(node, AGAIN_MS, err))
			return -1;
	}
}

int judge_wait_etcd(const struct play_ctx *ctx, struct err *err)
{
	for (size_t i = 1; i < ctx->cluster->count; i++)
		if (ctx->nodes[i].hash != ctx->nodes[0].hash)
			return err_set(err, ERR_UNSAFE,
				       "%s and %s have different data (HashKV %08x and %08x)",
				       ctx->cluster->members[0].name, ctx->cluster->members[i].name,
				       ctx->nodes[0].hash, ctx->nodes[i].hash);
	return 0;
}

int verb_compare_etcd(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		      struct err *err)
{
	struct play_node *self = play_node(ctx, node);
	uint64_t lowest = UINT64_MAX;
	struct etcd_hash hash;
	scoped(etcd_client) struct etcd_client *client =
		etcd_client_new(node, self->member, deadline, err);

	for (size_t i = 0; i < ctx->cluster->count; i++)
		if (ctx->nodes[i].revision < lowest)
			lowest = ctx->nodes[i].revision;
	if (!client || etcd_hashkv(client, lowest, deadline, &hash, err))
		return -1;
	self->hash = hash.hash;
	return 0;
}
