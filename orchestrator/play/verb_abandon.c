/*
 * verb_abandon: a rejoin's node is gone for good: its member leaves the list of members, asked from one of the nodes that remain.
 */
#include "etcd/etcd_member.h"
#include "play/join.h"
#include "play/verb.h"

enum { ASK_MS = 5000 };

static int ask_own(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		   struct err *err)
{
	scoped(join_view) struct join_view view = { .client = NULL };

	return join_ask(node, ctx, node->index, deadline, &view, err);
}

int verb_check_remaining(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
			 struct err *err)
{
	if (join_is_gone(node, ctx) || !join_again(node, ctx, deadline, ask_own, err))
		return 0;
	return err->code == ERR_CANCELLED
		       ? -1
		       : err_hint(err,
				  "every member that is left must be well; where they have no "
				  "quorum any more: restore the newest snapshot on their nodes");
}

static int remove_once(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		       struct err *err)
{
	scoped(join_view) struct join_view view = { .client = NULL };

	if (join_view(node, ctx, deadline, &view, err))
		return -1;
	const struct etcd_member *one = join_find(&view.members, ctx->gone);
	return one ? etcd_member_remove(view.client, one->id, deadline_sooner(deadline, ASK_MS),
					err)
		   : 0;
}

int verb_remove_member(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		       struct err *err)
{
	return join_again(node, ctx, deadline, remove_once, err);
}
