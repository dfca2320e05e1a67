/*
 * drill_prove: see drill.h.  What wait_member has seen already (ids, voters, a leader) is asked once more of all
 * members, now that each of them is well.
 */
#include "plugin/drill.h"

#include <string.h>

enum { ASK_MS = 30 * 1000 };

static const char KEY[] = "/etcd-backup/drill";

struct asked {
	struct etcd_client *clients[CLUSTER_MEMBERS_MAX];
	size_t count;
	uint64_t deadline;
};

static void asked_scoped(struct asked *asked)
{
	for (size_t i = 0; i < asked->count; i++)
		etcd_client_free(asked->clients[i]);
}

static const char *name_of(const struct drill *d, size_t i)
{
	return d->cluster.members[i].name;
}

static int prove_members(struct drill *d, const struct asked *a, struct err *err)
{
	struct etcd_status status = { 0 };
	struct etcd_members members;
	uint64_t leader = 0;

	for (size_t i = 0; i < a->count; i++) {
		if (etcd_status(a->clients[i], a->deadline, &status, err) ||
		    cluster_check_status(&d->ids, i, &status, true, err) ||
		    etcd_members(a->clients[i], a->deadline, &members, err) ||
		    cluster_check_members(&d->ids, &members, err))
			return err_in(err, "%s", name_of(d, i));
		if (i && status.leader != leader)
			return err_set(err, ERR_ETCD, "%s and %s follow different leaders",
				       name_of(d, 0), name_of(d, i));
		leader = status.leader;
	}
	drill_proved(d, "ids", "cluster %llx and all members serve under the ids foreseen",
		     (unsigned long long)d->ids.cluster);
	drill_proved(d, "voters", "%zu, and no other member", a->count);
	drill_proved(d, "leader", "%llx, the same for all", (unsigned long long)leader);
	return 0;
}

static int prove_alarms(struct drill *d, const struct asked *a, struct err *err)
{
	char words[256];
	size_t alarms;

	for (size_t i = 0; i < a->count; i++) {
		if (etcd_alarms(a->clients[i], a->deadline, &alarms, words, err))
			return err_in(err, "%s", name_of(d, i));
		if (alarms) {
			err_set(err, ERR_UNSAFE, "alarms came with the snapshot: %s", words);
			return err_hint(err, "disarm the alarm in the cluster, and take another "
					     "snapshot: this one would restore the alarm, too");
		}
	}
	drill_proved(d, "alarms", "none");
	return 0;
}

static int prove_hash(struct drill *d, const struct asked *a, struct err *err)
{
	const struct etcd_hash *want = &d->settings->hash;
	struct etcd_hash hash;

	for (size_t i = 0; i < a->count; i++) {
		if (cluster_check_hash(a->clients[i], want->revision, a->deadline, &hash, err))
			return err_in(err, "%s", name_of(d, i));
		if (hash.revision != want->revision)
			return err_set(err, ERR_UNSAFE,
				       "%s is at revision %llu, and the snapshot at %llu",
				       name_of(d, i), (unsigned long long)hash.revision,
				       (unsigned long long)want->revision);
		if (hash.hash != want->hash)
			return err_set(err, ERR_UNSAFE,
				       "%s has other data than the snapshot (HashKV %08x and %08x)",
				       name_of(d, i), hash.hash, want->hash);
	}
	drill_proved(d, "HashKV", "%08x at revision %llu, the snapshot's on all members",
		     want->hash, (unsigned long long)want->revision);
	return 0;
}

/* Through one member in, out through every other. */
static int prove_write(struct drill *d, const struct asked *a, struct err *err)
{
	uint64_t before, written, seen;

	if (etcd_linearizable_revision(a->clients[0], a->deadline, &before, err))
		return err_in(err, "%s", name_of(d, 0));
	drill_proved(d, "read", "linearizable, at revision %llu", (unsigned long long)before);
	if (etcd_put(a->clients[0], KEY, d->token, a->deadline, &written, err))
		return err_in(err, "%s", name_of(d, 0));
	if (written <= before)
		return err_set(err, ERR_UNSAFE, "a write made revision %llu after %llu",
			       (unsigned long long)written, (unsigned long long)before);
	for (size_t i = 0; i < a->count; i++) {
		scoped(buf) struct buf value = BUF_INIT(sizeof(d->token));
		bool found = false;
		if (etcd_linearizable_revision(a->clients[i], a->deadline, &seen, err) ||
		    etcd_value(a->clients[i], KEY, a->deadline, &value, &found, err))
			return err_in(err, "%s", name_of(d, i));
		if (seen != written || !found || strcmp(buf_str(&value), d->token) != 0)
			return err_set(err, ERR_UNSAFE, "%s does not have what was written to %s",
				       name_of(d, i), name_of(d, 0));
	}
	drill_proved(d, "write", "revision %llu, read back from every member",
		     (unsigned long long)written);
	return 0;
}

int drill_prove(struct drill *d, struct err *err)
{
	scoped(asked) struct asked asked = { .deadline = deadline_in(ASK_MS) };

	progress_line(&d->progress, "proving the cluster");
	for (; asked.count < d->cluster.count; asked.count++) {
		asked.clients[asked.count] = drill_client(d, asked.count, err);
		if (!asked.clients[asked.count])
			return err_in(err, "%s", name_of(d, asked.count));
	}
	/* alarms first: they are the reason for what a status then says */
	return prove_alarms(d, &asked, err) || prove_members(d, &asked, err) ||
			       prove_hash(d, &asked, err) || prove_write(d, &asked, err)
		       ? -1
		       : 0;
}
