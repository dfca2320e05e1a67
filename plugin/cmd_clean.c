/*
 * cmd_clean: removes the old data and the state files that an earlier run kept.
 */
#include "plugin/kept_words.h"
#include "plugin/perform.h"
#include "plugin/print.h"
#include "plugin/rerun.h"

static void show(const struct plan *plan, const struct rerun *rerun)
{
	print_notice("This removes for ever what run %s (%s, %s) kept:", rerun->run,
		     rerun->told->playbook, rerun->told->since ? rerun->told->since : "?");
	for (size_t i = 0; i < plan->found.cluster.count; i++)
		print_notice("  %-20s %s", plan->found.nodes[i].name,
			     kept_words(plan->arena, &plan->nodes[i], now_unix()));
}

static int clean_with(const struct opts *opts, struct plan *plan, struct err *err)
{
	struct playbook book;
	struct rerun target;

	if (rerun_find(opts, opts->args[0], plan, &target, err) ||
	    perform_playbook(plan, "clean", &book, err))
		return err_status(err->code);
	plan_name_run(&plan->ctx);
	plan->ctx.target = opts->args[0];
	plan->ctx.leave_nothing = true;
	if (plan_members(plan, err) || perform_look(plan, &book, err))
		return err_status(err->code);
	show(plan, &target);
	if (perform_ask(opts, "Type the run's name to go on", opts->args[0], err))
		return err_status(err->code);
	return perform(opts, plan, &book, PERFORM_RUN, err);
}

int cmd_clean(const struct opts *opts, struct err *err)
{
	struct plan plan;

	if (perform_may_ask(opts, err))
		return err_status(err->code);
	plan_begin(&plan);
	int status = clean_with(opts, &plan, err);
	plan_release(&plan);
	return status;
}
