/*
 * report: see report.h.
 */
#include "plugin/report.h"

#include "plugin/report_drill.h"
#include "plugin/report_last.h"
#include "plugin/report_proved.h"
#include "plugin/version.h"

#include <string.h>

/* 0 is not known. */
static void set_id(struct arena *arena, struct tree *map, const char *key, uint64_t id)
{
	tree_set_string(arena, map, key,
			id ? arena_printf(arena, "%016llx", (unsigned long long)id) : NULL);
}

static void set_known(struct arena *arena, struct tree *map, const char *key, uint64_t value)
{
	if (value)
		tree_set_number(arena, map, key, value);
	else
		tree_set_string(arena, map, key, NULL);
}

static void set_time(struct arena *arena, struct tree *map, const char *key, uint64_t at)
{
	char when[21];

	time_text(at, when);
	tree_set_string(arena, map, key, at ? when : NULL);
}

static const char *outcome_word(enum play_outcome outcome)
{
	switch (outcome) {
	case PLAY_DONE:
		return "done";
	case PLAY_UNTOUCHED:
		return "untouched";
	case PLAY_UNDONE:
		return "undone";
	case PLAY_NEEDS_YOU:
		break;
	}
	return "needs-you";
}

static const char *outcome_text(struct arena *arena, const struct report *r)
{
	const struct play_ctx *ctx = &r->plan->ctx;

	if (r->drill)
		return report_drill_outcome(r);
	if (ctx->no_quorum && (r->outcome == PLAY_DONE || r->outcome == PLAY_UNDONE))
		return r->plan->outside
			       ? "It was ended on nodes that the cluster of now does not know: "
				 "nothing serves there."
			       : "It was ended on the nodes that are left, which are no quorum: "
				 "nothing serves there.";
	switch (r->outcome) {
	case PLAY_DONE:
		if (ctx->gone)
			return arena_printf(arena, "The rejoin is given up: %s is no member.",
					    ctx->gone->name);
		if (ctx->leave_nothing)
			return "What the run kept is removed.";
		if (ctx->joins)
			return arena_printf(arena, "Node %s is a member of the cluster again.",
					    ctx->joins);
		return ctx->target ? arena_printf(arena,
						  "The cluster serves the data from before run %s.",
						  ctx->target)
				   : "The cluster serves the restored data.";
	case PLAY_UNTOUCHED:
		return "It failed before anything was changed.";
	case PLAY_UNDONE:
		return r->undo ? "It was undone, as was asked: the cluster is as it was before."
			       : "It failed, and all changes were undone: the cluster is as it "
				 "was.";
	case PLAY_NEEDS_YOU:
		break;
	}
	return r->err && r->err->code == ERR_TAKEN ? "Another process has taken the run over."
						   : "It stopped half-way and needs you.";
}

/* What a person may want to do now; NULL: nothing. */
static const char *next_text(struct arena *arena, const struct report *r)
{
	const char *run = r->plan->ctx.run;

	if (r->drill)
		return report_drill_next(arena, r);
	if (r->outcome == PLAY_NEEDS_YOU && !(r->err && r->err->code == ERR_TAKEN))
		return arena_printf(arena, "To go on: %s", plan_go_on(r->plan));
	if (r->plan->outside && (r->outcome == PLAY_DONE || r->outcome == PLAY_UNDONE))
		return arena_printf(arena,
				    "To bring them back: kubectl etcd-backup rejoin NODE, of: %s",
				    r->plan->outside);
	if (r->plan->ctx.no_quorum && (r->outcome == PLAY_DONE || r->outcome == PLAY_UNDONE))
		return arena_printf(arena, "Restore a snapshot on the nodes that are left: %s",
				    plan_restore_rest(r->plan));
	if (r->outcome == PLAY_DONE && r->plan->ctx.joins)
		return arena_printf(arena,
				    "Its old data is kept there.  To remove it: kubectl "
				    "etcd-backup clean %s",
				    run);
	if (r->outcome == PLAY_DONE && !r->plan->ctx.leave_nothing)
		return arena_printf(
			arena,
			"The data from before is kept on every node.  %sTo remove it: kubectl "
			"etcd-backup clean %s",
			plan_rolls_back(r->plan)
				? arena_printf(arena,
					       "Back to it: kubectl etcd-backup rollback %s.  ",
					       run)
				: "",
			run);
	return NULL;
}

static struct tree *error_tree(struct arena *arena, const struct err *err)
{
	struct tree *map = tree_map(arena);

	if (!err || err->code == ERR_NONE)
		return tree_new_string(arena, NULL);
	tree_set_string(arena, map, "about", err_about(err->code));
	tree_set_string(arena, map, "text", err->text);
	tree_set_string(arena, map, "hint", err->hint[0] ? err->hint : NULL);
	return map;
}

static struct tree *cluster_tree(struct arena *arena, const struct plan *plan)
{
	const struct cluster *c = plan->ctx.cluster;
	struct tree *map = tree_map(arena);

	tree_set_string(arena, map, "name", c->name);
	set_id(arena, map, "idBefore", c->id);
	set_id(arena, map, "id", c->count ? plan->nodes[0].want_cluster : 0);
	tree_set_string(arena, map, "caFingerprint", c->ca_fingerprint);
	tree_set_string(arena, map, "kubernetesVersion", c->kubernetes_version);
	tree_set_string(arena, map, "initialCluster", plan->ctx.initial_cluster);
	tree_set_string(arena, map, "initialClusterToken", plan->ctx.token);
	if (plan->live)
		tree_set_number(arena, map, "revisionBefore", plan->live_revision);
	return map;
}

/* What every tool could do was done on all; not known where an earlier process asked the tools. */
static bool bumped(const struct plan *plan)
{
	for (size_t i = 0; i < plan->ctx.cluster->count; i++)
		if (!plan->nodes[i].tool_bumps)
			return false;
	return plan->ctx.bump != 0;
}

static void add_recipe(struct arena *arena, struct tree *map, const struct recipe *recipe)
{
	set_time(arena, map, "takenAt", recipe->taken_at);
	tree_set_string(arena, map, "cluster", recipe->cluster.name);
	tree_set_string(arena, map, "member", recipe->member);
	tree_set_string(arena, map, "etcdVersion", recipe->etcd_version);
	tree_set_string(arena, map, "hashKV", recipe->hashkv);
	tree_set_string(arena, map, "degraded", recipe->degraded);
}

static struct tree *snapshot_tree(struct arena *arena, const struct plan *plan)
{
	const struct play_ctx *ctx = &plan->ctx;
	const struct source *source = &plan->source;
	struct tree *map = tree_map(arena);

	if (!ctx->snapshot_sha256)
		return tree_new_string(arena, NULL);
	tree_set_string(arena, map, "name", source->shown);
	tree_set_string(arena, map, "sha256", ctx->snapshot_sha256);
	set_known(arena, map, "size", ctx->snapshot_size);
	set_known(arena, map, "revision", ctx->snapshot_revision);
	if (bumped(plan))
		tree_set_number(arena, map, "revisionRaisedBy", ctx->bump);
	if (source->shown && source->stored_sha256[0]) {
		tree_set_string(arena, map, "storedSHA256", source->stored_sha256);
		tree_set_string(arena, map, "compression", source->compression);
		tree_set_string(arena, map, "encryption", source->encryption);
	}
	if (source->has_recipe)
		add_recipe(arena, map, &source->recipe);
	return map;
}

static struct tree *member_tree(struct arena *arena, const struct plan *plan, size_t i)
{
	const struct member *m = &plan->ctx.cluster->members[i];
	const struct play_node *node = &plan->nodes[i];
	struct tree *map = tree_map(arena);

	tree_set_string(arena, map, "name", m->name);
	tree_set_string(arena, map, "node", m->node);
	tree_set_string(arena, map, "address", m->address);
	tree_set_string(arena, map, "peerURLs", m->peer_url);
	tree_set_string(arena, map, "dataDir", m->data_dir);
	tree_set_string(arena, map, "etcdVersion",
			node->drill.version[0] ? node->drill.version : m->version);
	tree_set_string(arena, map, "apiServerVersion", node->api.version);
	if (node->drill.started_ms)
		tree_set_number(arena, map, "etcdServedAfterMs", node->drill.started_ms);
	if (node->drill.api_started_ms)
		tree_set_number(arena, map, "apiReadyAfterMs", node->drill.api_started_ms);
	set_id(arena, map, "expectedID", node->want_member);
	set_id(arena, map, "foundID", node->found_member);
	set_id(arena, map, "expectedClusterID", node->want_cluster);
	set_id(arena, map, "foundClusterID", node->found_cluster);
	tree_set_string(arena, map, "hashKV",
			node->hash ? arena_printf(arena, "%08x", node->hash) : NULL);
	set_known(arena, map, "revision", node->revision);
	tree_set_string(arena, map, "tool", node->tool_source[0] ? node->tool_source : NULL);
	return map;
}

static struct tree *step_tree(struct arena *arena, const struct report *r, size_t number)
{
	const struct progress_step *step = &r->progress->steps[number];
	struct tree *map = tree_map(arena), *nodes = tree_list(arena);

	tree_set_number(arena, map, "number", number + 1);
	tree_set_string(arena, map, "name", step->verb->name);
	tree_set_string(arena, map, "about", step->verb->about);
	tree_set_bool(arena, map, "changes", step->verb->kind == VERB_CHANGES);
	tree_set_bool(arena, map, "undo", step->undo);
	tree_set_bool(arena, map, "failed", step->failed);
	tree_set_number(arena, map, "startMs", step->start);
	tree_set_number(arena, map, "ms", step->ms);
	for (size_t i = 0; i < r->plan->ctx.cluster->count; i++) {
		struct tree *one = tree_map(arena);
		if (!step->node_ran[i])
			continue;
		tree_set_string(arena, one, "node", r->plan->ctx.cluster->members[i].node);
		tree_set_number(arena, one, "startMs", step->node_start[i]);
		tree_set_number(arena, one, "ms", step->node_ms[i]);
		tree_set_string(arena, one, "error", step->node_error[i]);
		tree_add(nodes, one);
	}
	tree_set(arena, map, "nodes", nodes);
	return map;
}

/* After an undo nobody asked for /readyz: then until they listened again. */
static uint64_t undone_at(const struct progress *progress)
{
	uint64_t at = 0;

	for (size_t i = 0; i < progress->count; i++) {
		const struct progress_step *step = &progress->steps[i];
		if (step->undo && !step->failed && strcmp(step->verb->name, "start-apiserver") == 0)
			at = step->start + step->ms;
	}
	return at;
}

/* Null when this process stopped no API server. */
static struct tree *api_down_tree(struct arena *arena, const struct report *r)
{
	struct api_down down = progress_api_down(&r->plan->ctx);
	uint64_t began = r->progress->began, undone = undone_at(r->progress), from, until;
	struct tree *map = tree_map(arena);

	if (!down.from || down.from < began)
		return tree_new_string(arena, NULL);
	from = down.from - began;
	until = down.until > down.from ? down.until - began : undone > from ? undone : 0;
	tree_set_number(arena, map, "fromMs", from);
	tree_set_string(arena, map, "until", !until ? NULL : down.until ? "ready" : "listening");
	tree_set_number(arena, map, "untilMs", until ? until : r->ended);
	tree_set_number(arena, map, "ms", (until ? until : r->ended) - from);
	if (r->outcome == PLAY_DONE)
		tree_set_number(arena, map, "allReadyAfterMs", r->ended - from);
	return map;
}

static void add_run(struct arena *arena, struct tree *top, const struct report *r)
{
	const struct play_ctx *ctx = &r->plan->ctx;

	tree_set_string(arena, top, "kind", "RunReport");
	tree_set_string(arena, top, "apiVersion", "etcd-backup/v1");
	tree_set_string(arena, top, "programVersion", VERSION);
	tree_set_string(arena, top, "run", ctx->run[0] ? ctx->run : NULL);
	tree_set_string(arena, top, "playbook", ctx->playbook);
	tree_set_string(arena, top, "playbookSHA256", ctx->playbook_sha256);
	tree_set_string(arena, top, "target", ctx->target);
	tree_set_string(arena, top, "operator", ctx->operator);
	tree_set_bool(arena, top, "begunEarlier", r->earlier);
	set_time(arena, top, "beganAt", r->began_at);
	tree_set_number(arena, top, "ms", r->ended);
	tree_set_string(arena, top, "outcome", outcome_word(r->outcome));
	tree_set_string(arena, top, "outcomeText", outcome_text(arena, r));
	tree_set_number(arena, top, "exitStatus", (uint64_t)r->status);
	/* what was tried again with success is told with its step */
	tree_set(arena, top, "error", error_tree(arena, r->status ? r->err : NULL));
	tree_set_string(arena, top, "next", next_text(arena, r));
	tree_set_string(arena, top, "journal", r->journal);
}

struct tree *report_tree(struct arena *arena, const struct report *r)
{
	struct tree *top = tree_map(arena), *members = tree_list(arena), *steps = tree_list(arena);

	add_run(arena, top, r);
	tree_set(arena, top, "apiDown", api_down_tree(arena, r));
	if (r->progress->committed) {
		tree_set_number(arena, top, "committedMs", r->progress->committed);
		tree_set_string(arena, top, "committed", r->progress->commit_text);
	}
	tree_set(arena, top, "cluster", cluster_tree(arena, r->plan));
	tree_set(arena, top, "snapshot", snapshot_tree(arena, r->plan));
	for (size_t i = 0; i < r->plan->ctx.cluster->count; i++)
		tree_add(members, member_tree(arena, r->plan, i));
	tree_set(arena, top, "members", members);
	if (r->drill)
		report_drill(arena, r, top);
	tree_set(arena, top, "proved", report_proved(arena, r));
	for (size_t i = 0; i < r->progress->count; i++)
		tree_add(steps, step_tree(arena, r, i));
	tree_set(arena, top, "steps", steps);
	if (!r->drill)
		tree_set(arena, top, "lastDrill",
			 r->plan->forecast.drilled && r->outcome == PLAY_DONE
				 ? report_last_restore(arena, &r->plan->forecast.drill, top)
				 : tree_new_string(arena, NULL));
	return top;
}

uint64_t report_number(const struct tree *map, const char *key)
{
	const char *text = tree_string(map, key);
	uint64_t value = 0;

	if (text && parse_uint(text, UINT64_MAX, &value))
		return 0;
	return value;
}
