/*
 * cmd_save: a snapshot of one healthy member into a local file, and the recipe beside it.
 */
#include "base/json.h"
#include "etcd/etcd_api.h"
#include "plugin/choose.h"
#include "plugin/discover.h"
#include "plugin/print.h"
#include "plugin/progress.h"
#include "snapshot/snapshot_file.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ASK_MS = 10 * 1000, STALL_MS = 60 * 1000, DAY_MS = 24 * 3600 * 1000 };

/* One job on one worker: its signals and its cancel pipe are the fleet's. */
struct job {
	const struct member *member;
	struct snapshot_writer *writer;
	uint64_t deadline, min_revision;
	struct etcd_snapshot snapshot;
};

/* The member was well when the cluster was discovered; is it still, right before its snapshot? */
static int check_status(struct etcd_client *client, uint64_t deadline, struct err *err)
{
	struct etcd_status status;

	if (etcd_status(client, deadline, &status, err))
		return -1;
	if (!choose_only_full(status.errors, false))
		return err_set(err, ERR_UNSAFE, "the member reports: %s", status.errors);
	if (!status.leader || status.learner)
		return err_set(err, ERR_UNSAFE, "the member %s",
			       status.learner ? "is a learner" : "has no leader");
	return 0;
}

static int take(struct node *node, void *arg, struct err *err)
{
	struct job *job = arg;
	uint64_t soon = deadline_in(ASK_MS);
	scoped(etcd_client) struct etcd_client *client =
		etcd_client_new(node, job->member, soon, err);

	if (!client || check_status(client, soon, err))
		return -1;
	/* fails without quorum; and a snapshot older than this is a stale one */
	if (etcd_linearizable_revision(client, soon, &job->min_revision, err))
		return err_in(err, "no linearizable read, so the member has no quorum");
	return etcd_snapshot(client, job->deadline, STALL_MS, snapshot_writer_add, job->writer,
			     &job->snapshot, err);
}

static int write_recipe(const struct recipe *recipe, const char *path, struct buf *text,
			struct err *err)
{
	scoped(mem) char *beside = mem_printf("%s.json", path);

	if (recipe_write(recipe, text, err) ||
	    file_write_durably(beside, text->data, text->len, err)) {
		unlink(path); /* without its recipe it is not known for what it is */
		return err_in(err, "the recipe could not be written, so the snapshot was removed");
	}
	return 0;
}

static int print_saved(const struct opts *opts, const struct recipe *recipe, const struct buf *text)
{
	char size[16];

	size_text(recipe->size, size);
	if (opts->output == OUTPUT_JSON)
		print_raw(text->data, text->len);
	else if (opts->output == OUTPUT_NAME)
		print_line("%s", opts->args[0]);
	else
		print_line("snapshot %s saved: revision %llu, %s, from %s", opts->args[0],
			   (unsigned long long)recipe->revision, size, recipe->member);
	return 0;
}

static int save(const struct opts *opts, struct discovery *d, size_t chosen,
		struct snapshot_writer *writer, struct err *err)
{
	struct job job = { .member = &d->cluster.members[chosen],
			   .writer = writer,
			   .deadline = deadline_in(opts->timeout_ms ? opts->timeout_ms : DAY_MS) };
	struct progress progress = { .quiet = opts->quiet };
	bool only[CLUSTER_MEMBERS_MAX] = { false };
	struct err errs[CLUSTER_MEMBERS_MAX];
	scoped(buf) struct buf text = BUF_INIT(RECIPE_MAX);
	struct bolt_facts facts;
	char sha256[65];

	only[chosen] = true;
	if (d->found[chosen].trouble[0])
		print_warning("etcd is full (alarm NOSPACE): the snapshot has that alarm, too");
	progress_line(&progress, "snapshot of %s (%s)", job.member->name, d->nodes[chosen].name);
	if (fleet_catch_signals(d->fleet, NULL, NULL, err))
		return -1;
	if (fleet_each(d->fleet, take, &job, only, errs, NULL, NULL))
		return fleet_first(d->fleet, errs, err);
	if (snapshot_writer_commit(writer, job.snapshot.size, job.min_revision, &facts, sha256,
				   err))
		return err_in(err, "%s", d->nodes[chosen].name);
	struct recipe recipe = { .cluster = d->cluster,
				 .etcd_version = job.member->version,
				 .member = job.member->name,
				 .sha256 = sha256,
				 .size = job.snapshot.size + sizeof(job.snapshot.sha256),
				 .db_size = job.snapshot.size,
				 .revision = facts.revision,
				 .taken_at = now_unix() };
	if (write_recipe(&recipe, opts->args[0], &text, err))
		return -1;
	return print_saved(opts, &recipe, &text);
}

static int check_free(const char *path, struct err *err)
{
	struct stat st;

	if (lstat(path, &st))
		return 0;
	err_set(err, ERR_FILE, "%s is there already", path);
	return err_hint(err, "a snapshot is never overwritten: choose another name");
}

int cmd_save(const struct opts *opts, struct err *err)
{
	scoped(discovery) struct discovery d = { 0 };
	scoped(mem) char *beside = mem_printf("%s.json", opts->args[0]);
	size_t chosen = 0;

	if (check_free(opts->args[0], err) || check_free(beside, err))
		return err_status(err->code);
	if (discover(opts, NULL, &d, err))
		return err_status(err->code);
	for (size_t i = 0; i < d.warning_count; i++)
		print_warning(d.warnings[i]);
	if (d.cluster.external) {
		err_set(err, ERR_UNSAFE,
			"etcd is external (%s): take the snapshot on its own hosts",
			d.cluster.external);
		return err_status(err->code);
	}
	if (choose_member(&d, &chosen, err))
		return err_status(err->code);
	scoped(snapshot_writer) struct snapshot_writer *writer =
		snapshot_writer_new(opts->args[0], err);
	if (!writer)
		return err_status(err->code);
	return save(opts, &d, chosen, writer, err) ? err_status(err->code) : 0;
}
