/*
 * save_hashes: see save_hashes.h.
 */
#include "plugin/save_hashes.h"

#include "base/log.h"
#include "base/mem.h"
#include "plugin/print.h"
#include "plugin/save_compare.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

enum { HASH_MS = 60 * 1000, ROUNDS = 3, AGAIN_MS = 1000 };

/* What the member has said already of that revision, for an earlier part. */
static bool said_before(struct save *save, size_t at, size_t member)
{
	for (size_t i = 0; i < at; i++)
		if (save->parts[i].compared[member] &&
		    save->parts[i].revision == save->parts[at].revision) {
			save->parts[at].hashes[member] = save->parts[i].hashes[member];
			return true;
		}
	return false;
}

int save_hash(struct node *node, void *arg, struct err *err)
{
	struct save *save = arg;
	size_t member = node->index;
	bool taken[CLUSTER_MEMBERS_MAX];
	uint64_t deadline = deadline_in(HASH_MS);
	scoped(etcd_client) struct etcd_client *client =
		etcd_client_new(node, &save->found->cluster.members[member], deadline, err);

	save_at(save, SAVE_BEGUN, taken);
	for (size_t i = 0; i < save->found->cluster.count; i++) {
		struct save_part *part = &save->parts[i];
		if (!taken[i] || !part->ask[member])
			continue;
		if (client &&
		    (said_before(save, i, member) ||
		     !etcd_hashkv(client, part->revision, deadline, &part->hashes[member], err))) {
			part->compared[member] = true;
			continue;
		}
		if (err->code == ERR_CANCELLED)
			return -1;
		if (part->compared[member]) /* what it has said before stands */
			continue;
		snprintf(save->no_hash[member], sizeof(save->no_hash[member]), "%.190s", err->text);
		log_at(1, "%s: no HashKV at revision %llu: %s", node->name,
		       (unsigned long long)part->revision, err->text);
	}
	*err = ERR_INIT;
	return 0;
}

struct asking {
	struct save *save;
	node_fn *ask;
	bool again;
};

/* etcd tells nobody that it has compacted: the time between two looks. */
static int ask_one(struct node *node, void *arg, struct err *err)
{
	const struct asking *asking = arg;
	struct pollfd cancel = { node->cancel_fd, POLLIN, 0 };

	if (asking->again && poll(&cancel, 1, AGAIN_MS) > 0)
		return err_set(err, ERR_CANCELLED, "interrupted");
	return asking->ask(node, asking->save, err);
}

/* Whom to ask next, of any part. */
static bool find_behind(struct save *save, bool whom[])
{
	size_t count = save->found->cluster.count, furthest;
	bool taken[CLUSTER_MEMBERS_MAX], any = false;

	save_at(save, SAVE_BEGUN, taken);
	memset(whom, 0, CLUSTER_MEMBERS_MAX * sizeof(*whom));
	for (size_t i = 0; i < count; i++) {
		struct save_part *part = &save->parts[i];
		if (!taken[i] || !save_behind(part, count, part->ask, &furthest))
			continue;
		any = true;
		for (size_t k = 0; k < count; k++)
			whom[k] |= part->ask[k];
	}
	return any;
}

/* Asked for, and not done: that must be told. */
static void tell_silent(const struct save *save)
{
	for (size_t i = 0; i < save->found->cluster.count; i++) {
		scoped(mem) char *words = mem_printf(
			"%s was not compared: %s", save->found->nodes[i].name,
			save->found->found[i].answers ? save->no_hash[i] : "it does not answer");
		if (save->opts->compare == CHOICE_TRUE &&
		    (save->no_hash[i][0] || !save->found->found[i].answers))
			print_warning(words);
	}
}

/* Once a member, whatever the number of parts. */
static void tell_behind(const struct save *save)
{
	size_t count = save->found->cluster.count, furthest;
	bool taken[CLUSTER_MEMBERS_MAX], told[CLUSTER_MEMBERS_MAX] = { false };

	save_at(save, SAVE_BEGUN, taken);
	for (size_t i = 0; i < count; i++) {
		const struct save_part *part = &save->parts[i];
		bool behind[CLUSTER_MEMBERS_MAX];
		if (!taken[i] || !save_behind(part, count, behind, &furthest))
			continue;
		for (size_t k = 0; k < count; k++) {
			if (!behind[k] || told[k])
				continue;
			scoped(mem) char *words = mem_printf(
				"%s was not compared with %s: it has compacted up to revision "
				"%llu, and %s up to %llu; the next save compares them again",
				save->found->nodes[k].name, save->found->nodes[furthest].name,
				(unsigned long long)part->hashes[k].compact_revision,
				save->found->nodes[furthest].name,
				(unsigned long long)part->hashes[furthest].compact_revision);
			told[k] = true;
			print_warning(words);
		}
	}
}

int save_hashes(struct save *save, node_fn *ask, struct err *err)
{
	struct discovery *d = save->found;
	struct asking asking = { .save = save, .ask = ask };
	bool whom[CLUSTER_MEMBERS_MAX] = { false };
	struct err errs[CLUSTER_MEMBERS_MAX];

	for (size_t i = 0; i < d->cluster.count; i++) {
		whom[i] = d->found[i].answers;
		for (size_t k = 0; k < d->cluster.count; k++)
			save->parts[i].ask[k] = true;
	}
	for (size_t round = 0; round < ROUNDS; round++) {
		asking.again = round != 0;
		if (fleet_each(d->fleet, ask_one, &asking, whom, errs, NULL, NULL))
			return fleet_first(d->fleet, errs, err);
		if (!find_behind(save, whom))
			break;
	}
	tell_silent(save);
	tell_behind(save);
	return 0;
}
