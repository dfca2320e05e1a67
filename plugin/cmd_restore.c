/*
 * cmd_restore: one snapshot back on every member at once.  Reads like a recipe: prove the file, find the
 * cluster, look at every node, show the plan, ask, play.
 */
#include "plugin/perform.h"
#include "plugin/plan.h"
#include "plugin/print.h"

static int restore_with(const struct opts *opts, struct plan *plan, struct err *err)
{
	struct playbook book;

	if (perform_playbook(plan, "restore", &book, err) || plan_cluster(opts, plan, err) ||
	    perform_look(plan, &book, err))
		return err_status(err->code);
	plan_warn(plan);
	plan_show(plan);
	if (perform_ask(opts, "Type the cluster's name to go on", plan->found.cluster.name, err))
		return err_status(err->code);
	return perform(opts, plan, &book, PERFORM_RUN, err);
}

int cmd_restore(const struct opts *opts, struct err *err)
{
	struct plan plan;

	if (perform_may_ask(opts, err) || plan_open(opts, opts->args[0], &plan, err))
		return err_status(err->code);
	int status = restore_with(opts, &plan, err);
	plan_release(&plan);
	return status;
}
