/*
 * cmd_resume: goes on with a run that stopped, or back; without a run shows those that are there.
 */
#include "plugin/perform.h"
#include "plugin/print.h"
#include "plugin/rerun.h"
#include "plugin/runs_print.h"

#include <string.h>

enum { LOOK_MS = 600 * 1000 };

static int look_for_snapshot(struct node *node, void *arg, struct err *err)
{
	const struct plan *plan = arg;
	bool missing = false;

	if (snapshot_missing(node, &plan->ctx, deadline_in(LOOK_MS), &missing, err))
		return -1;
	return missing ? err_set(err, ERR_UNSAFE, "the snapshot has not arrived there yet") : 0;
}

/* Without the snapshot at hand: asked before anything begins, since a failure later would undo the run. */
static int all_have_it(struct plan *plan, struct err *err)
{
	struct err errs[CLUSTER_MEMBERS_MAX];

	if (!fleet_each(plan->found.fleet, look_for_snapshot, plan, NULL, errs, NULL, NULL))
		return 0;
	fleet_first(plan->found.fleet, errs, err);
	if (err->code != ERR_UNSAFE)
		return -1;
	return err_hint(err,
			"nothing was changed; name the snapshot again: resume %s SNAPSHOT; or go "
			"back: resume %s --undo",
			plan->ctx.run, plan->ctx.run);
}

/* The snapshot is opened only when it may be missing on a node: as given, or where the journal says it was. */
static int find_snapshot(const struct opts *opts, struct plan *plan, const struct rerun *rerun,
			 struct err *err)
{
	const char *named = opts->arg_count > 1 ? opts->args[1] : NULL;
	const char *was = rerun->has_story ? tree_string(rerun->story.header, "snapshot") : NULL;
	struct err ignored = ERR_INIT;

	if (!rerun->told->snapshot_sha256 || rerun->furthest > PHASE_STAGED)
		return 0;
	if (!named && !was)
		return all_have_it(plan, err);
	if (source_open(opts, named ? named : was, NULL, &plan->source, named ? err : &ignored)) {
		plan->source.file.fd = -1;
		return named ? -1 : all_have_it(plan, err);
	}
	if (strcmp(plan->source.file.sha256, rerun->told->snapshot_sha256) == 0)
		plan->ctx.snapshot_path = plan->source.path;
	else if (named)
		return err_set(err, ERR_UNSAFE, "%s is not the snapshot of run %s", named,
			       rerun->run);
	return plan->ctx.snapshot_path ? 0 : all_have_it(plan, err);
}

/* What it does not reach stays with the nodes that are gone. */
static int tell_without(const struct plan *plan, const struct rerun *rerun, bool back, int status)
{
	const char *undo = back ? " --undo" : "";

	if (status || !rerun->lacks)
		return status;
	if (plan->ctx.no_quorum)
		print_notice("What comes back of %s still has the run's lock and what the run put "
			     "there.  One node after the other, or they would serve the data of "
			     "then: kubectl etcd-backup resume %s%s, and then rejoin it.",
			     rerun->lacks, rerun->run, undo);
	else
		print_notice("What comes back of %s still has the run's lock and what the run put "
			     "there: kubectl etcd-backup resume %s%s, with all nodes, before its "
			     "kubelet starts anything.",
			     rerun->lacks, rerun->run, undo);
	return status;
}

static int go_back(const struct opts *opts, struct plan *plan, struct rerun *rerun,
		   const struct playbook *book, struct err *err)
{
	if (rerun->committed) {
		err_set(err, ERR_UNSAFE, "run %s is past its commit: %s", rerun->run,
			plan->ctx.joins ? "the member has its vote"
					: "an API server serves the new data");
		err_hint(err, "kubectl etcd-backup resume %s%s%s", rerun->run,
			 plan->ctx.joins ? "" : ", then rollback ",
			 plan->ctx.joins ? "" : rerun->run);
		return err_status(err->code);
	}
	if (plan->ctx.leave_nothing) {
		err_set(err, ERR_UNSAFE, "run %s removes old data: that cannot be undone",
			rerun->run);
		err_hint(err, "kubectl etcd-backup resume %s finishes it", rerun->run);
		return err_status(err->code);
	}
	print_notice("This undoes all that the run did: every node as it was before.");
	perform_say_quorum(plan);
	if (perform_ask(opts, "Type the cluster's name to go back", plan->found.cluster.name, err))
		return err_status(err->code);
	return tell_without(plan, rerun, true, perform(opts, plan, book, PERFORM_UNDO, err));
}

/* Of a rejoin whose node is gone for good there is neither way: the others are done with it. */
static int abandon(const struct opts *opts, struct plan *plan, const struct rerun *rerun,
		   const struct playbook *book, struct err *err)
{
	const char *joins = rerun->told->joins;

	if (!rerun->locked) {
		print_notice("Nobody here holds its lock: nothing is left to do.  A member whose "
			     "node is gone for good is taken out by etcdctl member remove.");
		return 0;
	}
	if (plan->outside)
		print_notice("It is over on %s: this unlocks the other nodes.", joins);
	else if (rerun->lacks && plan->ctx.no_quorum)
		print_notice("This ends it without %s: the nodes are unlocked.", joins);
	else if (rerun->lacks)
		print_notice("This ends it without %s: where the cluster has its member %s, that "
			     "leaves the list; the other nodes are unlocked.",
			     joins, plan->ctx.gone->peer_url);
	else
		print_notice("The cluster has no member %s any more: this unlocks all nodes, and "
			     "then %s can be brought back by a new rejoin.",
			     plan->ctx.gone->peer_url, joins);
	perform_say_quorum(plan);
	if (perform_ask(opts, "Type the cluster's name to go on", plan->found.cluster.name, err))
		return err_status(err->code);
	int status = perform(opts, plan, book, PERFORM_RESUME, err);
	if (status || !rerun->lacks)
		return status;
	print_notice("What comes back of %s still has the run's lock and what the run put there%s: "
		     "kubectl etcd-backup resume %s --undo, with all nodes, and then rejoin it "
		     "anew.",
		     plan->without,
		     strchr(plan->without, ',') ? ".  One node after the other, the rest switched "
						  "off, or they would serve the data of then"
						: "",
		     rerun->run);
	if (plan->ctx.no_quorum)
		print_notice("The data that %s got from the cluster may be newer than any "
			     "snapshot: where the others are another cluster by then, that is "
			     "kept there, in %s/.stray-%s.",
			     joins, plan->found.cluster.members[0].data_dir, rerun->run);
	return status;
}

static int resume_with(const struct opts *opts, struct plan *plan, struct err *err)
{
	struct playbook book;
	struct rerun rerun;

	if (rerun_find(opts, opts->args[0], plan, &rerun, err) ||
	    rerun_context(opts, plan, &rerun, &book, err))
		return err_status(err->code);
	rerun_show(plan, &rerun);
	if (rerun.abandoned)
		return abandon(opts, plan, &rerun, &book, err);
	enum rerun_next next = rerun_next(&rerun);
	if (next == RERUN_ENDED) {
		print_notice("It has ended: nothing is left to do.");
		return 0;
	}
	if (opts->undo || next == RERUN_BACK)
		return go_back(opts, plan, &rerun, &book, err);
	if (find_snapshot(opts, plan, &rerun, err))
		return err_status(err->code);
	print_notice("It goes on from there.");
	perform_say_quorum(plan);
	if (perform_ask(opts, "Type the cluster's name to go on", plan->found.cluster.name, err))
		return err_status(err->code);
	return tell_without(
		plan, &rerun, false,
		perform(opts, plan, &book, rerun.committed ? PERFORM_FINISH : PERFORM_RESUME, err));
}

int cmd_resume(const struct opts *opts, struct err *err)
{
	struct plan plan;

	if (!opts->arg_count && (opts->report || opts->undo)) {
		err_set(err, ERR_USAGE, "%s is of one run: name it",
			opts->undo ? "--undo" : "--report");
		return err_status(err->code);
	}
	plan_begin(&plan);
	int status = -1;
	if (!opts->arg_count)
		status = runs_show_nodes(opts, &plan, err) ? err_status(err->code) : 0;
	else if (perform_may_ask(opts, err))
		status = err_status(err->code);
	else
		status = resume_with(opts, &plan, err);
	plan_release(&plan);
	return status;
}
