/*
 * save_take: see save_take.h.
 */
#include "plugin/save_take.h"

#include "base/log.h"
#include "base/mem.h"
#include "etcd/bolt_stream.h"
#include "plugin/choose.h"

enum { ASK_MS = 10 * 1000, STALL_MS = 60 * 1000, HASH_MS = 60 * 1000 };

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

int save_take(struct node *node, void *arg, struct err *err)
{
	struct save_job *job = arg;
	uint64_t soon = deadline_in(ASK_MS), least;
	const struct member *member = &job->found->cluster.members[job->chosen];
	scoped(etcd_client) struct etcd_client *client = etcd_client_new(node, member, soon, err);

	if (!client || check_status(client, soon, &job->status, err))
		return -1;
	/* fails without quorum; and a snapshot older than this is a stale one */
	if (etcd_linearizable_revision(client, soon, &least, err))
		return err_in(err, "no linearizable read, so the member has no quorum");
	scoped(bolt_stream) struct bolt_stream *bolt = bolt_stream_new(least);
	struct flow flow = { &job->seal.plain.sink, bolt };
	if (etcd_snapshot(client, job->deadline, STALL_MS, flow_on, &flow, &job->snapshot, err))
		return -1;
	return bolt_stream_revision(bolt, job->snapshot.size, &job->revision, err);
}

int save_hash(struct node *node, void *arg, struct err *err)
{
	struct save_job *job = arg;
	const struct member *member = &job->found->cluster.members[node->index];
	uint64_t deadline = deadline_in(HASH_MS);
	scoped(etcd_client) struct etcd_client *client =
		etcd_client_new(node, member, deadline, err);
	struct etcd_hash hash;

	if (!client || etcd_hashkv(client, job->revision, deadline, &hash, err)) {
		log_at(1, "%s: no HashKV at revision %llu: %s", node->name,
		       (unsigned long long)job->revision, err->text);
		if (err->code == ERR_CANCELLED)
			return -1;
		*err = ERR_INIT;
		return 0;
	}
	job->hashes[node->index] = hash;
	job->compared[node->index] = true;
	return 0;
}

int save_compare(const struct save_job *job, struct err *err)
{
	const struct cluster *cluster = &job->found->cluster;

	for (size_t i = 0; i < cluster->count; i++)
		for (size_t k = i + 1; k < cluster->count; k++) {
			const struct etcd_hash *a = &job->hashes[i], *b = &job->hashes[k];
			if (!job->compared[i] || !job->compared[k] || a->hash == b->hash ||
			    a->compact_revision != b->compact_revision)
				continue;
			err_set(err, ERR_CORRUPT,
				"%s and %s differ at revision %llu: HashKV %08x and %08x",
				cluster->members[i].node, cluster->members[k].node,
				(unsigned long long)job->revision, a->hash, b->hash);
			return err_hint(err,
					"one of them has other data than the cluster agreed on: "
					"find out which before you trust any snapshot "
					"(etcdctl endpoint hashkv)");
		}
	return 0;
}

int save_finish(struct node *node, void *arg, struct err *err)
{
	struct save_job *job = arg;

	(void)node;
	return sink_end(&job->seal.plain.sink, err);
}
