/*
 * cluster_check: see cluster_check.h.
 */
#include "etcd/cluster_check.h"

#include <string.h>

int cluster_check_status(const struct cluster_ids *want, size_t index,
			 const struct etcd_status *status, bool well, struct err *err)
{
	if (status->member_id != want->members[index] || status->cluster_id != want->cluster)
		return err_set(err, ERR_UNSAFE,
			       "it serves as member %llx of cluster %llx, expected %llx of %llx",
			       (unsigned long long)status->member_id,
			       (unsigned long long)status->cluster_id,
			       (unsigned long long)want->members[index],
			       (unsigned long long)want->cluster);
	if (!status->leader)
		return err_set(err, ERR_ETCD, "no leader yet");
	if (status->errors[0] && well)
		return err_set(err, ERR_ETCD, "etcd reports: %s", status->errors);
	return 0;
}

int cluster_check_members(const struct cluster_ids *want, const struct etcd_members *members,
			  struct err *err)
{
	if (members->count != want->count)
		return err_set(err, ERR_ETCD, "%zu members, expected %zu", members->count,
			       want->count);
	for (size_t i = 0; i < members->count; i++) {
		bool known = false;
		for (size_t k = 0; k < want->count; k++)
			known |= members->list[i].id == want->members[k];
		if (!known || members->list[i].learner)
			return err_set(err, ERR_ETCD, "member %llx is %s",
				       (unsigned long long)members->list[i].id,
				       known ? "a learner" : "not one of ours");
	}
	return 0;
}

int cluster_check_hash(struct etcd_client *client, uint64_t revision, uint64_t deadline,
		       struct etcd_hash *out, struct err *err)
{
	if (!etcd_hashkv(client, revision, deadline, out, err))
		return 0;
	if (!strstr(err->text, "compacted"))
		return -1;
	/* nobody writes now, so the newest is the one that was asked for */
	return etcd_hashkv(client, 0, deadline, out, err);
}
