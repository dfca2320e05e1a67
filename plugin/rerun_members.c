/*
 * rerun_members: see rerun_members.h.
 */
#include "plugin/rerun_members.h"

#include "base/text.h"
#include "plugin/absent.h"
#include "plugin/discover_compare.h"
#include "plugin/print.h"
#include "plugin/without.h"

#include <string.h>

/* By its name; or by its peer URL, which is all that the lists tell of one that was never started. */
static bool is_without(const struct opts *opts, const struct member *m)
{
	return without_has(opts, m->name) || without_has(opts, m->peer_url);
}

/* Members of --without that the run has and its nodes have not: "m2, m3"; the others are added to `rest`. */
static const char *lacking(const struct opts *opts, struct plan *plan, const struct cluster *then,
			   struct cluster *rest)
{
	const char *names = NULL;

	*rest = (struct cluster){ .count = 0 };
	for (size_t i = 0; i < then->count; i++) {
		const struct member *m = &then->members[i];
		if (!is_without(opts, m) || cluster_by_name(&plan->found.cluster, m->name))
			rest->members[rest->count++] = *m;
		else
			names = arena_join(plan->arena, names, ", ", m->name);
	}
	return names;
}

static bool is_in(struct cluster *cluster, const char *name)
{
	for (size_t i = 0; i < cluster->count; i++)
		if (cluster_same_urls(cluster->members[i].peer_url, name))
			return true;
	return cluster_by_name(cluster, name) != NULL;
}

static const char *strange_text(struct plan *plan, const struct rerun *rerun, const char *name)
{
	if (cluster_by_name(&plan->found.cluster, name))
		return "its node is there, and is not left out";
	return arena_printf(plan->arena,
			    "run %s has no such member, and nobody is left out; it has %s",
			    rerun->run, rerun->told->initial_cluster);
}

void rerun_tell_without(const struct opts *opts, struct plan *plan, const struct rerun *rerun)
{
	const char *names[WITHOUT_MAX];
	struct cluster then;
	struct err ignored = ERR_INIT;

	if (!rerun->told->initial_cluster ||
	    cluster_read_initial(rerun->told->initial_cluster, plan->arena, &then, &ignored))
		return;
	for (size_t i = 0, count = without_list(opts, plan->arena, names); i < count; i++) {
		if (absent_is_left_out(plan, names[i]))
			continue;
		if (rerun->lacks && is_in(&then, names[i]))
			print_notice("%s was not looked at: no member that answers lists it, and "
				     "only its name was compared with the run's.",
				     names[i]);
		else
			print_notice("warning: --without %s: %s", names[i],
				     strange_text(plan, rerun, names[i]));
	}
}

bool rerun_lacks_quorum(const struct discovery *found, const struct run_state *told)
{
	size_t voters = 0, here = 0;
	scoped(arena) struct arena *arena = arena_new();
	struct err ignored = ERR_INIT;
	struct cluster then = { .count = 0 };

	if (!found->listed_count) {
		if (told->initial_cluster)
			cluster_read_initial(told->initial_cluster, arena, &then, &ignored);
		return found->cluster.count * 2 <= then.count;
	}
	for (size_t i = 0; i < found->listed_count; i++) {
		if (found->listed[i].learner)
			continue;
		voters++;
		for (size_t k = 0; k < found->cluster.count; k++)
			here += cluster_same_urls(found->listed[i].peer_url,
						  found->cluster.members[k].peer_url);
	}
	return voters && here * 2 <= voters;
}

/* Whether the nodes, or only[] of them, can serve the data that the run ends with; where its voters are not known, of `count` members. */
static bool can_serve(const struct opts *opts, const struct plan *plan, const struct rerun *rerun,
		      const bool only[], size_t count)
{
	const bool back = opts->undo || rerun->undoing;
	const char *voters[CLUSTER_MEMBERS_MAX];

	for (size_t i = 0; i < plan->found.cluster.count; i++)
		voters[i] = back ? rerun->states[i].voters : rerun->target_voters[i];
	return cluster_can_serve(&plan->found.cluster, voters, only, count);
}

static bool ends_without_quorum(const struct opts *opts, const struct plan *plan,
				const struct rerun *rerun, size_t count)
{
	if (plan->ctx.drill)
		return false;
	if (rerun->told->joins) /* a cluster that answered has its quorum */
		return rerun->mute && rerun_lacks_quorum(&plan->found, rerun->told);
	return !can_serve(opts, plan, rerun, NULL, count);
}

/* Some of `count` are gone for good: before the commit there is only the way back, and past it only the way on. */
static int check_lacking(const struct opts *opts, struct plan *plan, size_t count,
			 struct rerun *rerun, struct err *err)
{
	const char *without = without_text(opts, plan->arena);

	if (strcmp(rerun->told->playbook, "clean") == 0) /* nothing is built with them */
		return 0;
	plan->ctx.lacks_members = true;
	plan->ctx.no_quorum = ends_without_quorum(opts, plan, rerun, count);
	/* of a rejoin's commit the cluster knows more than the journal */
	bool past = rerun->committed ||
		    (!rerun->told->joins && rerun->has_story && rerun->story.committed);
	if (past && opts->undo && !plan->ctx.drill) {
		err_set(err, ERR_UNSAFE, "run %s is past its commit: %s", rerun->run,
			!rerun->committed    ? "so says the journal here"
			: rerun->told->joins ? "the member has its vote"
					     : "an API server serves the new data");
		return err_hint(err, "kubectl etcd-backup resume %s --without %s", rerun->run,
				without);
	}
	rerun->committed = past;
	if (opts->undo || rerun->undoing || past || plan->ctx.drill)
		return 0;
	err_set(err, ERR_UNSAFE,
		"run %s is before its commit: without %s there is only the way back", rerun->run,
		rerun->lacks);
	return err_hint(err, "kubectl etcd-backup resume %s --undo --without %s", rerun->run,
			without);
}

/* Whether a member that tells the list of the cluster of now has that one in it. */
static bool is_known(struct discovery *found, const struct member *m)
{
	for (size_t i = 0; i < found->listed_count; i++)
		if (cluster_same_urls(found->listed[i].peer_url, m->peer_url))
			return true;
	return false;
}

/*
 * Of a node that this run is over on, so that another may have followed there, and whose member tells who its cluster is; NULL: none.  Of a
 * rejoin not the first, which may have gone back to what it had.
 */
static const struct found_node *moved_on(const struct plan *plan, const struct rerun *rerun)
{
	for (size_t i = plan->ctx.joins ? 1 : 0; i < plan->found.cluster.count; i++)
		if (plan->found.found[i].listed && !rerun->states[i].locked)
			return &plan->found.found[i];
	return NULL;
}

/* Whether a node that still has the run tells that it is of another cluster than that one. */
static bool has_other(const struct plan *plan, const struct rerun *rerun,
		      const struct found_node *now)
{
	for (size_t i = 0; i < plan->found.cluster.count; i++)
		if (rerun->states[i].locked && plan->found.found[i].answers &&
		    plan->found.found[i].cluster_id != now->cluster_id)
			return true;
	return false;
}

/* One that does not answer is in the list of that cluster, unless the list may be that of the other. */
static bool is_outside(struct plan *plan, size_t i, const struct found_node *now, bool other)
{
	const struct found_node *found = &plan->found.found[i];

	if (plan->ctx.joins) /* it may answer for a while as the member that it was */
		return now->voters &&
		       !cluster_is_voter(now->voters, &plan->found.cluster.members[i]);
	if (found->answers)
		return found->cluster_id != now->cluster_id;
	return other || !is_known(&plan->found, &plan->found.cluster.members[i]);
}

/*
 * The others became a cluster of their own without these, which still have the run.  As many of them as are a quorum of the run's members
 * would serve its data beside that cluster; fewer serve nothing, and nothing is waited for.  A rejoin changes the joining node only: when that
 * one is done with it, the others are only unlocked.
 */
static int check_outside(const struct opts *opts, struct plan *plan, const struct cluster *then,
			 struct rerun *rerun, struct err *err)
{
	const struct found_node *now = moved_on(plan, rerun);
	const char *names = NULL;
	bool outside[CLUSTER_MEMBERS_MAX] = { false };

	if (!now || (plan->ctx.joins && rerun->states[0].locked) || plan->ctx.drill ||
	    strcmp(rerun->told->playbook, "clean") == 0)
		return 0;
	const bool other = has_other(plan, rerun, now);
	for (size_t i = 0; i < plan->found.cluster.count; i++)
		if (rerun->states[i].locked && is_outside(plan, i, now, other)) {
			names = arena_join(plan->arena, names, ", ", plan->found.nodes[i].name);
			outside[i] = true;
		}
	if (!names)
		return 0;
	plan->outside = names;
	plan->ctx.no_quorum = true;
	rerun->abandoned = plan->ctx.joins != NULL;
	if (rerun->abandoned || !can_serve(opts, plan, rerun, outside, then->count))
		return 0;
	err_set(err, ERR_UNSAFE,
		"the others are a cluster of their own by now, without %s: together these would "
		"serve the data of run %s beside it",
		names, rerun->run);
	return err_hint(err,
			"one after the other, while those that are not named are switched off: "
			"resume %s%s --nodes (of the cluster, and that one) --without (the "
			"others), then rejoin it",
			rerun->run, opts->undo ? " --undo" : "");
}

int rerun_check_members(const struct opts *opts, struct plan *plan, struct rerun *rerun,
			struct err *err)
{
	const char *text = rerun->told->initial_cluster;
	const struct cluster *now = &plan->found.cluster;
	struct cluster then, rest;
	struct err other = ERR_INIT;

	if (text && !cluster_read_initial(text, plan->arena, &then, &other)) {
		rerun->lacks = lacking(opts, plan, &then, &rest);
		if (!cluster_same_members(&rest, now, &other))
			return (rerun->lacks &&
				check_lacking(opts, plan, then.count, rerun, err)) ||
					       check_outside(opts, plan, &then, rerun, err)
				       ? -1
				       : 0;
		rerun->lacks = NULL;
	}
	err_set(err, ERR_UNSAFE, "the members are not those of run %s: now %s, then %s", rerun->run,
		plan->ctx.initial_cluster, text ? text : "nothing");
	return err_hint(err, "name all nodes; for those that are gone for good: --without "
			     "MEMBER,...");
}

int rerun_check_target(const struct plan *plan, const struct rerun *target, struct err *err)
{
	const char *voters[CLUSTER_MEMBERS_MAX];

	for (size_t i = 0; i < plan->found.cluster.count; i++)
		voters[i] = target->states[i].voters;
	if (cluster_has_voters(&plan->found.cluster, voters))
		return 0;
	err_set(err, ERR_UNSAFE,
		"the data from before run %s has members that are on none of these nodes: that it "
		"serves could not be proved",
		target->run);
	return err_hint(err, "restore a snapshot of then; what the run kept stays where it is");
}

const struct member *rerun_gone(const struct opts *opts, struct plan *plan,
				const struct run_state *told)
{
	struct cluster *then = arena_alloc(plan->arena, sizeof(*then));
	struct err ignored = ERR_INIT;
	const struct member *gone = NULL;
	size_t count = 0, named = 0;

	if (!told->initial_cluster ||
	    cluster_read_initial(told->initial_cluster, plan->arena, then, &ignored))
		return NULL;
	for (size_t i = 0; i < then->count; i++) {
		const struct member *m = &then->members[i];
		if (cluster_by_name(&plan->found.cluster, m->name))
			continue;
		named += is_without(opts, m);
		if (!count++ || text_same(m->name, told->joins))
			gone = m;
	}
	if (!gone)
		return NULL;
	if (count == 1)
		return named || without_has(opts, told->joins) ? gone : NULL;
	return named == count && text_same(gone->name, told->joins) ? gone : NULL;
}
