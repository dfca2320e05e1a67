/*
 * cmd_restore: one snapshot back on every member at once.  Reads like a recipe: prove the file, find the
 * cluster, look at every node, show the plan, ask, play.
 */
#include "base/json.h"
#include "play/play.h"
#include "plugin/plan.h"
#include "plugin/print.h"
#include "plugin/progress.h"
#include "plugin/prompt.h"

#include <stdio.h>
#include <string.h>

static int read_playbook(struct arena *arena, struct playbook *book, struct err *err)
{
	const struct playbook_text *text = playbook_text_find("restore");

	if (!text)
		return err_set(err, ERR_BUG, "no playbook \"restore\" was built in");
	return playbook_read(arena, text->text, text->len, book, err);
}

static int ask(const struct opts *opts, const struct plan *plan, struct err *err)
{
	for (size_t i = 0; i < plan->found.warning_count; i++)
		print_warning(plan->found.warnings[i]);
	plan_show(plan);
	if (opts->yes)
		return 0;
	return prompt_typed("Type the cluster's name to go on", plan->found.cluster.name, err);
}

/* Seconds from the first API server stopped to the first, and to the last, ready again. */
static void print_figures(const struct plan *plan)
{
	uint64_t stopped = UINT64_MAX, first = UINT64_MAX;

	for (size_t i = 0; i < plan->ctx.cluster->count; i++) {
		if (plan->nodes[i].api_stopped_at < stopped)
			stopped = plan->nodes[i].api_stopped_at;
		if (plan->nodes[i].api_ready_at < first)
			first = plan->nodes[i].api_ready_at;
	}
	print_line("restored %zu members; API down %.1f s; all ready after %.1f s",
		   plan->ctx.cluster->count, (double)(first - stopped) / 1000,
		   (double)(now_ms() - stopped) / 1000);
}

static void say_outcome(enum play_outcome outcome, const struct plan *plan,
			const struct journal *journal)
{
	switch (outcome) {
	case PLAY_DONE:
		print_notice("The old data is kept in %s/.before-%s and the old manifests in "
			     "/etc/kubernetes/etcd-backup/%s on every node.",
			     plan->ctx.cluster->members[0].data_dir, plan->ctx.run, plan->ctx.run);
		break;
	case PLAY_UNTOUCHED:
		print_notice("Nothing was changed.");
		break;
	case PLAY_UNDONE:
		print_notice("All changes were undone: the cluster is as it was.");
		break;
	case PLAY_NEEDS_YOU:
		print_notice("The run %s stopped half-way: see docs/restore.md, \"When a run needs "
			     "you\".",
			     plan->ctx.run);
		break;
	}
	if (journal)
		print_notice("Journal: %s", journal_path(journal));
}

static int play_it(const struct opts *opts, struct plan *plan, const struct playbook *book,
		   struct err *err)
{
	struct progress progress = { .quiet = opts->quiet };
	struct tree *header = plan_header(plan, book->name, book->sha256);
	struct journal *journal =
		journal_new(NULL, plan->ctx.cluster->name, plan->ctx.run, header, err);
	struct play play = { .playbook = book,
			     .fleet = plan->found.fleet,
			     .ctx = &plan->ctx,
			     .journal = journal,
			     .events = progress_events(&progress),
			     .deadline = opts->timeout_ms ? deadline_in(opts->timeout_ms) : 0 };

	if (!journal)
		return err_status(err->code);
	enum play_outcome outcome = play_run(&play, err);
	if (outcome == PLAY_DONE) {
		progress_table(&progress, plan->ctx.cluster);
		print_figures(plan);
	}
	say_outcome(outcome, plan, journal);
	journal_free(journal);
	return play_status(outcome, err);
}

static int restore_with(const struct opts *opts, struct plan *plan, struct err *err)
{
	struct playbook book;
	struct progress silent = { .quiet = true };

	if (read_playbook(plan->arena, &book, err) || plan_cluster(opts, plan, err))
		return err_status(err->code);
	struct play look = { .playbook = &book,
			     .fleet = plan->found.fleet,
			     .ctx = &plan->ctx,
			     .events = progress_events(&silent) };
	if (play_look(&look, err) || ask(opts, plan, err))
		return err_status(err->code);
	return play_it(opts, plan, &book, err);
}

int cmd_restore(const struct opts *opts, struct err *err)
{
	struct plan plan;

	if (!opts->yes && !prompt_possible()) {
		err_set(err, ERR_UNSAFE,
			"restore needs --yes when standard input is not a terminal");
		return err_status(err->code);
	}
	if (plan_open(opts, opts->args[0], &plan, err))
		return err_status(err->code);
	int status = restore_with(opts, &plan, err);
	plan_release(&plan);
	return status;
}
