/*
 * cmd_restore: one snapshot back on every member at once.  Reads like a recipe: prove the file, find the
 * cluster, look at every node, show the plan, ask, play.
 */
#include "plugin/kubelets.h"
#include "plugin/perform.h"
#include "plugin/plan_doc.h"
#include "plugin/preflight.h"
#include "plugin/print.h"

#include <string.h>

/* Who is to restart them at the end must be able to. */
static int check_kubelets(const struct opts *opts, const struct plan *plan, struct err *err)
{
	return kubelets_check(opts->restart_kubelets, perform_is_dry(opts), &plan->found.ssh,
			      plan->found.nodes[0].cancel_fd, err);
}

/* Whether those found are one cluster: a restore makes all of them members. */
static int check_agreed(const struct opts *opts, const struct plan *plan, struct err *err)
{
	if (!plan->found.stranger || opts->force_cluster)
		return 0;
	err_set(err, ERR_UNSAFE, "%s, and a restore would make it one", plan->found.stranger);
	return err_hint(err, "leave its node out of --nodes; or, when it is to be a member again: "
			     "--force-cluster");
}

/* What a restore is refused for, one after the other; here all of it. */
static int check_all(const struct opts *opts, struct plan *plan, const struct playbook *book,
		     struct err *err)
{
	struct err agreed = ERR_INIT, kubelets = ERR_INIT, same = ERR_INIT;

	plan->found.shows_all = true;
	if (plan_look(opts, plan, err))
		return -1;
	preflight_restore(opts, plan);
	check_agreed(opts, plan, &agreed);
	if (plan->found.listed_count)
		preflight_add(plan, "strangers", &agreed);
	else
		preflight_not_made(plan, "strangers", "no member told the list of members");
	if (opts->restart_kubelets) {
		check_kubelets(opts, plan, &kubelets);
		preflight_add(plan, "kubelets", &kubelets);
	}
	if (opts->plan && plan->preflight->unread) {
		preflight_not_made(plan, "plan", "not every node was read");
	} else if (opts->plan) {
		plan_compare(plan, opts->plan, &same);
		preflight_add(plan, "plan", &same);
	}
	return preflight_end(plan, book, err);
}

static int print_document(const struct opts *opts, const struct plan *plan,
			  const struct playbook *book, bool failed, struct err *err)
{
	struct err ignored = ERR_INIT; /* the first failure is told */

	if (failed && plan->preflight)
		preflight_print_failures(plan);
	return print_tree(plan_document(plan, book), opts->output, failed ? &ignored : err) ||
			       failed
		       ? -1
		       : 0;
}

/* client: what the API says; server: what every node says, too, by the steps that only look. */
static int dry_run(const struct opts *opts, struct plan *plan, const struct playbook *book,
		   struct err *err)
{
	bool server = strcmp(opts->dry_run, "server") == 0;
	bool document = opts->output == OUTPUT_JSON || opts->output == OUTPUT_YAML;
	int failed = server ? check_all(opts, plan, book, err)
			    : plan_api(opts, plan, err) ||
				      (opts->plan && plan_compare(plan, opts->plan, err));

	if (failed && !plan->preflight)
		return -1;
	if (!failed) {
		plan_warn(plan);
		plan_forecast_find(opts, plan);
	}
	if (document)
		return print_document(opts, plan, book, failed, err);
	if (!failed)
		plan_show(plan);
	if (plan->preflight)
		preflight_print(plan);
	if (failed)
		return -1;
	plan_print_steps(plan, book);
	print_notice("Dry run: nothing was changed.");
	return print_flush(err);
}

static int restore_with(const struct opts *opts, struct plan *plan, struct err *err)
{
	struct playbook book;

	if (perform_playbook(plan, "restore", &book, err))
		return err_status(err->code);
	if (perform_is_dry(opts))
		return dry_run(opts, plan, &book, err) ? err_status(err->code) : 0;
	if (plan_cluster(opts, plan, err) || check_agreed(opts, plan, err) ||
	    (opts->plan && plan_compare(plan, opts->plan, err)) ||
	    check_kubelets(opts, plan, err) || perform_look(plan, &book, err))
		return err_status(err->code);
	plan_warn(plan);
	plan_forecast_find(opts, plan);
	plan_show(plan);
	if (perform_ask(opts, "Type the cluster's name to go on", plan->found.cluster.name, err))
		return err_status(err->code);
	return perform(opts, plan, &book, PERFORM_RUN, err);
}

int cmd_restore(const struct opts *opts, struct err *err)
{
	struct plan plan;

	if (perform_check_dry(opts, err) || (!perform_is_dry(opts) && perform_may_ask(opts, err)) ||
	    plan_open(opts, opts->args[0], &plan, err))
		return err_status(err->code);
	int status = restore_with(opts, &plan, err);
	plan_release(&plan);
	return status;
}
