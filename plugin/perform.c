/*
 * perform: see perform.h.
 */
#include "plugin/perform.h"

#include "play/state.h"
#include "plugin/discover_compare.h"
#include "plugin/plan_doc.h"
#include "plugin/print.h"
#include "plugin/progress.h"
#include "plugin/prompt.h"
#include "plugin/report.h"
#include "plugin/report_file.h"

#include <string.h>

enum { TAKE_MS = 30 * 1000 };

int perform_playbook(struct plan *plan, const char *name, struct playbook *book, struct err *err)
{
	const struct playbook_text *text = playbook_text_find(name);

	if (!text)
		return err_set(err, ERR_CONFIG, "this program has no playbook \"%.40s\"", name);
	if (playbook_read(plan->arena, text->text, text->len, book, err))
		return -1;
	plan->ctx.playbook = text->name;
	plan->ctx.playbook_sha256 = arena_strdup(plan->arena, book->sha256);
	return 0;
}

int perform_look(struct plan *plan, const struct playbook *book, struct err *err)
{
	struct progress silent = { .quiet = true };
	struct play look = { .playbook = book,
			     .fleet = plan->found.fleet,
			     .ctx = &plan->ctx,
			     .events = progress_events(&silent) };

	if (!play_look(&look, err))
		return 0;
	plan_print_failures(plan);
	return -1;
}

int perform_may_ask(const struct opts *opts, struct err *err)
{
	if (report_file_check(opts->report, err))
		return -1;
	if (opts->yes || prompt_possible())
		return 0;
	return err_set(err, ERR_UNSAFE, "%s needs --yes when standard input is not a terminal",
		       opts->command);
}

int perform_ask(const struct opts *opts, const char *question, const char *word, struct err *err)
{
	return opts->yes ? 0 : prompt_typed(question, word, err);
}

int perform_check_dry(const struct opts *opts, struct err *err)
{
	static const char *const words[] = { "none", "client", "server" };

	for (size_t i = 0; opts->dry_run && i < 3; i++)
		if (strcmp(opts->dry_run, words[i]) == 0)
			return 0;
	return opts->dry_run ? err_set(err, ERR_USAGE, "--dry-run=%s: none, client or server",
				       opts->dry_run)
			     : 0;
}

bool perform_is_dry(const struct opts *opts)
{
	return opts->dry_run && strcmp(opts->dry_run, "none") != 0;
}

/* Seconds from the first API server stopped to the first, and to the last, ready again. */
static void print_figures(const struct plan *plan, uint64_t ended)
{
	const size_t count = plan->ctx.cluster->count;
	const char *more = count == 1 ? "" : "s";
	struct api_down down = progress_api_down(&plan->ctx);

	if (plan->ctx.joins) { /* the API was never down */
		print_line("rejoined %s: %zu members", plan->ctx.joins, plan->ctx.cluster->count);
		return;
	}
	const char *done = strcmp(plan->ctx.playbook, "rollback") == 0 ? "rolled back" : "restored";

	if (!down.from || !down.until) /* not in this process */
		print_line("%s %zu member%s", done, count, more);
	else
		print_line("%s %zu member%s; API down %.1f s; all ready after %.1f s", done, count,
			   more, (double)(down.until - down.from) / 1000,
			   (double)(ended - down.from) / 1000);
}

void perform_say_quorum(const struct plan *plan)
{
	if (plan->outside)
		print_notice("The cluster of now does not know %s: nothing serves there until it "
			     "is brought back: kubectl etcd-backup rejoin",
			     plan->outside);
	else if (plan->ctx.no_quorum)
		print_notice("The nodes that are left are no quorum%s: nothing serves there until "
			     "a snapshot is restored on them: %s",
			     discover_is_listed(&plan->found)
				     ? ""
				     : ", as far as is known (no member answers)",
			     plan_restore_rest(plan));
}

static void say_done(const struct plan *plan)
{
	if (plan->ctx.gone && !plan->outside) {
		const bool back = !plan_absent_gone(plan);
		const size_t count = plan->ctx.cluster->count - back;
		print_line("abandoned run %s: %zu member%s, without %s", plan->ctx.run, count,
			   count == 1 ? "" : "s", plan->ctx.gone->name);
		return;
	}
	if (plan->ctx.leave_nothing && !plan->outside) {
		print_line("cleaned run %s", plan->ctx.target);
		return;
	}
	if (plan->ctx.no_quorum) {
		print_line("ended run %s", plan->ctx.run);
		return;
	}
	if (plan->ctx.joins) {
		print_notice("Its old data is kept there in %s/.before-%s; to remove it: kubectl "
			     "etcd-backup clean %s",
			     plan->ctx.cluster->members[0].data_dir, plan->ctx.run, plan->ctx.run);
		return;
	}
	print_notice("The old data is kept in %s/.before-%s and the old manifests in "
		     "/etc/kubernetes/etcd-backup/%s on every node.",
		     plan->ctx.cluster->members[0].data_dir, plan->ctx.run, plan->ctx.run);
	if (plan_rolls_back(plan))
		print_notice("Back to it: kubectl etcd-backup rollback %s", plan->ctx.run);
	print_notice("To remove it: kubectl etcd-backup clean %s", plan->ctx.run);
}

static void say_outcome(enum play_outcome outcome, const struct plan *plan,
			const struct journal *journal, const struct err *err)
{
	switch (outcome) {
	case PLAY_DONE:
		say_done(plan);
		break;
	case PLAY_UNTOUCHED:
		print_notice("Nothing was changed.");
		break;
	case PLAY_UNDONE:
		print_notice("All changes were undone: %s as it was.",
			     plan->ctx.no_quorum ? "what is left is" : "the cluster is");
		break;
	case PLAY_NEEDS_YOU:
		if (err->code == ERR_TAKEN)
			break;
		print_notice("The run stopped half-way.  To go on: %s", plan_go_on(plan));
		if (err->code == ERR_SSH || err->code == ERR_TIMEOUT)
			print_notice("For a node that is gone for good: --without MEMBER, on the "
				     "way back with --undo.");
		break;
	}
	if (outcome == PLAY_DONE || outcome == PLAY_UNDONE)
		perform_say_quorum(plan);
	print_notice("Journal: %s", journal_path(journal));
}

static enum play_outcome play_how(struct play *play, enum perform_how how, struct err *err)
{
	switch (how) {
	case PERFORM_RESUME:
		return play_resume(play, false, err);
	case PERFORM_FINISH:
		return play_resume(play, true, err);
	case PERFORM_UNDO:
		return play_undo(play, err);
	case PERFORM_RUN:
		break;
	}
	return play_run(play, err);
}

static int take_node(struct node *node, void *arg, struct err *err)
{
	const struct plan *plan = arg;

	return state_take_over(node, &plan->ctx, deadline_in(TAKE_MS), err);
}

/* A run that was begun elsewhere: whoever still plays it finds out. */
static int take_over(struct plan *plan, struct err *err)
{
	struct err errs[FLEET_MAX];

	plan_name_holder(&plan->ctx);
	if (fleet_each(plan->found.fleet, take_node, plan, NULL, errs, NULL, NULL))
		return fleet_first(plan->found.fleet, errs, err);
	return 0;
}

int perform(const struct opts *opts, struct plan *plan, const struct playbook *book,
	    enum perform_how how, struct err *err)
{
	struct progress progress;
	struct report report = { .plan = plan,
				 .progress = &progress,
				 .earlier = how != PERFORM_RUN,
				 .undo = how == PERFORM_UNDO,
				 .err = err,
				 .began_at = now_unix() };
	struct tree *header = plan_header(plan, book->name, book->sha256);
	const char *cluster = plan->ctx.cluster->name;
	struct journal *journal =
		how == PERFORM_RUN ? journal_new(NULL, cluster, plan->ctx.run, header, err)
				   : journal_reopen(NULL, cluster, plan->ctx.run, header, err);
	struct play play = { .playbook = book,
			     .fleet = plan->found.fleet,
			     .ctx = &plan->ctx,
			     .journal = journal,
			     .events = progress_events(&progress),
			     .deadline = opts->timeout_ms ? deadline_in(opts->timeout_ms) : 0 };

	progress_begin(&progress, plan->arena, opts->quiet);
	if (!journal)
		return err_status(err->code);
	if (how != PERFORM_RUN && take_over(plan, err)) {
		journal_free(journal);
		return err_status(err->code);
	}
	enum play_outcome outcome = play_how(&play, how, err);
	report.outcome = outcome;
	report.ended = now_ms() - progress.began;
	report.status = outcome == PLAY_UNDONE && how == PERFORM_UNDO
				? 0 /* that is what was wanted */
				: play_status(outcome, err);
	if (outcome == PLAY_DONE && !plan->ctx.leave_nothing && !plan->ctx.no_quorum) {
		progress_table(&progress, plan->ctx.cluster);
		print_figures(plan, progress.began + report.ended);
		after_end(opts, plan);
	}
	say_outcome(outcome, plan, journal, err);
	report.journal = journal_path(journal);
	if (opts->report)
		report_file_end(opts->report, report_tree(plan->arena, &report));
	journal_free(journal);
	return report.status;
}
