/*
 * drill_here: see drill_here.h.
 */
#include "plugin/drill_here.h"

#include "base/text.h"
#include "plugin/drill.h"
#include "plugin/drill_tell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NO_LIMIT_MS = 24 * 3600 * 1000 };

/* What a cluster agrees on is "3.5.0", whatever patch it runs. */
static const char *etcd_then(const struct source *source, const struct drill_snapshot *snapshot)
{
	const char *version = snapshot->carried.version;

	if (source->has_recipe && text_minor_len(source->recipe.etcd_version))
		return source->recipe.etcd_version;
	return arena_strndup(snapshot->arena, version, text_minor_len(version));
}

static void settle(const struct opts *opts, const struct source *source,
		   const struct drill_snapshot *snapshot, struct drill_settings *settings)
{
	const char *folder = getenv("TMPDIR");

	settings->source = source;
	settings->hash = snapshot->hash;
	settings->then = etcd_then(source, snapshot);
	settings->members = opts->members        ? opts->members
			    : source->has_recipe ? source->recipe.cluster.count
						 : 1;
	settings->port_base = (unsigned)opts->port_base;
	settings->folder = opts->scratch ? opts->scratch : folder && *folder ? folder : "/tmp";
	settings->etcd = opts->etcd;
	settings->etcdutl = opts->etcdutl;
	settings->deadline = deadline_in(opts->timeout_ms ? opts->timeout_ms : NO_LIMIT_MS);
	settings->quiet = opts->quiet;
}

/* What a step has compared holds for every member. */
static void show_member(struct plan *plan, const struct drill_trace *trace,
			const struct drill_report *report, const struct drill_snapshot *snapshot,
			size_t i)
{
	struct member *member = &plan->found.cluster.members[i];
	struct play_node *node = &plan->nodes[i];

	member->node = report->host;
	member->address = "127.0.0.1";
	member->version = report->etcd;
	node->member = member;
	node->want_member = trace->ids.members[i];
	node->want_cluster = trace->ids.cluster;
	if (progress_ended_well(&trace->progress, "start", false)) {
		node->found_member = node->want_member;
		node->found_cluster = node->want_cluster;
	}
	if (progress_ended_well(&trace->progress, "prove", false)) {
		node->hash = snapshot->hash.hash;
		node->revision = snapshot->hash.revision;
	}
}

/* The page is made of a plan. */
static void show(struct plan *plan, const struct drill_trace *trace,
		 const struct drill_report *report, const struct drill_snapshot *snapshot)
{
	const struct source *source = &plan->source;
	scoped(buf) struct buf initial = BUF_INIT(64 * 1024);
	struct play_ctx *ctx = &plan->ctx;
	struct err ignored = ERR_INIT;

	plan->found.cluster = trace->cluster;
	plan->found.cluster.name = source->has_recipe ? source->recipe.cluster.name : source->name;
	ctx->cluster = &plan->found.cluster;
	ctx->nodes = plan->nodes;
	for (size_t i = 0; i < trace->cluster.count; i++)
		show_member(plan, trace, report, snapshot, i);
	ctx->playbook = "drill";
	ctx->operator= plan_operator(plan->arena);
	memcpy(ctx->token, trace->token, sizeof(trace->token));
	if (trace->cluster.count && !cluster_initial(&trace->cluster, &initial, &ignored))
		ctx->initial_cluster = arena_strdup(plan->arena, buf_str(&initial));
	ctx->snapshot_sha256 = source->file.sha256;
	ctx->snapshot_size = source->file.size;
	ctx->snapshot_revision = snapshot->hash.revision;
}

int drill_here(const struct opts *opts, struct plan *plan, const struct drill_snapshot *snapshot,
	       int cancel_fd, struct drill_page *page, struct drill_report *report, struct err *err)
{
	struct drill_settings settings = { .cancel_fd = cancel_fd };
	struct drill_trace trace;

	settle(opts, &plan->source, snapshot, &settings);
	drill_tell_where(plan, "local", report);
	report->members = settings.members;
	drill_page_begin(page, opts);
	int failed = drill_run(&settings, plan->arena, report, &trace, err);
	bool left = trace.progress.steps[trace.progress.count - 1].failed;
	page->progress = trace.progress;
	page->shown = *report;
	page->report.outcome = left ? PLAY_NEEDS_YOU : failed ? PLAY_UNDONE : PLAY_DONE;
	page->report.ended = now_ms() - trace.progress.began;
	show(plan, &trace, report, snapshot);
	return failed;
}
