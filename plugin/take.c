/*
 * take: see take.h.
 */
#include "plugin/take.h"

#include "base/mem.h"
#include "etcd/bolt_stream.h"
#include "plugin/health.h"

#include <stdio.h>

enum { ASK_MS = 10 * 1000, STALL_MS = 60 * 1000 };

static int refuse(const struct etcd_status *status, unsigned health, struct err *err)
{
	char words[HEALTH_WORDS];

	health_words(health, words);
	err_set(err, ERR_UNSAFE, "the member %s%s%s", words, status->errors[0] ? ": " : "",
		status->errors);
	return err_hint(err, "--allow-degraded takes it all the same, and its recipe says so");
}

/*
 * The member was well when the cluster was discovered; is it still, right before its snapshot?  *least is the revision
 * that the snapshot must have: that of a linearizable read, which fails without quorum; of a degraded member its own.
 */
static int check_member(struct take *take, struct etcd_client *client, uint64_t *least,
			struct err *err)
{
	uint64_t soon = deadline_in(ASK_MS);
	struct etcd_status *status = &take->status;
	struct err said = ERR_INIT;

	if (etcd_status(client, soon, status, err))
		return -1;
	take->health = health_of(status->troubles, status->leader != 0, status->learner);
	if (take->health && !take->allow_degraded)
		return refuse(status, take->health, err);
	*least = status->revision;
	if (take->health & (HEALTH_LEARNER | HEALTH_NO_LEADER))
		return 0; /* these have none to give */
	if (!etcd_linearizable_revision(client, soon, least, &said))
		return 0;
	if (said.code != ERR_CANCELLED && take->allow_degraded) {
		take->health |= HEALTH_NO_READ;
		return 0;
	}
	*err = said;
	err_in(err, "no linearizable read, so the member has no quorum");
	if (err->code != ERR_CANCELLED)
		err_hint(err,
			 "--allow-degraded takes it all the same: it may lack what others wrote");
	return -1;
}

struct flow {
	struct sink *to;
	struct bolt_stream *bolt;
	bool refused; /* by `to`: etcd is not to blame */
};

static int flow_on(void *arg, const void *data, size_t len, struct err *err)
{
	struct flow *flow = arg;

	bolt_stream_add(flow->bolt, data, len);
	flow->refused = sink_write(flow->to, data, len, err) != 0;
	return flow->refused ? -1 : 0;
}

/* etcd ended its stream, was silent in the middle of it, or sent what is no whole database. */
static int broken_off(const struct flow *flow, struct err *err)
{
	bool etcd = err->code == ERR_ETCD || err->code == ERR_TIMEOUT || err->code == ERR_CORRUPT;

	if (etcd && !flow->refused && !err->hint[0])
		err_hint(err, "look at this node: etcd's log (crictl logs) and its disk; then try "
			      "again, or name another member with --member");
	return -1;
}

int take_snapshot(struct node *node, void *arg, struct err *err)
{
	struct take *take = arg;
	uint64_t least;
	scoped(etcd_client) struct etcd_client *client =
		etcd_client_new(node, take->member, deadline_in(ASK_MS), err);

	if (!client || check_member(take, client, &least, err))
		return -1;
	scoped(bolt_stream) struct bolt_stream *bolt = bolt_stream_new(least);
	struct flow flow = { .to = take->to, .bolt = bolt };
	if (etcd_snapshot(client, !take->health, take->deadline, STALL_MS, flow_on, &flow,
			  &take->snapshot, err) ||
	    bolt_stream_revision(bolt, take->snapshot.size, &take->revision, err))
		return broken_off(&flow, err);
	return 0;
}
