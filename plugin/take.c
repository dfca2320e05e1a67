/*
 * take: see take.h.
 */
#include "plugin/take.h"

#include "base/mem.h"
#include "etcd/bolt_stream.h"
#include "plugin/choose.h"

enum { ASK_MS = 10 * 1000, STALL_MS = 60 * 1000 };

/* The member was well when the cluster was discovered; is it still, right before its snapshot? */
static int check_status(struct etcd_client *client, uint64_t deadline, struct etcd_status *status,
			struct err *err)
{
	if (etcd_status(client, deadline, status, err))
		return -1;
	if (!choose_only_full(status->errors, false))
		return err_set(err, ERR_UNSAFE, "the member reports: %s", status->errors);
	if (!status->leader || status->learner)
		return err_set(err, ERR_UNSAFE, "the member %s",
			       status->learner ? "is a learner" : "has no leader");
	return 0;
}

struct flow {
	struct sink *to;
	struct bolt_stream *bolt;
};

static int flow_on(void *arg, const void *data, size_t len, struct err *err)
{
	struct flow *flow = arg;

	bolt_stream_add(flow->bolt, data, len);
	return sink_write(flow->to, data, len, err);
}

int take_snapshot(struct node *node, void *arg, struct err *err)
{
	struct take *take = arg;
	uint64_t soon = deadline_in(ASK_MS), least;
	scoped(etcd_client) struct etcd_client *client =
		etcd_client_new(node, take->member, soon, err);

	if (!client || check_status(client, soon, &take->status, err))
		return -1;
	/* fails without quorum; and a snapshot older than this is a stale one */
	if (etcd_linearizable_revision(client, soon, &least, err))
		return err_in(err, "no linearizable read, so the member has no quorum");
	scoped(bolt_stream) struct bolt_stream *bolt = bolt_stream_new(least);
	struct flow flow = { take->to, bolt };
	if (etcd_snapshot(client, take->deadline, STALL_MS, flow_on, &flow, &take->snapshot, err))
		return -1;
	return bolt_stream_revision(bolt, take->snapshot.size, &take->revision, err);
}
