/*
 * cmd_save: a snapshot of one healthy member into a file or a store, and the recipe beside it.
 */
#include "plugin/choose.h"
#include "plugin/print.h"
#include "plugin/progress.h"
#include "plugin/save_take.h"

#include <stdio.h>
#include <string.h>

enum { DAY_MS = 24 * 3600 * 1000 };
static const uint64_t COMPARE_MAX = 2ull << 30; /* HashKV stops a member's writes for 0.3 s a GiB */

static int put_recipe(struct place *place, const struct buf *text, struct err *err)
{
	scoped(store_put) struct store_put *put = store_put(place->store, place->recipe, err);

	return !put || sink_write(store_put_sink(put), text->data, text->len, err) ||
			       sink_end(store_put_sink(put), err)
		       ? -1
		       : 0;
}

static int write_recipe(const struct recipe *recipe, struct place *place, struct buf *text,
			struct err *err)
{
	struct err ignored = ERR_INIT;

	if (!recipe_write(recipe, text, err) && !put_recipe(place, text, err))
		return 0;
	/* without its recipe it is not known for what it is */
	store_remove(place->store, place->object, &ignored);
	return err_in(err, "the recipe could not be written, so the snapshot was removed");
}

static void print_saved(const struct opts *opts, const struct recipe *recipe,
			const struct place *place, const struct buf *text)
{
	char size[16];

	size_text(recipe->stored.size, size);
	if (opts->output == OUTPUT_JSON)
		print_raw(text->data, text->len);
	else if (opts->output == OUTPUT_NAME)
		print_line("%s", place->shown);
	else
		print_line("snapshot %s saved: revision %llu, %s, from %s", place->shown,
			   (unsigned long long)recipe->revision, size, recipe->member);
}

static void fill_recipe(struct recipe *recipe, const struct save_job *job, const struct opts *opts,
			char hash[9])
{
	const struct place *place = job->place;

	recipe->cluster = job->found->cluster;
	recipe->etcd_version = job->found->cluster.members[job->chosen].version;
	recipe->member = job->found->cluster.members[job->chosen].name;
	recipe->sha256 = job->seal.plain.sha256;
	recipe->size = job->seal.plain.size;
	recipe->db_size = job->take.snapshot.size;
	recipe->revision = job->take.revision;
	recipe->term = job->take.status.term;
	recipe->taken_at = now_unix();
	recipe->stored = (struct recipe_stored){ .name = place->object,
						 .sha256 = job->seal.stored.sha256,
						 .size = job->seal.stored.size,
						 .compression = seal_compression(&place->seal),
						 .encryption = seal_encryption(&place->seal) };
	if (job->compared[job->chosen]) {
		const struct etcd_hash *own = &job->hashes[job->chosen];
		snprintf(hash, 9, "%08x", own->hash);
		recipe->hashkv = hash;
		recipe->compact_revision = own->compact_revision;
	}
	for (; recipe->tag_count < opts->tags.count; recipe->tag_count++)
		recipe->tags[recipe->tag_count] = opts->tags.items[recipe->tag_count];
}

/* The snapshot streams into its place; members are compared; then it gets its name. */
static int play(struct save_job *job, struct err *err)
{
	struct discovery *d = job->found;
	bool only[CLUSTER_MEMBERS_MAX] = { false }, all[CLUSTER_MEMBERS_MAX] = { false };
	struct err errs[CLUSTER_MEMBERS_MAX];

	only[job->chosen] = true;
	if (fleet_each(d->fleet, take_snapshot, &job->take, only, errs, NULL, NULL))
		return fleet_first(d->fleet, errs, err);
	for (size_t i = 0; i < d->cluster.count; i++)
		all[i] = d->found[i].answers && job->take.snapshot.size < COMPARE_MAX;
	if (fleet_each(d->fleet, save_hash, job, all, errs, NULL, NULL))
		return fleet_first(d->fleet, errs, err);
	if (save_compare(job, err))
		return -1;
	if (fleet_each(d->fleet, save_finish, job, only, errs, NULL, NULL)) {
		*err = errs[job->chosen]; /* of the store, not of the node */
		return -1;
	}
	return 0;
}

static int save(const struct opts *opts, struct save_job *job, struct err *err)
{
	struct progress progress = { .quiet = opts->quiet };
	struct place *place = job->place;
	struct discovery *d = job->found;
	scoped(buf) struct buf text = BUF_INIT(RECIPE_MAX);
	struct recipe recipe = { .taken_at = 0 };
	char hash[9];

	if (place_open(place, opts, d->cluster.name, d->nodes[0].cancel_fd, err) ||
	    place_previous(place, d->cluster.name, &recipe, err))
		return -1;
	if (d->found[job->chosen].trouble[0])
		print_warning("etcd is full (alarm NOSPACE): the snapshot has that alarm, too");
	progress_line(&progress, "snapshot of %s (%s)", d->cluster.members[job->chosen].name,
		      d->nodes[job->chosen].name);
	if (fleet_catch_signals(d->fleet, NULL, NULL, err))
		return -1;
	scoped(store_put) struct store_put *put = store_put(place->store, place->object, err);
	job->take.member = &d->cluster.members[job->chosen];
	job->take.to = &job->seal.plain.sink;
	if (!put || seal_init(&job->seal, &place->seal, store_put_sink(put), err) || play(job, err))
		return -1;
	fill_recipe(&recipe, job, opts, hash);
	if (write_recipe(&recipe, place, &text, err))
		return -1;
	print_saved(opts, &recipe, place, &text);
	return 0;
}

int cmd_save(const struct opts *opts, struct err *err)
{
	scoped(discovery) struct discovery d = { 0 };
	scoped(place) struct place place = { .arena = NULL };
	struct save_job job = { .found = &d,
				.place = &place,
				.take.deadline =
					deadline_in(opts->timeout_ms ? opts->timeout_ms : DAY_MS) };
	int failed = -1;

	if (place_init(&place, opts, err) || discover(opts, NULL, &d, err))
		return err_status(err->code);
	for (size_t i = 0; i < d.warning_count; i++)
		print_warning(d.warnings[i]);
	if (d.cluster.external)
		err_set(err, ERR_UNSAFE,
			"etcd is external (%s): take the snapshot on its own hosts",
			d.cluster.external);
	else if (!choose_member(&d, opts->member, &job.chosen, err))
		failed = save(opts, &job, err);
	seal_release(&job.seal);
	return failed ? err_status(err->code) : 0;
}
