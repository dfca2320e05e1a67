/*
 * rerun: see rerun.h.
 */
#include "plugin/rerun.h"

#include "base/text.h"
#include "play/join.h"
#include "plugin/perform.h"
#include "plugin/print.h"
#include "plugin/rerun_members.h"
#include "plugin/without.h"

#include <string.h>

enum { ASK_MS = 30 * 1000 };

static int take_story(void *arg, const struct journal_story *story, const struct err *bad)
{
	struct rerun *rerun = arg;

	if (!bad && strcmp(story->run, rerun->run) == 0) {
		rerun->story = *story;
		rerun->has_story = true;
		return 0;
	}
	scoped(mem) char *words = bad ? mem_printf("%s; it is left alone", bad->text)
				      : mem_printf("%s: the journal of run %s; it is left alone",
						   story->path, story->run);
	print_warning(words);
	return 0;
}

/* "node=address,..." of the members that the journal names, but for those of --without; NULL when it names none. */
static const char *story_nodes(const struct rerun *rerun, const struct opts *opts,
			       struct arena *arena)
{
	const struct tree *members = tree_get(rerun->story.header, "members");
	const char *list = NULL;

	for (const struct tree *at = members ? members->first : NULL; at; at = at->next) {
		const char *node = tree_string(at, "node"), *address = tree_string(at, "address");
		if (!node || !address)
			return NULL;
		if (without_has(opts, tree_string(at, "name")))
			continue;
		list = arena_printf(arena, "%s%s%s=%s", list ? list : "", list ? "," : "", node,
				    address);
	}
	return list;
}

struct asking {
	struct plan *plan;
	struct rerun *rerun;
};

static int ask_node(struct node *node, void *arg, struct err *err)
{
	struct asking *asking = arg;
	struct arena *arena = asking->plan->found.arenas[node->index];
	struct run_state *state = &asking->rerun->states[node->index], target;
	struct err ignored = ERR_INIT;

	if (state_read(node, asking->rerun->run, arena, deadline_in(ASK_MS), state, err))
		return -1;
	/* a target's state that cannot be read tells nothing, as one that is not there */
	if (state->found && strcmp(state->playbook, "rollback") == 0 &&
	    !state_read(node, state->target, arena, deadline_in(ASK_MS), &target, &ignored) &&
	    target.found)
		asking->rerun->target_voters[node->index] = target.voters;
	return 0;
}

int rerun_sum_up(const struct plan *plan, const bool asked[], struct rerun *rerun, struct err *err)
{
	bool unknown = false;

	for (size_t i = 0; i < plan->found.cluster.count; i++) {
		const struct run_state *state = &rerun->states[i];
		rerun->locked |= state->locked;
		rerun->undoing |= state->undoing;
		unknown |= !state->found && (!asked || asked[i]);
		if (!state->found)
			continue;
		if (!rerun->told)
			rerun->told = state;
		if (!text_same(state->token, rerun->told->token) ||
		    !text_same(state->playbook_sha256, rerun->told->playbook_sha256) ||
		    !text_same(state->snapshot_sha256, rerun->told->snapshot_sha256) ||
		    !text_same(state->target, rerun->told->target) ||
		    !text_same(state->joins, rerun->told->joins))
			return err_set(err, ERR_UNSAFE, "%s tells another story of run %s",
				       plan->found.nodes[i].name, rerun->run);
		if (state->phase > rerun->furthest)
			rerun->furthest = state->phase;
	}
	rerun->committed = rerun->furthest == PHASE_API_STARTED;
	/* no step begins before all nodes have the lock: where nothing is known any more the run went back */
	if (unknown && !rerun->committed && rerun->furthest >= PHASE_STAGED)
		rerun->undoing = true;
	if (rerun->told)
		return 0;
	err_set(err, ERR_UNSAFE, "no node knows run %s", rerun->run);
	return err_hint(err,
			"kubectl etcd-backup resume, without a run, shows those that are there");
}

enum rerun_next rerun_next(const struct rerun *rerun)
{
	const struct run_state *told = rerun->told;

	if (rerun->committed && !rerun->locked)
		return RERUN_ENDED;
	if (told->drill_port) /* one that is dead is of no use: it is removed */
		return RERUN_BACK;
	if (strcmp(told->playbook, "clean") == 0)
		return RERUN_ON;
	/* a rejoin may have been asked to go back when the member had its vote already: then on */
	if (rerun->committed && told->joins)
		return RERUN_ON;
	/* a run whose lock is gone before its commit was undone to the last step */
	if (rerun->undoing || !rerun->locked)
		return RERUN_BACK;
	return rerun->committed ? RERUN_ON : RERUN_EITHER;
}

/* A rejoin's node is the first of its fleet; without it there is only its end. */
static int order_nodes(const struct opts *opts, struct plan *plan, struct rerun *rerun,
		       struct err *err)
{
	size_t at = 0, count = plan->found.cluster.count;
	const char *joins = NULL;

	for (size_t i = 0; i < count && !joins; i++)
		joins = rerun->states[i].joins;
	while (joins && at < count && !text_same(plan->found.nodes[at].name, joins) &&
	       !text_same(plan->found.cluster.members[at].name, joins))
		at++;
	if (!joins || !at)
		return 0;
	if (at == count && without_any(opts)) {
		rerun->abandoned = true;
		rerun->lacks = joins;
		return 0;
	}
	if (plan_put_first(plan, joins, err))
		return err_in(err, "run %s brings a node back", rerun->run);
	struct run_state moved = rerun->states[at];
	for (size_t i = at; i > 0; i--)
		rerun->states[i] = rerun->states[i - 1];
	rerun->states[0] = moved;
	return 0;
}

int rerun_find(const struct opts *opts, const char *run, struct plan *plan, struct rerun *out,
	       struct err *err)
{
	struct opts where = *opts;
	struct err errs[CLUSTER_MEMBERS_MAX];
	struct asking asking = { plan, out };

	*out = (struct rerun){ .run = run };
	plan->without = without_any(opts) ? without_text(opts, plan->arena) : NULL;
	if (!state_run_name(run))
		return err_set(err, ERR_USAGE, "\"%.40s\" is no name of a run", run);
	journal_each(NULL, run, plan->arena, take_story, out);
	if (!where.nodes && out->has_story)
		where.nodes = story_nodes(out, opts, plan->arena);
	if (plan_found(&where, plan, err))
		return -1;
	if (fleet_each(plan->found.fleet, ask_node, &asking, NULL, errs, NULL, NULL))
		return fleet_first(plan->found.fleet, errs, err);
	return order_nodes(opts, plan, out, err) ? -1 : rerun_sum_up(plan, NULL, out, err);
}

static int ask_vote(struct node *node, void *arg, struct err *err)
{
	struct asking *asking = arg;

	return join_votes(node, &asking->plan->ctx, deadline_in(ASK_MS), &asking->rerun->committed,
			  err);
}

/*
 * A member that has its vote is not taken out again, and what was past its commit is not any more when somebody has taken the member
 * out: only the cluster knows.  Past the commit, by what stands on the nodes, it need not answer.  Before it there is no way without
 * an answer: on the way back the data of a member that votes would be lost.
 */
static int find_vote(struct plan *plan, struct rerun *rerun, struct err *err)
{
	bool only[CLUSTER_MEMBERS_MAX] = { true };
	struct err errs[CLUSTER_MEMBERS_MAX], why = ERR_INIT;
	struct asking asking = { plan, rerun };
	const bool past = rerun->committed;

	if (!plan->ctx.joins)
		return 0;
	if (!past && plan->found.cluster.count == 1 && !plan->without) {
		err_set(err, ERR_UNSAFE, "run %s brings a node back, and only one node is named",
			rerun->run);
		return err_hint(err, "name all nodes; for those that are gone for good: --without "
				     "MEMBER,...");
	}
	if (!fleet_each(plan->found.fleet, ask_vote, &asking, only, errs, NULL, NULL)) {
		rerun->abandoned = past && !rerun->committed;
		return 0;
	}
	fleet_first(plan->found.fleet, errs, &why);
	rerun->committed = rerun->mute = past;
	if (past && why.code != ERR_CANCELLED)
		return 0;
	*err = why;
	return err->hint[0]
		       ? -1
		       : err_hint(err,
				  "whether the member has its vote only the cluster knows: again "
				  "when it answers; when it never will: docs/resume.md, By hand");
}

/* Its members are not where the manifests say; one to look into is on one node only. */
static int drill_context(struct plan *plan, struct rerun *rerun, struct err *err)
{
	const struct run_state *told = rerun->told;
	struct play_drill *drill = arena_alloc(plan->arena, sizeof(*drill));

	drill->port = (unsigned)told->drill_port;
	drill->alone = strcmp(told->playbook, "browse") == 0;
	drill->limit_s = told->drill_limit_s;
	plan->ctx.drill = drill;
	for (size_t i = 0; drill->alone && i < plan->found.cluster.count; i++)
		if (rerun->states[i].found) {
			rerun->states[0] = rerun->states[i];
			plan_single(plan, i);
			break;
		}
	return drill_cluster(&plan->found.cluster, drill, err);
}

/* Nobody joins any more: what the run has put on the nodes goes. */
static void end_rejoin(struct plan *plan, const struct member *gone)
{
	plan->ctx.joins = NULL;
	plan->ctx.leave_nothing = true;
	plan->ctx.gone = gone;
}

/* A rejoin that is ended without its node: nothing is built, whatever version of the playbook it was begun with. */
static int abandon_context(const struct opts *opts, struct plan *plan, const struct rerun *rerun,
			   struct playbook *book, struct err *err)
{
	const struct run_state *told = rerun->told;
	struct play_ctx *ctx = &plan->ctx;

	memcpy(ctx->run, rerun->run, strlen(rerun->run) + 1);
	if (perform_playbook(plan, "abandon", book, err) || plan_members(plan, err))
		return -1;
	plan->found.cluster.name = arena_strdup(plan->arena, told->cluster);
	end_rejoin(plan, rerun_gone(opts, plan, told));
	ctx->no_quorum = rerun_lacks_quorum(&plan->found, told);
	if (!ctx->gone) {
		err_set(err, ERR_UNSAFE, "run %s brings %s back, and had %s", rerun->run,
			told->joins, told->initial_cluster);
		return err_hint(err, "to end it without %s: --without %s, and all other nodes",
				told->joins, told->joins);
	}
	for (size_t i = 0; i < plan->found.missing_count; i++) {
		const struct member *m = &plan->found.missing[i];
		if (!cluster_same_urls(m->peer_url, ctx->gone->peer_url) &&
		    !without_has(opts, m->name))
			return err_set(
				err, ERR_UNSAFE,
				"the cluster has a member %s, which is not that of run %s: %s",
				m->peer_url, rerun->run, ctx->gone->peer_url);
	}
	return 0;
}

/* The node is there again, with all that the run has done: it is only unlocked, as the others are. */
static int abandoned_context(struct plan *plan, struct playbook *book, struct err *err)
{
	end_rejoin(plan, &plan->found.cluster.members[0]);
	return perform_playbook(plan, "abandon", book, err);
}

int rerun_context(const struct opts *opts, struct plan *plan, struct rerun *rerun,
		  struct playbook *book, struct err *err)
{
	const struct run_state *told = rerun->told;
	struct play_ctx *ctx = &plan->ctx;

	if (rerun->abandoned)
		return abandon_context(opts, plan, rerun, book, err);
	if (perform_playbook(plan, told->playbook, book, err))
		return -1;
	if (!text_same(told->playbook_sha256, book->sha256)) {
		err_set(err, ERR_CONFIG, "run %s was begun with another version of playbook \"%s\"",
			rerun->run, told->playbook);
		return err_hint(err, "use the version of this program that it was begun with");
	}
	if (strlen(told->token) >= TOKEN_SIZE)
		return err_set(err, ERR_CONFIG, "the token of run %s is too long", rerun->run);
	if (told->drill_port && drill_context(plan, rerun, err))
		return -1;
	memcpy(ctx->run, rerun->run, strlen(rerun->run) + 1);
	memcpy(ctx->token, told->token, strlen(told->token) + 1);
	ctx->joins = told->joins;
	if (plan_members(plan, err))
		return -1;
	if (find_vote(plan, rerun, err) || rerun_check_members(opts, plan, rerun, err))
		return -1;
	plan->found.cluster.name = arena_strdup(plan->arena, told->cluster);
	if (rerun->abandoned)
		return abandoned_context(plan, book, err);
	rerun_tell_without(opts, plan, rerun);
	ctx->target = told->target;
	ctx->leave_nothing = strcmp(told->playbook, "clean") == 0;
	ctx->snapshot_size = told->snapshot_size;
	ctx->db_size = told->db_size;
	ctx->snapshot_sha256 = told->snapshot_sha256;
	ctx->snapshot_revision = told->snapshot_revision;
	ctx->bump = told->bump;
	ctx->snapshot_in_use = told->in_use;
	ctx->carried_alarms = told->carried_alarms;
	ctx->carried_auth = told->carried_auth;
	ctx->keep_alarms = told->keep_alarms;
	ctx->unknown_nodes = told->unknown_nodes;
	for (size_t i = 0; i < ctx->cluster->count; i++) {
		const struct run_state *state = &rerun->states[i];
		plan->nodes[i].data_existed = !state->found || state->data_existed;
		plan->nodes[i].voters = state->found ? state->voters : NULL;
	}
	return 0;
}

void rerun_show(const struct plan *plan, const struct rerun *rerun)
{
	const struct run_state *told = rerun->told;

	print_notice("Run %s: %s of cluster \"%s\", begun %s by %s%s.", rerun->run, told->playbook,
		     told->cluster ? told->cluster : "?", told->since ? told->since : "?",
		     told->operator? told->operator: "?",
		     rerun->undoing ? ", and it was going back" : "");
	for (size_t i = 0; i < plan->found.cluster.count; i++) {
		const struct run_state *state = &rerun->states[i];
		print_notice("  %-20s %s%s", plan->found.nodes[i].name, phase_text(state->phase),
			     state->locked ? "" : ", not locked");
	}
}
