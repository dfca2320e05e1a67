/*
 * cmd_save: a snapshot of one healthy member, or of each, into a file or a store, and the recipe beside it.
 */
#include "base/digest.h"
#include "base/mem.h"
#include "plugin/choose.h"
#include "plugin/print.h"
#include "plugin/prune_run.h"
#include "plugin/save_flags.h"
#include "plugin/save_print.h"
#include "plugin/save_run.h"

#include <stdlib.h>
#include <string.h>

enum { DAY_MS = 24 * 3600 * 1000 };

/* Which members; those that --all-members cannot take are told at the end, in why[]. */
static int choose(struct save *save, struct err why[], struct err *err)
{
	const struct opts *opts = save->opts;
	uint8_t id[8];
	size_t chosen;

	if (opts->all_members) {
		random_bytes(id, sizeof(id));
		digest_hex(id, sizeof(id), save->set);
		return choose_all(save->found, opts->allow_degraded, save->wanted, why, err);
	}
	if (choose_member(save->found, opts->member, opts->allow_degraded, &chosen, err))
		return -1;
	save->wanted[chosen] = true;
	return 0;
}

/* One member's failure is the error; with several, how many, and the others in lines of their own. */
static int tell_failed(const struct save *save, const struct err why[], struct err *err)
{
	size_t count = save->found->cluster.count, whole = save_at(save, SAVE_WHOLE, NULL);
	const struct err *last = NULL;

	if (!save->opts->all_members)
		return whole ? 0 : -1;
	for (size_t i = 0; i < count; i++) {
		const struct err *one = save->wanted[i] ? &save->parts[i].err : &why[i];
		if (!one->code)
			continue;
		if (last && strcmp(last->text, one->text) != 0)
			print_error(last);
		last = one;
	}
	if (!last)
		return 0;
	*err = *last;
	return err_in(err, "%zu of %zu members have a snapshot", whole, count);
}

struct pruning {
	struct opts opts;
	struct store *store;
	const char *proved[CLUSTER_MEMBERS_MAX + 1];
};

/* On a worker, so that Ctrl-C ends it. */
static int prune_job(struct node *node, void *arg, struct err *err)
{
	const struct pruning *p = arg;

	(void)node;
	return prune_run(&p->opts, p->store, p->proved, err);
}

/* Snapshots of this cluster only, whatever else is there; and none for a snapshot that is worth less. */
static int prune(const struct save *save, struct err *err)
{
	struct pruning p = { .opts = *save->opts, .proved = { NULL } };
	bool only[CLUSTER_MEMBERS_MAX] = { true };
	struct err errs[CLUSTER_MEMBERS_MAX];
	size_t count = 0;

	for (size_t i = 0; i < save->found->cluster.count; i++) {
		const struct save_part *part = &save->parts[i];
		if (!save->wanted[i])
			continue;
		if (part->recipe.degraded) {
			print_warning("nothing was pruned: what was saved is degraded");
			return 0;
		}
		p.proved[count++] = part->slot.shown;
		p.store = part->slot.store;
	}
	p.opts.cluster_name = save->found->cluster.name;
	if (!fleet_each(save->found->fleet, prune_job, &p, only, errs, NULL, NULL))
		return 0;
	*err = errs[0];
	return err_in(err, "the snapshot is saved, but pruning failed");
}

static int run(struct save *save, struct err *err)
{
	struct err why[CLUSTER_MEMBERS_MAX], unwritten = ERR_INIT;

	for (size_t i = 0; i < CLUSTER_MEMBERS_MAX; i++)
		why[i] = ERR_INIT;
	if (save->found->cluster.external)
		return err_set(err, ERR_UNSAFE,
			       "etcd is external (%s): take the snapshot on its own hosts",
			       save->found->cluster.external);
	save_warn_unread(save->found);
	if (choose(save, why, err))
		return -1;
	save_warn(save);
	int failed = save_run(save, err);
	save_warn_degraded(save);
	if (save_print(save, &unwritten) && !failed) {
		*err = unwritten;
		return -1;
	}
	if (tell_failed(save, why, err) || failed)
		return -1;
	return save->opts->prune ? prune(save, err) : 0;
}

int cmd_save(const struct opts *opts, struct err *err)
{
	scoped(discovery) struct discovery d = { .passes_over = true };
	scoped(place) struct place place = { .arena = NULL };
	struct save *save = mem_zalloc(sizeof(*save));
	uint64_t limit = opts->timeout_ms ? opts->timeout_ms : DAY_MS;

	save->opts = opts;
	save->found = &d;
	save->place = &place;
	save->deadline = deadline_in(limit);
	int failed = save_flags_check(opts, err) || place_init(&place, opts, err) ||
		     discover(opts, NULL, &d, err) || run(save, err);
	save_release(save);
	free(save);
	return failed ? err_status(err->code) : 0;
}
