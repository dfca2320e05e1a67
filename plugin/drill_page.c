/*
 * drill_page: see drill_page.h.
 */
#include "plugin/drill_page.h"

#include "plugin/print.h"
#include "plugin/report_file.h"
#include "plugin/store_flags.h"

static int find_last(const struct opts *opts, const struct plan *plan, int cancel_fd,
		     struct last_drill *out, struct err *err)
{
	const struct source *source = &plan->source;
	scoped(store) struct store *store = NULL;

	return store_from_opts(opts, source->place, cancel_fd, &store, err) ||
			       last_drill_find(store, plan->arena, source->name,
					       source->has_recipe ? &source->recipe : NULL, out,
					       err)
		       ? -1
		       : 0;
}

void drill_page_open(struct drill_page *page, const struct opts *opts, struct plan *plan,
		     int cancel_fd)
{
	struct err err = ERR_INIT;

	*page = (struct drill_page){
		.report = { .plan = plan, .progress = &page->progress, .drill = &page->shown }
	};
	if (!opts->report)
		return;
	if (find_last(opts, plan, cancel_fd, &page->last, &err))
		print_notice("warning: the report will not tell what differs from the last drill: "
			     "%s",
			     err.text);
	else
		page->report.last = &page->last;
}

void drill_page_begin(struct drill_page *page, const struct opts *opts)
{
	progress_begin(&page->progress, page->report.plan->arena, opts->quiet);
	page->report.began_at = now_unix();
}

void drill_page_end(struct drill_page *page, const struct opts *opts,
		    const struct drill_report *report, int status, const struct err *err)
{
	struct report *r = &page->report;

	if (!opts->report || !r->began_at)
		return;
	page->shown.at = report->at;
	page->shown.trouble = report->trouble;
	r->status = status;
	r->err = err;
	report_file_end(opts->report, report_tree(r->plan->arena, r));
}
