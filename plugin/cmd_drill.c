/*
 * cmd_drill: restores a snapshot into a cluster of its own, proves it, removes it, and leaves the report.
 */
#include "plugin/drill_flags.h"
#include "plugin/drill_here.h"
#include "plugin/drill_nodes.h"
#include "plugin/drill_print.h"
#include "plugin/drill_store.h"
#include "plugin/interrupt.h"
#include "plugin/prove.h"
#include "plugin/report_file.h"

/* A snapshot that is damaged is not worth a restore: etcd's own tool would look at its hash only. */
static int prove(const struct opts *opts, struct plan *plan, struct drill_snapshot *snapshot,
		 struct drill_report *report, struct err *err)
{
	const struct progress progress = { .quiet = opts->quiet };
	struct source *source = &plan->source;
	struct verification v = { .arena = plan->arena };
	uint64_t began = now_ms();

	progress_line(&progress, "reading %s", report->snapshot);
	if (source_open(opts, report->snapshot, NULL, source, err))
		return -1;
	v.shown = source->shown;
	if (prove_source(&v, source, drill_snapshot_look, snapshot, err))
		return -1;
	report->snapshot = arena_strdup(plan->arena, source->shown);
	report->sha256 = arena_strdup(plan->arena, source->file.sha256);
	report->revision = snapshot->hash.revision;
	report->taken_at = source->has_recipe ? source->recipe.taken_at : 0;
	report->steps[report->step_count++] = (struct drill_step){ "read", now_ms() - began };
	return 0;
}

/* What is printed, and what is left beside the snapshot. */
static int tell(const struct opts *opts, const struct plan *plan, struct drill_report *report,
		bool failed, int cancel_fd, struct err *err)
{
	struct err ignored = ERR_INIT;

	report->at = now_unix();
	report->trouble = failed ? arena_strdup(plan->arena, err->text) : NULL;
	if (failed) {
		drill_print(report, opts, &ignored);
		return -1;
	}
	if (drill_print(report, opts, err))
		return -1;
	return opts->no_report ? 0 : drill_store(opts, &plan->source, report, cancel_fd, err);
}

static int drill(const struct opts *opts, struct plan *plan, struct drill_report *report,
		 struct err *err)
{
	scoped(drill_snapshot) struct drill_snapshot snapshot = {
		.arena = plan->arena, .objects_wanted = !opts->local && opts->api != CHOICE_FALSE
	};
	scoped(interrupt) struct interrupt interrupt = { .fd = -1 };
	struct drill_page page;
	int status = 0;

	if (prove(opts, plan, &snapshot, report, err) ||
	    (opts->local && interrupt_open(&interrupt, err)))
		return err_status(err->code);
	drill_page_open(&page, opts, plan, interrupt.fd);
	int failed = opts->local
			     ? drill_here(opts, plan, &snapshot, interrupt.fd, &page, report, err)
			     : drill_nodes(opts, plan, &snapshot, &page, report, &status, err);
	failed = tell(opts, plan, report, failed != 0, interrupt.fd, err);
	if (failed && !status)
		status = err_status(err->code);
	drill_page_end(&page, opts, report, status, err);
	return status;
}

int cmd_drill(const struct opts *opts, struct err *err)
{
	struct drill_report report = { .snapshot = drill_flags_snapshot(opts, err) };
	struct plan plan;

	if (!report.snapshot || drill_flags_check(opts, err) ||
	    report_file_check(opts->report, err))
		return err_status(err->code);
	plan_begin(&plan);
	int status = drill(opts, &plan, &report, err);
	plan_release(&plan);
	return status;
}
