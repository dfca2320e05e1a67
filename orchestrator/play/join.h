/*
 * join: the cluster that a node comes back to, as one of its members tells it.  The members are asked from the node that
 * joins, with its own certificates: so it is known that it reaches them.
 */
#ifndef PLAY_JOIN_H
#define PLAY_JOIN_H

#include "base/err.h"
#include "etcd/etcd_api.h"
#include "node/node.h"
#include "play/verb.h"

#include <stdbool.h>
#include <stdint.h>

/* The mark (see state_mark) that this run adds the member: it is set before etcd is asked for it. */
#define MARK_ADDS "adds-member"

/* The mark that the data which the member got is of another cluster than the one that answers now: it may be nowhere else, and is kept. */
#define MARK_KEEPS "keeps-data"

struct join_view {
	struct etcd_client *client; /* of the member that was asked */
	struct etcd_status status;  /* its own */
	struct etcd_members members;
	const struct etcd_member
		*own; /* the node's place in the list, by its peer URLs; NULL: it has none */
};

/*
 * Asks member `index`, which has a leader and answers a read that needs the quorum: so its list is the cluster's newest.  -1:
 * ETCD, TIMEOUT, CANCELLED, as etcd_client_new.
 */
int join_ask(struct node *node, const struct play_ctx *ctx, size_t index, uint64_t deadline,
	     struct join_view *out, struct err *err);

/* The first member that answers so, but for the one that joins.  -1: none does. */
int join_view(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
	      struct join_view *out, struct err *err);
void join_view_scoped(struct join_view *view);

/* The node's member among them; NULL: it has none. */
const struct etcd_member *join_find(const struct etcd_members *members,
				    const struct member *member);

/* Whether the node is that of the member which is taken out, and there nevertheless: its etcd is no part of the cluster. */
bool join_is_gone(const struct node *node, const struct play_ctx *ctx);

/* Whether this run has added the node's member and it has its vote: from there is no way back. */
int join_votes(struct node *node, const struct play_ctx *ctx, uint64_t deadline, bool *votes,
	       struct err *err);

/*
 * try_once until it succeeds, or the deadline has come, or it fails with UNSAFE or CANCELLED: members that have just begun to know each
 * other refuse changes for some seconds.
 */
typedef int join_try(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		     struct err *err);
int join_again(struct node *node, const struct play_ctx *ctx, uint64_t deadline, join_try *try_once,
	       struct err *err);

#endif
