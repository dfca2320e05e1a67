/*
 * cmd_drill: restores a snapshot into a cluster of its own, proves it, removes it, and leaves the report.
 */
#include "base/mem.h"
#include "plugin/drill.h"
#include "plugin/drill_flags.h"
#include "plugin/drill_nodes.h"
#include "plugin/drill_print.h"
#include "plugin/drill_store.h"
#include "plugin/interrupt.h"
#include "plugin/print.h"
#include "plugin/prove.h"
#include "plugin/version.h"

#include <stdlib.h>
#include <unistd.h>

enum { NO_LIMIT_MS = 24 * 3600 * 1000 };

/* A snapshot that is damaged is not worth a restore: etcd's own tool would look at its hash only. */
static int prove(const struct opts *opts, struct arena *arena, struct source *source,
		 struct drill_snapshot *snapshot, struct drill_report *report, struct err *err)
{
	const struct progress progress = { .quiet = opts->quiet };
	struct verification v = { .arena = arena };
	uint64_t began = now_ms();

	progress_line(&progress, "reading %s", opts->args[0]);
	if (source_open(opts, opts->args[0], source, err))
		return -1;
	v.shown = source->shown;
	if (prove_source(&v, source, drill_snapshot_look, snapshot, err))
		return -1;
	report->snapshot = arena_strdup(arena, source->shown);
	report->sha256 = arena_strdup(arena, source->file.sha256);
	report->revision = snapshot->hash.revision;
	report->taken_at = source->has_recipe ? source->recipe.taken_at : 0;
	report->steps[report->step_count++] = (struct drill_step){ "read", now_ms() - began };
	return 0;
}

static void settle(const struct opts *opts, const struct source *source,
		   const struct drill_snapshot *snapshot, struct drill_settings *settings)
{
	const char *folder = getenv("TMPDIR");

	settings->source = source;
	settings->hash = snapshot->hash;
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

static int drill_here(const struct opts *opts, struct drill_report *report, struct arena *arena,
		      struct err *err)
{
	scoped(source) struct source source = { .file.fd = -1 };
	scoped(interrupt) struct interrupt interrupt = { .fd = -1 };
	struct drill_snapshot snapshot = { .arena = arena };
	struct drill_settings settings = { .members = 0 };
	struct err ignored = ERR_INIT;
	char host[256] = "";

	if (prove(opts, arena, &source, &snapshot, report, err) || interrupt_open(&interrupt, err))
		return -1;
	settle(opts, &source, &snapshot, &settings);
	settings.cancel_fd = interrupt.fd;
	gethostname(host, sizeof(host) - 1);
	report->host = arena_strdup(arena, host);
	report->way = "local";
	report->program = VERSION;
	report->members = settings.members;
	int failed = drill_run(&settings, arena, report, err);
	report->at = now_unix();
	if (failed) {
		report->trouble = err->text;
		drill_print(report, opts, &ignored);
		return -1;
	}
	if (drill_print(report, opts, err))
		return -1;
	return opts->no_report ? 0 : drill_store(opts, &source, report, interrupt.fd, err);
}

/* -1 with the exit status in *status. */
static int on_nodes(const struct opts *opts, struct plan *plan, struct drill_report *report,
		    int *status, struct err *err)
{
	scoped(drill_snapshot) struct drill_snapshot snapshot = {
		.arena = plan->arena, .objects_wanted = opts->api != CHOICE_FALSE
	};
	struct err ignored = ERR_INIT;

	*status = 0;
	if (prove(opts, plan->arena, &plan->source, &snapshot, report, err))
		return -1;
	int failed = drill_nodes(opts, plan, &snapshot, report, status, err);
	report->at = now_unix();
	report->trouble = failed ? err->text : NULL;
	if (failed)
		drill_print(report, opts, &ignored);
	if (failed || drill_print(report, opts, err))
		return -1;
	return opts->no_report ? 0 : drill_store(opts, &plan->source, report, -1, err);
}

static int drill_there(const struct opts *opts, struct drill_report *report, struct err *err)
{
	struct plan plan;
	int status = 0;

	plan_begin(&plan);
	if (on_nodes(opts, &plan, report, &status, err) && !status)
		status = err_status(err->code);
	plan_release(&plan);
	return status;
}

int cmd_drill(const struct opts *opts, struct err *err)
{
	scoped(arena) struct arena *arena = arena_new();
	struct drill_report report = { .snapshot = opts->args[0] };

	if (drill_flags_check(opts, err))
		return err_status(err->code);
	if (!opts->local)
		return drill_there(opts, &report, err);
	return drill_here(opts, &report, arena, err) ? err_status(err->code) : 0;
}
