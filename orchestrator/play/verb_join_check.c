/*
 * verb_join_check: whether a node can come back to its cluster: looked at before anything changes.
 */
#include "base/mem.h"
#include "etcd/etcd_auth.h"
#include "etcd/static_pod.h"
#include "play/join.h"
#include "play/lock.h"
#include "play/look.h"
#include "play/state.h"
#include "play/verb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ASK_MS = 5000 };

/* None ever has it: who may ask for a hash, which needs the role root as adding a member does, is told that it is of the future. */
#define NO_REVISION (UINT64_MAX >> 2)

/* Learners came with etcd 3.4; what is not a version at all is not judged. */
static int check_version(const char *who, const char *version, struct err *err)
{
	char *end;
	unsigned long major = version ? strtoul(version, &end, 10) : 0;
	unsigned long minor = major && *end == '.' ? strtoul(end + 1, NULL, 10) : 0;

	if (!major || major > 3 || (major == 3 && minor >= 4))
		return 0;
	err_set(err, ERR_UNSAFE, "%s is etcd %s, which has no learners (3.4 and later have)", who,
		version);
	return err_hint(err, "join the node again with kubeadm, after a kubeadm reset there");
}

/* The manifest that will be put back, tried. */
static int check_flags(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		       struct err *err)
{
	scoped(buf) struct buf text = BUF_INIT(MANIFEST_MAX), out = BUF_INIT(2 * MANIFEST_MAX);
	char *where = NULL;

	if (check_version("the member", play_node(ctx, node)->member->version, err) ||
	    state_manifest(node, "etcd", deadline, &where, err))
		return -1;
	scoped(mem) char *path = where;
	if (!path)
		return err_set(err, ERR_REMOTE, "no manifest of etcd is there");
	if (node_get(node, path, deadline, &text, err))
		return -1;
	return static_pod_join(buf_str(&text), text.len, ctx->initial_cluster, &out, err)
		       ? err_in(err, "%s", path)
		       : 0;
}

/* What runs there is of an older cluster and serves nobody; what has a leader has writes that would be put aside. */
static int check_idle(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		      struct err *err)
{
	const struct member *member = play_node(ctx, node)->member;
	uint64_t limit = deadline_sooner(deadline, ASK_MS);
	struct err silent = ERR_INIT;
	struct etcd_status status;
	bool ours;

	if (look_lock(node, ctx, deadline, &ours, err))
		return -1;
	if (ours) /* its etcd may be the one that this run has started */
		return 0;
	scoped(etcd_client) struct etcd_client *client =
		etcd_client_new(node, member, limit, &silent);
	if (!client || etcd_status(client, limit, &status, &silent) || !status.leader)
		return silent.code == ERR_CANCELLED ? err_set(err, ERR_CANCELLED, "interrupted")
						    : 0;
	err_set(err, ERR_UNSAFE, "its etcd has a leader: it serves cluster %llx",
		(unsigned long long)status.cluster_id);
	return err_hint(err,
			"is that the node that was left out? when others were, too, they are its "
			"quorum: stop kubelet and end etcd on those, and bring one back after the "
			"other; else, when its data is not wanted: end its etcd there and move "
			"%s/member away first",
			member->data_dir);
}

static int check_other(struct node *node, const struct play_ctx *ctx, size_t index,
		       const struct join_view *first, uint64_t deadline, struct err *err)
{
	const struct member *other = &ctx->cluster->members[index];
	scoped(join_view) struct join_view view = { .client = NULL };

	if (join_ask(node, ctx, index, deadline, &view, err))
		return -1;
	if (check_version(other->name, view.status.version, err))
		return -1;
	if (view.status.cluster_id != first->status.cluster_id)
		return err_set(err, ERR_UNSAFE, "member %s is of cluster %llx, others of %llx",
			       other->name, (unsigned long long)view.status.cluster_id,
			       (unsigned long long)first->status.cluster_id);
	if (view.status.errors[0])
		return err_set(err, ERR_UNSAFE, "member %s reports: %s", other->name,
			       view.status.errors);
	if (!join_find(&first->members, other))
		return err_set(err, ERR_UNSAFE, "member %s is not in the list of members",
			       other->name);
	return 0;
}

/* The node's own place in the list is free, or this run's. */
static int check_place(const struct play_ctx *ctx, const struct member *self,
		       const struct join_view *view, bool adds, struct err *err)
{
	for (size_t i = 0; i < view->members.count; i++) {
		const struct etcd_member *one = &view->members.list[i];
		if (one == view->own && adds)
			continue;
		if (one == view->own || strcmp(one->name, self->name) == 0) {
			err_set(err, ERR_UNSAFE, "the cluster has a member %s already%s",
				self->name,
				one->name[0] ? "" : ", which was added and never started");
			return one->name[0]
				       ? err_hint(err, "nothing is to be done when it is well: "
						       "kubectl etcd-backup status")
				       : err_hint(err,
						  "when nobody is adding it now: etcdctl member "
						  "remove %llx",
						  (unsigned long long)one->id);
		}
		if (one->learner)
			return err_set(err, ERR_UNSAFE,
				       "member %s is a learner, and etcd takes one at a time",
				       one->name[0] ? one->name : one->peer_urls);
	}
	if (view->members.count != ctx->cluster->count - (view->own ? 0 : 1))
		return err_set(err, ERR_UNSAFE,
			       "the cluster has %zu members, and %zu nodes were found beside this",
			       view->members.count, ctx->cluster->count - 1);
	return 0;
}

static int hint_auth(struct node *node, const struct play_ctx *ctx, struct err *err)
{
	const char *cert = play_node(ctx, node)->member->cert_file;

	if (!etcd_refused_by_auth(err))
		return -1;
	return err_hint(
		err,
		"etcd's auth is on: the CN of %s on %s (kubeadm: the node's name) must be a "
		"user with the role root: etcdctl user add CN --no-password; etcdctl user "
		"grant-role CN root",
		cert ? cert : "a --cert-file", node->name);
}

/* With etcd's auth on only root may add a member: asked before anything stops. */
static int check_root(const struct join_view *view, uint64_t deadline, struct err *err)
{
	struct etcd_hash hash;

	if (!etcd_hashkv(view->client, NO_REVISION, deadline_sooner(deadline, ASK_MS), &hash, err))
		return 0;
	if (etcd_refused_by_auth(err))
		return err_in(err, "it may not add a member");
	if (err->code != ERR_ETCD)
		return -1;
	*err = ERR_INIT;
	return 0;
}

static int check_cluster(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
			 struct err *err)
{
	scoped(join_view) struct join_view view = { .client = NULL };
	bool adds;

	if (state_marked(node, ctx, MARK_ADDS, deadline, &adds, err))
		return -1;
	if (join_view(node, ctx, deadline, &view, err) || check_root(&view, deadline, err))
		return hint_auth(node, ctx, err);
	for (size_t i = 0; i < ctx->cluster->count; i++)
		if (i != node->index && check_other(node, ctx, i, &view, deadline, err))
			return hint_auth(node, ctx, err);
	return check_place(ctx, play_node(ctx, node)->member, &view, adds, err);
}

static const struct {
	const char *name;
	int (*run)(struct node *, const struct play_ctx *, uint64_t, struct err *);
} checks[] = { { "cluster", check_cluster }, { "idle", check_idle }, { "flags", check_flags } };

const char *check_joining_name(size_t index)
{
	return index < sizeof(checks) / sizeof(checks[0]) ? checks[index].name : NULL;
}

/* All are made and told, as in check-nodes, behind whose checks they stand. */
int verb_check_joining(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		       struct err *err)
{
	struct play_node *self = play_node(ctx, node);
	int failed = 0;

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		struct check *check = &self->checks[self->check_count++];
		*check = (struct check){ .name = checks[i].name, .err = ERR_INIT };
		if (!checks[i].run(node, ctx, deadline, &check->err))
			continue;
		if (!failed)
			*err = check->err;
		failed = -1;
		if (check->err.code == ERR_CANCELLED)
			break;
	}
	return failed;
}
