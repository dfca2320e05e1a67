/*
 * save_take: see save_take.h.
 */
#include "plugin/save_take.h"

#include "base/log.h"
#include "base/mem.h"

enum { HASH_MS = 60 * 1000 };

int save_hash(struct node *node, void *arg, struct err *err)
{
	struct save_job *job = arg;
	const struct member *member = &job->found->cluster.members[node->index];
	uint64_t deadline = deadline_in(HASH_MS);
	scoped(etcd_client) struct etcd_client *client =
		etcd_client_new(node, member, deadline, err);
	struct etcd_hash hash;

	if (!client || etcd_hashkv(client, job->take.revision, deadline, &hash, err)) {
		log_at(1, "%s: no HashKV at revision %llu: %s", node->name,
		       (unsigned long long)job->take.revision, err->text);
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
				(unsigned long long)job->take.revision, a->hash, b->hash);
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
