/*
 * cmd_rollback: the data from before an earlier run back on every member.
 */
#include "plugin/absent.h"
#include "plugin/kept_words.h"
#include "plugin/perform.h"
#include "plugin/print.h"
#include "plugin/rerun.h"
#include "plugin/rerun_members.h"

#include <string.h>

/*
 * What was written since the run.  Where it began is known of a restore only, and only when the revision is past its bump: a tool may
 * not have known how.
 */
static void show_loss(const struct plan *plan, const struct run_state *told)
{
	uint64_t began = told->snapshot_revision + told->bump, now = plan->live_revision;

	if (!plan->live)
		print_notice("  now         no member %s: all that was written since that run "
			     "is put aside",
			     plan_silence(plan));
	else if (told->snapshot_revision && now >= began)
		print_notice("  now         revision %llu: what was written since that run, %llu "
			     "revisions, is put aside",
			     (unsigned long long)now, (unsigned long long)(now - began));
	else
		print_notice("  now         revision %llu: all that was written since that run is "
			     "put aside",
			     (unsigned long long)now);
}

static void show(const struct plan *plan, const struct rerun *rerun)
{
	const struct cluster *cluster = &plan->found.cluster;

	print_notice(
		"This puts back the data of cluster \"%s\" (%zu etcd members) from before run %s "
		"(%s, %s).",
		cluster->name, cluster->count, rerun->run, rerun->told->playbook,
		rerun->told->since ? rerun->told->since : "?");
	show_loss(plan, rerun->told);
	for (size_t i = 0; i < cluster->count; i++)
		print_notice("  %-11s %s: %s", i ? "" : "old data", cluster->members[i].node,
			     kept_words(plan->arena, &plan->nodes[i], now_unix()));
	plan_show_downtime(plan);
	print_notice(
		"  way back    the data of now stays in %s/.before-%s; undo is automatic until "
		"etcd serves again",
		cluster->members[0].data_dir, plan->ctx.run);
}

static int rollback_with(const struct opts *opts, struct plan *plan, struct err *err)
{
	struct playbook book;
	struct rerun target;

	if (rerun_find(opts, opts->args[0], plan, &target, err) || absent_unseen(opts, plan, err) ||
	    perform_playbook(plan, "rollback", &book, err))
		return err_status(err->code);
	if (target.told->joins) {
		err_set(err, ERR_UNSAFE,
			"run %s brought node %s back: its old data is of a cluster that is no more",
			target.run, target.told->joins);
		return err_status(err->code);
	}
	if (rerun_check_target(plan, &target, err))
		return err_status(err->code);
	plan_name_run(&plan->ctx);
	plan->ctx.target = opts->args[0];
	if (target.told->cluster)
		plan->found.cluster.name = arena_strdup(plan->arena, target.told->cluster);
	if (plan_members(plan, err) || perform_look(plan, &book, err))
		return err_status(err->code);
	plan_warn(plan);
	show(plan, &target);
	if (perform_ask(opts, "Type the cluster's name to go on", plan->found.cluster.name, err))
		return err_status(err->code);
	return perform(opts, plan, &book, PERFORM_RUN, err);
}

int cmd_rollback(const struct opts *opts, struct err *err)
{
	struct plan plan;

	if (perform_may_ask(opts, err))
		return err_status(err->code);
	plan_begin(&plan);
	int status = rollback_with(opts, &plan, err);
	plan_release(&plan);
	return status;
}
