/*
 * live: see live.h.
 */
#include "plugin/live.h"

#include "plugin/choose.h"
#include "plugin/print.h"
#include "plugin/progress.h"
#include "plugin/take.h"

enum { DAY_MS = 24 * 3600 * 1000 };

/* discovery goes before the source does */
static void fill(struct source *out, const struct discovery *d, size_t chosen)
{
	const struct member *member = &d->cluster.members[chosen];
	struct recipe *r = &out->recipe;

	out->shown = arena_printf(out->arena, "live %s", member->name);
	r->member = arena_strdup(out->arena, member->name);
	r->taken_at = now_unix();
	r->cluster.name = arena_strdup(out->arena, d->cluster.name);
	r->cluster.ca_fingerprint = arena_strdup(out->arena, d->cluster.ca_fingerprint);
}

static int take(const struct opts *opts, struct discovery *d, size_t chosen, struct source *out,
		struct err *err)
{
	const struct progress progress = { .quiet = opts->quiet };
	bool only[CLUSTER_MEMBERS_MAX] = { false };
	struct err errs[CLUSTER_MEMBERS_MAX];
	scoped(memory) struct memory memory = { .fd = -1 };

	progress_line(&progress, "snapshot of %s (%s), into memory", out->recipe.member,
		      d->nodes[chosen].name);
	if (memory_open(&memory, MEMORY_MAX, err))
		return -1;
	struct take job = { .member = &d->cluster.members[chosen],
			    .to = &memory.sink,
			    .deadline = deadline_in(opts->timeout_ms ? opts->timeout_ms : DAY_MS) };
	only[chosen] = true;
	if (fleet_each(d->fleet, take_snapshot, &job, only, errs, NULL, NULL))
		return fleet_first(d->fleet, errs, err);
	out->stored_size = memory.size;
	return source_from_memory(&memory, out, err);
}

static int open_it(const struct opts *opts, struct source *out, struct err *err)
{
	scoped(discovery) struct discovery d = { 0 };
	size_t chosen;

	if (discover(opts, NULL, &d, err))
		return -1;
	for (size_t i = 0; i < d.warning_count; i++)
		print_warning(d.warnings[i]);
	if (d.cluster.external)
		return err_set(err, ERR_UNSAFE,
			       "etcd is external (%s): take a snapshot on its own hosts",
			       d.cluster.external);
	if (choose_member(&d, opts->member, false, &chosen, err))
		return -1;
	fill(out, &d, chosen);
	return take(opts, &d, chosen, out, err);
}

int live_open(const struct opts *opts, struct source *out, struct err *err)
{
	struct source source = {
		.arena = arena_new(), .file.fd = -1, .compression = "none", .encryption = "none"
	};

	if (open_it(opts, &source, err)) {
		source_release(&source);
		return -1;
	}
	*out = source;
	return 0;
}
