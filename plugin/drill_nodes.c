/*
 * drill_nodes: see drill_nodes.h.  Reads like a recipe: find the cluster, remove what a dead drill left, look at every node,
 * play, undo.
 */
#include "plugin/drill_nodes.h"

#include "etcd/apiserver_flags.h"
#include "plugin/drill_flags.h"
#include "plugin/drill_left.h"
#include "plugin/drill_tell.h"
#include "plugin/perform.h"

#include <string.h>

enum { LIMIT_S = 3600, CERTIFICATE_HOURS = 25, STATUS_LEFT = 5 };

/* From the real cluster to the scratch one, and what the snapshot must show there. */
static int settle(const struct opts *opts, struct plan *plan, const struct drill_snapshot *snapshot,
		  struct certificate *certificate, struct err *err)
{
	struct play_drill *drill = arena_alloc(plan->arena, sizeof(*drill));

	drill->hash = snapshot->hash.hash;
	drill->api = opts->api != CHOICE_FALSE;
	drill->objects = &snapshot->objects;
	memcpy(drill->secrets, snapshot->secrets, sizeof(drill->secrets));
	drill->secret_count = snapshot->secret_count;
	drill->certificate = certificate;
	if (drill->api &&
	    certificate_make(APISERVER_USER, "127.0.0.1", CERTIFICATE_HOURS, certificate, err))
		return -1;
	plan->ctx.carried_alarms = snapshot->carried.alarms;
	plan->ctx.carried_auth = snapshot->carried.auth;
	plan->ctx.snapshot_in_use = snapshot->carried.in_use;
	return drill_flags_settle(opts, plan, drill, LIMIT_S, err);
}

/* What is printed and kept of one that failed has no proofs; the page tells how far it came. */
static void tell(struct plan *plan, bool good, struct drill_page *page, struct drill_report *report)
{
	drill_tell_nodes(plan, report);
	if (good)
		drill_tell_proofs(plan, &page->progress, report);
	if (good && plan->ctx.drill->api)
		report->forecast_ms = drill_forecast(plan, &page->progress);
	drill_tell_steps(&page->progress, report);
	page->shown = *report;
	if (!good)
		drill_tell_proofs(plan, &page->progress, &page->shown);
}

static int play(const struct opts *opts, struct plan *plan, const struct playbook *book,
		struct drill_page *page, struct drill_report *report, struct err *err)
{
	struct err removing = ERR_INIT;
	struct journal *journal = journal_new(NULL, plan->ctx.cluster->name, plan->ctx.run,
					      plan_header(plan, book->name, book->sha256), err);
	struct play play = { .playbook = book,
			     .fleet = plan->found.fleet,
			     .ctx = &plan->ctx,
			     .journal = journal,
			     .events = progress_events(&page->progress),
			     .deadline = opts->timeout_ms ? deadline_in(opts->timeout_ms) : 0 };

	if (!journal)
		return err_status(err->code);
	drill_page_begin(page, opts);
	enum play_outcome outcome = play_run(&play, err);
	bool good = outcome == PLAY_DONE;
	if (good && play_undo(&play, &removing) != PLAY_UNDONE) {
		*err = removing;
		outcome = PLAY_NEEDS_YOU;
	}
	page->report.outcome = outcome;
	page->report.ended = now_ms() - page->progress.began;
	page->report.journal = arena_strdup(plan->arena, journal_path(journal));
	tell(plan, good, page, report);
	if (outcome == PLAY_NEEDS_YOU)
		drill_tell_left(plan);
	journal_free(journal);
	return outcome == PLAY_NEEDS_YOU ? STATUS_LEFT : good ? 0 : err_status(err->code);
}

int drill_nodes(const struct opts *opts, struct plan *plan, const struct drill_snapshot *snapshot,
		struct drill_page *page, struct drill_report *report, int *status, struct err *err)
{
	struct playbook book;
	scoped(certificate) struct certificate certificate = { .ca = BUF_INIT(1) };

	drill_tell_where(plan, "nodes", report);
	plan->ctx.snapshot_path = plan->source.path;
	plan->snapshot_version = snapshot->carried.version;
	if (perform_playbook(plan, "drill", &book, err) || plan_cluster(opts, plan, err) ||
	    drill_left_undo(opts, plan, err) || settle(opts, plan, snapshot, &certificate, err) ||
	    perform_look(plan, &book, err)) {
		*status = err_status(err->code);
		return -1;
	}
	plan_warn(plan);
	*status = play(opts, plan, &book, page, report, err);
	return *status ? -1 : 0;
}
