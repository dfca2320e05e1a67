/*
 * save_run: see save_run.h.
 */
#include "plugin/save_run.h"

#include "base/digest.h"
#include "base/mem.h"
#include "plugin/progress.h"
#include "plugin/save_compare.h"
#include "plugin/save_hashes.h"
#include "plugin/save_recipe.h"
#include "plugin/save_take.h"

#include <string.h>

static void fail(struct save *save, size_t i, const struct err *why)
{
	struct save_part *part = &save->parts[i];
	struct err ignored = ERR_INIT;

	if (part->stage == SAVE_NAMED) {
		if (why->code == ERR_CANCELLED) /* a remote store would do nothing more */
			fleet_forget_cancel(save->found->fleet);
		store_remove(part->slot.store, part->slot.object, &ignored);
		if (part->slot.files)
			store_remove(part->slot.store, part->slot.files, &ignored);
	}
	store_put_stop(part->put); /* the seal's thread may be waiting for it */
	seal_release(&part->seal);
	store_put_free(part->put);
	part->put = NULL;
	part->stage = SAVE_FAILED;
	part->err = *why;
}

/* The first reason of all; nothing more comes of any that is not whole. */
static int fail_all(struct save *save, const struct err *why)
{
	for (size_t i = 0; i < save->found->cluster.count; i++)
		if (save->wanted[i] && save->parts[i].stage < SAVE_WHOLE)
			fail(save, i, why);
	return -1;
}

static int first_error(const struct save *save, struct err *err)
{
	for (size_t i = 0; i < save->found->cluster.count; i++)
		if (save->wanted[i] && save->parts[i].err.code) {
			*err = save->parts[i].err;
			return -1;
		}
	return 0;
}

/* One job on the parts of `which`, whose stage is `next` when it went well.  -1: interrupted. */
static int step(struct save *save, node_fn *fn, const bool which[], enum save_stage next,
		bool of_node, struct err *err)
{
	struct err errs[CLUSTER_MEMBERS_MAX];
	bool cancelled = false;

	fleet_each(save->found->fleet, fn, save, which, errs, NULL, NULL);
	for (size_t i = 0; i < save->found->cluster.count; i++) {
		if (!which[i])
			continue;
		if (!errs[i].code) {
			save->parts[i].stage = next;
			continue;
		}
		if (of_node)
			err_in(&errs[i], "%s", save->found->nodes[i].name);
		if (errs[i].code == ERR_CANCELLED && !cancelled) {
			cancelled = true;
			*err = errs[i];
		}
		fail(save, i, &errs[i]);
	}
	return cancelled ? fail_all(save, err) : 0;
}

static int open_slots(struct save *save, struct err *err)
{
	struct discovery *d = save->found;
	struct recipe before = { .taken_at = 0 };
	struct store *first = NULL;

	for (size_t i = 0; i < d->cluster.count; i++) {
		struct save_part *part = &save->parts[i];
		if (!save->wanted[i])
			continue;
		if (slot_open(&part->slot, save->place, save->opts,
			      save->set[0] ? d->cluster.members[i].name : NULL,
			      d->nodes[0].cancel_fd, err))
			return -1;
		first = first ? first : part->slot.store;
	}
	if (place_previous(save->place, first, d->cluster.name, &before, err))
		return -1;
	save->previous = before.previous;
	save->previous_sha256 = before.previous_sha256;
	return fleet_catch_signals(d->fleet, NULL, NULL, err);
}

/* Before the snapshot, so that what is missing is known before it begins; etcd is asked through the first of the members. */
static int read_extras(struct save *save, struct err *err)
{
	size_t first = 0;

	while (first + 1 < save->found->cluster.count && !save->wanted[first])
		first++;
	return save_extras_read(&save->extras, save->opts, save->found, first, err);
}

static int open_seals(struct save *save, struct err *err)
{
	for (size_t i = 0; i < save->found->cluster.count; i++) {
		struct save_part *part = &save->parts[i];
		if (!save->wanted[i])
			continue;
		part->put = store_put(part->slot.store, part->slot.object, err);
		if (!part->put ||
		    seal_init(&part->seal, &save->place->seal, store_put_sink(part->put), err))
			return -1;
	}
	return 0;
}

/* A snapshot is not taken to be removed for what was known before. */
static int check_recipes(struct save *save, struct err *err)
{
	for (size_t i = 0; i < save->found->cluster.count; i++)
		if (save->wanted[i] && save_check_recipe(save, i, err))
			return err_in(err, "the recipe of %s",
				      save->found->cluster.members[i].name);
	return 0;
}

static int compare(struct save *save, struct err *err)
{
	struct discovery *d = save->found;
	bool taken[CLUSTER_MEMBERS_MAX];
	uint64_t largest = 0;

	save_at(save, SAVE_BEGUN, taken);
	for (size_t i = 0; i < d->cluster.count; i++)
		if (taken[i] && save->parts[i].snapshot.size > largest)
			largest = save->parts[i].snapshot.size;
	if (!save_compares(save->opts->compare, largest))
		return 0;
	if (save_hashes(save, save_hash, err))
		return -1;
	for (size_t i = 0; i < d->cluster.count; i++)
		if (taken[i] && save_agree(save, &save->parts[i], err))
			return -1;
	return 0;
}

/* One after the other: each may need memory for a database. */
static int complete(struct save *save, struct err *err)
{
	bool named[CLUSTER_MEMBERS_MAX];

	save_at(save, SAVE_NAMED, named);
	for (size_t i = 0; i < save->found->cluster.count; i++) {
		bool only[CLUSTER_MEMBERS_MAX] = { false };
		only[i] = named[i];
		if (!named[i])
			continue;
		save_fill_recipe(save, i);
		if (step(save, save_complete, only, SAVE_WHOLE, false, err))
			return -1;
	}
	return 0;
}

int save_run(struct save *save, struct err *err)
{
	const struct progress progress = { .quiet = save->opts->quiet };
	bool which[CLUSTER_MEMBERS_MAX];

	place_name(save->place, save->found->cluster.name);
	if (open_slots(save, err) || read_extras(save, err) || check_recipes(save, err) ||
	    open_seals(save, err))
		return fail_all(save, err);
	for (size_t i = 0; i < save->found->cluster.count; i++)
		if (save->wanted[i])
			progress_line(&progress, "snapshot of %s (%s)",
				      save->found->cluster.members[i].name,
				      save->found->nodes[i].name);
	save_at(save, SAVE_BEGUN, which);
	if (step(save, save_take, which, SAVE_BEGUN, true, err))
		return -1;
	save->taken_at = now_unix();
	if (!save_at(save, SAVE_BEGUN, which))
		return first_error(save, err);
	if (compare(save, err))
		return fail_all(save, err);
	if (step(save, save_finish, which, SAVE_NAMED, false, err) || complete(save, err))
		return -1;
	return first_error(save, err);
}

void save_release(struct save *save)
{
	save_extras_release(&save->extras);
	for (size_t i = 0; i < CLUSTER_MEMBERS_MAX; i++) {
		struct save_part *part = &save->parts[i];
		if (!save->wanted[i])
			continue;
		seal_release(&part->seal);
		seal_release(&part->files);
		store_put_free(part->put);
		slot_release(&part->slot);
		buf_release(&part->text);
	}
}
