/*
 * join: see join.h.
 */
#include "play/join.h"

#include "base/log.h"
#include "play/look.h"
#include "play/state.h"

enum { ASK_MS = 5000, AGAIN_MS = 200 };

const struct etcd_member *join_find(const struct etcd_members *members, const struct member *member)
{
	for (size_t i = 0; i < members->count; i++)
		if (cluster_same_urls(members->list[i].peer_urls, member->peer_url))
			return &members->list[i];
	return NULL;
}

bool join_is_gone(const struct node *node, const struct play_ctx *ctx)
{
	return ctx->gone &&
	       cluster_same_urls(ctx->gone->peer_url, play_node(ctx, node)->member->peer_url);
}

static int ask(struct join_view *view, uint64_t deadline, struct err *err)
{
	uint64_t revision;

	if (etcd_status(view->client, deadline, &view->status, err))
		return -1;
	if (!view->status.leader)
		return err_set(err, ERR_ETCD, "it has no leader");
	/* a list comes from the member itself: after this read it is as new as the cluster was before it */
	if (etcd_linearizable_revision(view->client, deadline, &revision, err))
		return -1;
	return etcd_members(view->client, deadline, &view->members, err);
}

int join_ask(struct node *node, const struct play_ctx *ctx, size_t index, uint64_t deadline,
	     struct join_view *out, struct err *err)
{
	const struct member *self = play_node(ctx, node)->member;
	struct member other = ctx->cluster->members[index];
	uint64_t limit = deadline_sooner(deadline, ASK_MS);
	struct join_view view = { .client = NULL };

	other.ca_file = self->ca_file;
	other.cert_file = self->cert_file;
	other.key_file = self->key_file;
	view.client = etcd_client_new(node, &other, limit, err);
	if (!view.client || ask(&view, limit, err)) {
		etcd_client_free(view.client);
		return err_in(err, "member %s", other.name);
	}
	*out = view;
	out->own = join_find(&out->members, self);
	return 0;
}

int join_view(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
	      struct join_view *out, struct err *err)
{
	struct err first = ERR_INIT;

	for (size_t i = 0; i < ctx->cluster->count; i++) {
		struct err silent = ERR_INIT;
		if (ctx->joins && i == node->index)
			continue;
		if (!join_ask(node, ctx, i, deadline, out, &silent))
			return 0;
		if (silent.code == ERR_CANCELLED || silent.code == ERR_UNSAFE) {
			*err = silent;
			return -1;
		}
		log_at(4, "%s: %s", node->name, silent.text);
		if (!first.code)
			first = silent;
	}
	if (!first.code)
		err_set(&first, ERR_UNSAFE, "no other node is there");
	*err = first;
	return err_in(err, "no other member can be asked from there");
}

void join_view_scoped(struct join_view *view)
{
	etcd_client_free(view->client);
	view->client = NULL;
}

int join_votes(struct node *node, const struct play_ctx *ctx, uint64_t deadline, bool *votes,
	       struct err *err)
{
	scoped(join_view) struct join_view view = { .client = NULL };
	bool adds;

	*votes = false;
	if (state_marked(node, ctx, MARK_ADDS, deadline, &adds, err))
		return -1;
	if (!adds)
		return 0;
	if (join_view(node, ctx, deadline, &view, err))
		return -1;
	*votes = view.own && !view.own->learner;
	return 0;
}

int join_again(struct node *node, const struct play_ctx *ctx, uint64_t deadline, join_try *try_once,
	       struct err *err)
{
	struct err before = ERR_INIT;

	while (try_once(node, ctx, deadline, err)) {
		if (err->code == ERR_UNSAFE || err->code == ERR_CANCELLED)
			return -1;
		log_at(4, "%s: %s", node->name, err->text);
		if (now_ms() >= deadline) {
			err_before(err, &before);
			return -1;
		}
		if (err->code != ERR_TIMEOUT)
			before = *err;
		if (look_pause(node, AGAIN_MS, err))
			return -1;
	}
	return 0;
}
