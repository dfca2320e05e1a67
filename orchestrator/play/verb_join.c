/*
 * verb_join: a node's member is added to the cluster as a learner, waited for, and given its vote.  Each verb asks the cluster
 * first.  As long as it is a learner nothing depends on it, and it can be removed again.
 */
#include "base/log.h"
#include "base/mem.h"
#include "etcd/etcd_alarm.h"
#include "etcd/etcd_member.h"
#include "play/join.h"
#include "play/look.h"
#include "play/paths.h"
#include "play/state.h"
#include "play/swap.h"
#include "play/verb.h"

enum { ASK_MS = 5000, AGAIN_MS = 200 };

static void expect(struct play_node *self, uint64_t member, uint64_t cluster)
{
	self->want_member = member;
	self->want_cluster = cluster;
}

static int add_once(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		    struct err *err)
{
	struct play_node *self = play_node(ctx, node);
	scoped(join_view) struct join_view view = { .client = NULL };
	uint64_t id;
	bool adds;

	if (state_marked(node, ctx, MARK_ADDS, deadline, &adds, err) ||
	    join_view(node, ctx, deadline, &view, err))
		return -1;
	if (view.own && !adds)
		return err_set(err, ERR_UNSAFE, "somebody else has added a member %s meanwhile",
			       self->member->peer_url);
	if (view.own) {
		expect(self, view.own->id, view.status.cluster_id);
		return 0;
	}
	/* the mark is first: what is added after it is this run's, whoever asks */
	if ((!adds && state_mark_durable(node, ctx, MARK_ADDS, deadline, err)) ||
	    etcd_learner_add(view.client, self->member->peer_url, deadline_sooner(deadline, ASK_MS),
			     &id, err))
		return -1;
	expect(self, id, view.status.cluster_id);
	return 0;
}

int verb_add_learner(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		     struct err *err)
{
	return join_again(node, ctx, deadline, add_once, err);
}

/*
 * Where the cluster that answers is another one than the member had joined (a snapshot was restored on the others meanwhile), what the
 * member got may be the only data from before that: the mark keeps it when the old data comes back.
 */
static int mark_others_data(struct node *node, const struct play_ctx *ctx, uint64_t cluster,
			    uint64_t deadline, struct err *err)
{
	const struct member *member = play_node(ctx, node)->member;
	struct err unread = ERR_INIT;
	uint64_t own, joined = 0;
	bool swapped, begun;

	if (swap_is_done(node, ctx, deadline, &swapped, err))
		return -1;
	/* an undo that was cut off may have moved it back already, and its WAL not yet */
	scoped(mem) char *at = swapped ? mem_printf("%s/member", member->data_dir)
				       : path_new_data(ctx, member->data_dir, "member");
	scoped(mem) char *db = mem_printf("%s/snap/db", at);
	scoped(mem) char *wal = !member->wal_dir || swapped
					? mem_printf("%s/wal", at)
					: path_new_data(ctx, member->wal_dir, NULL);
	const char *const wals[] = { member->wal_dir && swapped ? member->wal_dir : wal,
				     member->wal_dir };
	if (node_exists(node, db, deadline, &begun, err))
		return -1;
	if (!begun)
		return 0;
	for (size_t i = 0; i < 2 && !joined && wals[i]; i++)
		if (look_wal_ids(node, wals[i], deadline, &own, &joined, &unread) &&
		    unread.code != ERR_REMOTE && unread.code != ERR_CORRUPT) {
			*err = unread;
			return -1;
		}
	return joined == cluster ? 0 : state_mark_durable(node, ctx, MARK_KEEPS, deadline, err);
}

static int remove_once(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		       struct err *err)
{
	scoped(join_view) struct join_view view = { .client = NULL };

	if (join_view(node, ctx, deadline, &view, err))
		return -1;
	if (mark_others_data(node, ctx, view.status.cluster_id, deadline, err))
		return -1;
	if (!view.own)
		return 0;
	if (!view.own->learner) {
		err_set(err, ERR_UNSAFE, "the member has its vote: it is not removed");
		return err_hint(err, "kubectl etcd-backup resume %s brings the node back",
				ctx->run);
	}
	return etcd_member_remove(view.client, view.own->id, deadline_sooner(deadline, ASK_MS),
				  err);
}

int verb_remove_learner(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
			struct err *err)
{
	bool adds;

	if (state_marked(node, ctx, MARK_ADDS, deadline, &adds, err))
		return -1;
	return adds ? join_again(node, ctx, deadline, remove_once, err) : 0;
}

/* It serves as the member that was added, and has applied all that the cluster had when the wait began. */
static int check_learner(struct node *node, const struct play_ctx *ctx, uint64_t target,
			 uint64_t deadline, struct err *err)
{
	struct play_node *self = play_node(ctx, node);
	struct etcd_status status;
	scoped(etcd_client) struct etcd_client *client =
		etcd_client_new(node, self->member, deadline, err);

	if (!client || etcd_status(client, deadline_sooner(deadline, ASK_MS), &status, err))
		return -1;
	self->found_member = status.member_id;
	self->found_cluster = status.cluster_id;
	if (status.member_id != self->want_member || status.cluster_id != self->want_cluster)
		return err_set(err, ERR_UNSAFE,
			       "it serves as member %llx of cluster %llx, expected %llx of %llx",
			       (unsigned long long)status.member_id,
			       (unsigned long long)status.cluster_id,
			       (unsigned long long)self->want_member,
			       (unsigned long long)self->want_cluster);
	if (!status.leader)
		return err_set(err, ERR_ETCD, "it knows no leader yet");
	if (status.raft_applied < target)
		return err_set(err, ERR_ETCD, "it has applied %llu of the cluster's %llu entries",
			       (unsigned long long)status.raft_applied, (unsigned long long)target);
	return 0;
}

/* What the cluster says of this node's member, and with it the ids that are expected.  -1: also when it has none. */
static int view_own(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		    struct join_view *view, const char *gone, struct err *err)
{
	struct play_node *self = play_node(ctx, node);

	if (join_view(node, ctx, deadline, view, err))
		return -1;
	if (!view->own)
		return err_set(err, ERR_UNSAFE, "the cluster has no member %s%s",
			       self->member->peer_url, gone);
	expect(self, view->own->id, view->status.cluster_id);
	return 0;
}

int verb_wait_learner(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		      struct err *err)
{
	scoped(join_view) struct join_view view = { .client = NULL };
	struct err before = ERR_INIT;

	if (view_own(node, ctx, deadline, &view, "", err))
		return -1;
	while (check_learner(node, ctx, view.status.raft_index, deadline, err)) {
		if (err->code == ERR_UNSAFE || err->code == ERR_CANCELLED)
			return -1;
		log_at(4, "%s: %s", node->name, err->text);
		if (now_ms() >= deadline) {
			err_before(err, &before);
			err_in(err, "etcd has not caught up");
			return err_hint(err, "on the node: /var/log/pods/kube-system_etcd-*");
		}
		if (err->code != ERR_TIMEOUT)
			before = *err;
		if (look_pause(node, AGAIN_MS, err))
			return -1;
	}
	return 0;
}

/* Etcd says no until the learner is in sync with the leader. */
static int promote_once(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
			struct err *err)
{
	scoped(join_view) struct join_view view = { .client = NULL };

	if (view_own(node, ctx, deadline, &view, " any more", err))
		return -1;
	return view.own->learner ? etcd_learner_promote(view.client, view.own->id,
							deadline_sooner(deadline, ASK_MS), err)
				 : 0;
}

int verb_promote_learner(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
			 struct err *err)
{
	return join_again(node, ctx, deadline, promote_once, err);
}

/*
 * Each member for itself: it has a leader and no alarm, and the members that it knows are those of the nodes, all with a vote.  Members whose
 * nodes are gone for good may still be in its list.
 */
static int voter_once(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		      struct err *err)
{
	struct play_node *self = play_node(ctx, node);
	struct etcd_status status;
	struct etcd_members members;
	struct etcd_alarm_list alarms;
	scoped(etcd_client) struct etcd_client *client =
		etcd_client_new(node, self->member, deadline, err);

	deadline = deadline_sooner(deadline, ASK_MS);
	if (!client || etcd_status(client, deadline, &status, err) ||
	    etcd_members(client, deadline, &members, err) ||
	    etcd_alarm_list(client, deadline, &alarms, err))
		return -1;
	self->found_member = status.member_id;
	self->found_cluster = status.cluster_id;
	self->revision = status.revision;
	self->raft_index = status.raft_index;
	if (!status.leader || status.errors[0] || alarms.kinds)
		return err_set(err, ERR_ETCD, "etcd reports: %s",
			       !status.leader     ? "no leader"
			       : status.errors[0] ? status.errors
						  : "an alarm");
	if (members.count != ctx->cluster->count &&
	    !(ctx->lacks_members && members.count > ctx->cluster->count))
		return err_set(err, ERR_ETCD, "%zu members, expected %zu", members.count,
			       ctx->cluster->count);
	for (size_t i = 0; i < ctx->cluster->count; i++) {
		const struct member *one = &ctx->cluster->members[i];
		const struct etcd_member *listed = join_find(&members, one);
		if (!listed || listed->learner)
			return err_set(err, ERR_ETCD, "member %s is %s", one->name,
				       listed ? "a learner" : "not in its list");
	}
	return 0;
}

int verb_wait_voters(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		     struct err *err)
{
	return join_again(node, ctx, deadline, voter_once, err);
}

int judge_wait_voters(const struct play_ctx *ctx, struct err *err)
{
	for (size_t i = 1; i < ctx->cluster->count; i++)
		if (ctx->nodes[i].found_cluster != ctx->nodes[0].found_cluster)
			return err_set(err, ERR_UNSAFE,
				       "%s serves as part of cluster %llx, %s of %llx",
				       ctx->cluster->members[0].name,
				       (unsigned long long)ctx->nodes[0].found_cluster,
				       ctx->cluster->members[i].name,
				       (unsigned long long)ctx->nodes[i].found_cluster);
	return 0;
}
