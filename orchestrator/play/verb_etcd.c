/*
 * verb_etcd: every member must report the predicted ids, all the others as voters, a leader, the same data
 * and no alarm, before the restore is taken for done.
 */
#include "base/log.h"
#include "base/mem.h"
#include "etcd/cluster_check.h"
#include "etcd/etcd_alarm.h"
#include "etcd/etcd_auth.h"
#include "play/drill_died.h"
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

/* Old data comes back with the alarms that it had, and so does a snapshot. */
static bool expected_troubles(const struct play_ctx *ctx, const struct etcd_status *status)
{
	unsigned expected = 0;

	if (ctx->carried_alarms & ETCD_ALARM_NOSPACE)
		expected |= ETCD_FULL;
	if (ctx->carried_alarms & ETCD_ALARM_CORRUPT)
		expected |= ETCD_CORRUPT | ETCD_CORRUPT_ELSEWHERE;
	if (ctx->carried_alarms & ETCD_ALARM_OTHER)
		expected |= ETCD_ODD;
	return ctx->target || (status->troubles && !(status->troubles & ~expected));
}

/* Those that came with the snapshot are known, and clear-alarms sees to them. */
static int check_alarms(struct etcd_client *client, const struct play_ctx *ctx, uint64_t deadline,
			struct err *err)
{
	struct etcd_alarm_list alarms;

	if (etcd_alarm_list(client, deadline, &alarms, err))
		return -1;
	unsigned more = alarms.kinds & ~ctx->carried_alarms;
	if (!more)
		return 0;
	err_set(err, ERR_UNSAFE, "an alarm is there that did not come with the snapshot: %s",
		more & ETCD_ALARM_CORRUPT   ? "CORRUPT"
		: more & ETCD_ALARM_NOSPACE ? "NOSPACE"
					    : "of a kind that is not known");
	return err_hint(err, "etcd's log on the nodes says why; another snapshot may be good");
}

/* One look has ASK_MS, but for the hash: that reads the whole database, and takes as long as the disk needs. */
static int ask_all(struct etcd_client *client, struct play_node *self, const struct play_ctx *ctx,
		   uint64_t step_deadline, struct err *err)
{
	uint64_t deadline = deadline_sooner(step_deadline, ASK_MS);
	const struct cluster_ids ids = wanted_ids(ctx, self);
	struct etcd_status status;
	struct etcd_members members;
	struct etcd_hash hash;

	if (etcd_status(client, deadline, &status, err))
		return -1;
	self->found_member = status.member_id;
	self->found_cluster = status.cluster_id;
	if (cluster_check_status(&ids, (size_t)(self - ctx->nodes), &status,
				 !expected_troubles(ctx, &status), err) ||
	    etcd_members(client, deadline, &members, err) ||
	    cluster_check_members(&ids, &members, err))
		return -1;
	self->revision = status.revision;
	self->raft_index = status.raft_index;
	if (ctx->target) /* data that was written since has many revisions: see compare-etcd */
		return 0;
	if (check_alarms(client, ctx, deadline, err))
		return -1;
	if (ask_hash(client, ctx, step_deadline, &hash, err)) {
		if (!ctx->carried_auth || !etcd_refused_by_auth(err))
			return -1;
		*err = ERR_INIT;
		self->hash_refused = true;
		return 0;
	}
	self->hash = hash.hash;
	return 0;
}

static int not_well(const struct node *node, const struct play_ctx *ctx, const struct err *before,
		    struct err *err)
{
	const bool refused = etcd_refused_by_auth(err) || etcd_refused_by_auth(before);

	err_before(err, before);
	err_in(err, "etcd is not well yet");
	if (refused && !ctx->drill)
		return err_hint(err,
				"etcd's auth is on in this data, and tells that to its users "
				"only: the CN of etcd's --cert-file on %s must be one with the "
				"role root",
				node->name);
	return err->hint[0] || ctx->drill ? -1
					  : err_hint(err,
						     "etcd's own words are on the node, in "
						     "/var/log/pods/kube-system_etcd-%s_*/etcd/",
						     node->name);
}

int verb_wait_etcd(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		   struct err *err)
{
	struct play_node *self = play_node(ctx, node);
	struct err before = ERR_INIT;
	scoped(etcd_client) struct etcd_client *client =
		etcd_client_new(node, self->member, deadline, err);

	if (!client)
		return -1;
	for (;;) {
		if (!ask_all(client, self, ctx, deadline, err))
			return 0;
		if (err->code == ERR_UNSAFE || err->code == ERR_CANCELLED)
			return -1;
		log_at(4, "%s: %s", node->name, err->text);
		if (ctx->drill && drill_died(node, ctx, false, err))
			return -1;
		if (now_ms() >= deadline)
			return not_well(node, ctx, &before, err);
		if (err->code != ERR_TIMEOUT)
			before = *err;
		if (look_pause(node, AGAIN_MS, err))
			return -1;
	}
}

/* It told its hash: neither refused it, nor was left out before. */
static bool told_hash(const struct play_node *node)
{
	return node->hash && !node->hash_refused;
}

int judge_wait_etcd(const struct play_ctx *ctx, struct err *err)
{
	for (size_t i = 1; i < ctx->cluster->count; i++)
		if (told_hash(&ctx->nodes[i]) && told_hash(&ctx->nodes[0]) &&
		    ctx->nodes[i].hash != ctx->nodes[0].hash)
			return err_set(err, ERR_UNSAFE,
				       "%s and %s have different data (HashKV %08x and %08x)",
				       ctx->cluster->members[0].name, ctx->cluster->members[i].name,
				       ctx->nodes[0].hash, ctx->nodes[i].hash);
	return 0;
}

/* What any member knew of when wait-etcd saw it. */
static uint64_t known_entries(const struct play_ctx *ctx)
{
	uint64_t most = 0;

	for (size_t i = 0; i < ctx->cluster->count; i++)
		if (ctx->nodes[i].raft_index > most)
			most = ctx->nodes[i].raft_index;
	return most;
}

static int check_found(const struct play_node *self, const struct etcd_status *status,
		       struct err *err)
{
	if (status->member_id == self->found_member && status->cluster_id == self->found_cluster)
		return 0;
	return err_set(
		err, ERR_UNSAFE, "it serves as member %llx of cluster %llx, before as %llx of %llx",
		(unsigned long long)status->member_id, (unsigned long long)status->cluster_id,
		(unsigned long long)self->found_member, (unsigned long long)self->found_cluster);
}

/*
 * What Status tells to everybody, in place of a hash: it is the member that it was, has all entries that any member knew of, and its
 * revision.  That is read a moment after the count of entries, while somebody may write; so twice, and the truth is between.
 */
static int ask_entries(struct etcd_client *client, struct node *node, const struct play_ctx *ctx,
		       uint64_t deadline, struct err *err)
{
	struct play_node *self = play_node(ctx, node);
	uint64_t wanted = known_entries(ctx);
	struct etcd_status before, now;

	if (etcd_status(client, deadline, &before, err))
		return -1;
	for (;; before = now) {
		if (etcd_status(client, deadline, &now, err) || check_found(self, &now, err))
			return -1;
		if (now.raft_applied >= wanted)
			break;
		if (now_ms() >= deadline)
			return err_set(err, ERR_TIMEOUT, "it has applied %llu of %llu entries",
				       (unsigned long long)now.raft_applied,
				       (unsigned long long)wanted);
		if (look_pause(node, AGAIN_MS, err))
			return -1;
	}
	self->applied = now.raft_applied;
	self->revision_from = before.revision;
	self->revision_to = now.revision;
	return 0;
}

int verb_compare_etcd(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		      struct err *err)
{
	struct play_node *self = play_node(ctx, node);
	uint64_t lowest = UINT64_MAX;
	struct etcd_hash hash = { .hash = 0 };
	scoped(etcd_client) struct etcd_client *client =
		etcd_client_new(node, self->member, deadline, err);

	for (size_t i = 0; i < ctx->cluster->count; i++)
		if (ctx->nodes[i].revision && ctx->nodes[i].revision < lowest)
			lowest = ctx->nodes[i].revision;
	self->hash_refused = false;
	if (!client)
		return -1;
	if (etcd_hashkv(client, lowest, deadline, &hash, err)) {
		if (!etcd_refused_by_auth(err))
			return -1;
		*err = ERR_INIT;
		self->hash_refused = true;
	}
	self->hash = hash.hash;
	return self->hash_refused ? ask_entries(client, node, ctx, deadline, err) : 0;
}

/* Of those that told no hash: as many entries are the same revision, and more are never a lower one. */
static int judge_entries(const struct play_ctx *ctx, struct err *err)
{
	for (size_t i = 0; i < ctx->cluster->count; i++)
		for (size_t k = 0; k < ctx->cluster->count; k++) {
			const struct play_node *a = &ctx->nodes[i], *b = &ctx->nodes[k];
			if (!a->hash_refused || !b->hash_refused || a->applied > b->applied ||
			    a->revision_from <= b->revision_to)
				continue;
			return err_set(err, ERR_UNSAFE,
				       "%s and %s have different data (revisions %llu and %llu, of "
				       "%llu and %llu entries)",
				       a->member->name, b->member->name,
				       (unsigned long long)a->revision_from,
				       (unsigned long long)b->revision_to,
				       (unsigned long long)a->applied,
				       (unsigned long long)b->applied);
		}
	return 0;
}

/* In a rejoin only the joining node's certificate need be root's; else one answer of its own kind may be other data. */
int judge_compare_etcd(const struct play_ctx *ctx, struct err *err)
{
	const char *told = NULL, *refused = NULL;

	for (size_t i = 0; i < ctx->cluster->count; i++)
		*(ctx->nodes[i].hash_refused ? &refused : &told) = ctx->cluster->members[i].name;
	if (!refused || !told || ctx->joins)
		return judge_wait_etcd(ctx, err) ? -1 : judge_entries(ctx, err);
	err_set(err, ERR_UNSAFE,
		"%s refuses HashKV because of etcd's auth, and %s does not: their data cannot be "
		"compared",
		refused, told);
	return err_hint(err, "are all members' certificates of users with the role root, or none?");
}
