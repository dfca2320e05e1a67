/*
 * made_run: runs that nobody has played, for the report: one that went well, one that was undone, one that needs a person,
 * a rollback, one that another process began; a drill that went well, one that failed, one that left something.  For
 * test_report and e2e/report/make_report.
 */
#ifndef PLUGIN_TEST_MADE_RUN_H
#define PLUGIN_TEST_MADE_RUN_H

#include "plugin/drill_tell.h"
#include "plugin/report.h"

#include <stdio.h>
#include <string.h>

enum made_kind {
	MADE_DONE,
	MADE_UNDONE,
	MADE_NEEDS_YOU,
	MADE_ROLLBACK,
	MADE_RESUMED,
	MADE_DRILL,
	MADE_DRILL_FAILED,
	MADE_DRILL_LEFT,
	MADE_KINDS
};

struct made_run {
	struct plan plan;
	struct progress progress;
	struct err err;
	struct report report;
	struct play_drill play_drill;
	struct drill_report drill;
	struct last_drill last;
};

/* What hostile nodes say, and what does not fit. */
#define MADE_ERROR                                                                                \
	"etcd: </title></svg><script>document.title='owned'</script><img src=x onerror=alert(1)>" \
	" \"quoted\" & 'single' \x1b[31mred"

/* A step of `ms` on every node but for the last, which takes half as long; the next begins after it. */
static inline void made_step(struct made_run *made, const char *verb, uint64_t ms, bool undo)
{
	struct progress *p = &made->progress;
	struct progress_step *last = p->count ? &p->steps[p->count - 1] : NULL;
	struct progress_step *step = &p->steps[p->count++];
	size_t count = made->plan.found.cluster.count;
	bool first = strcmp(verb, "wait-controllers") == 0 || strstr(verb, "drill-api");

	*step = (struct progress_step){ .verb = verb_find(verb),
					.undo = undo,
					.first = first,
					.start = last ? last->start + last->ms + 2 : 1,
					.ms = ms + 1 };
	for (size_t i = 0; i < (first ? 1 : count); i++) {
		step->node_ran[i] = true;
		step->node_ms[i] = i + 1 == count ? ms / 2 : ms - i * ms / 20;
		step->node_start[i] = step->start;
	}
	made->report.ended = step->start + step->ms + 3;
}

static inline void made_fail(struct made_run *made, size_t node, const char *text)
{
	struct progress_step *step = &made->progress.steps[made->progress.count - 1];

	step->failed = true;
	step->node_error[node] = text;
}

static inline void made_cluster(struct made_run *made, size_t count)
{
	struct plan *plan = &made->plan;
	struct cluster *c = &plan->found.cluster;

	*c = (struct cluster){ .name = "kind-ha",
			       .kubernetes_version = "v1.31.2",
			       .id = 0x6f1c2d3e4a5b6978,
			       .count = count,
			       .ca_fingerprint = "b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f"
						 "4850b878ae4944c" };
	for (size_t i = 0; i < count; i++) {
		struct arena *a = plan->arena;
		c->members[i] = (struct member){
			.name = i ? arena_printf(a, "ha-control-plane%zu", i + 1)
				  : "ha-control-plane",
			.node = i ? arena_printf(a, "ha-control-plane%zu", i + 1)
				  : "ha-control-plane",
			.address = arena_printf(a, "172.29.0.%zu", i + 3),
			.peer_url = arena_printf(a, "https://172.29.0.%zu:2380", i + 3),
			.data_dir = "/var/lib/etcd",
			.version = "3.5.16",
		};
		plan->nodes[i] =
			(struct play_node){ .member = &c->members[i],
					    .api.version = "v1.31.2",
					    .want_cluster = 0xcafe000000000001,
					    .want_member = 0xbeef000000000000 + i,
					    .tool_source = "the running etcd's own etcdutl" };
	}
	plan->ctx.cluster = c;
	plan->ctx.nodes = plan->nodes;
	plan->ctx.initial_cluster =
		"ha-control-plane=https://172.29.0.3:2380,ha-control-plane2=https://"
		"172.29.0.4:2380,ha-control-plane3=https://172.29.0.5:2380";
	plan->live = true;
	plan->live_revision = 1010;
}

static inline void made_snapshot(struct plan *plan)
{
	struct source *source = &plan->source;

	source->shown = "s3://backups/prod/prod-20261121T062512Z";
	source->has_recipe = true;
	source->recipe = (struct recipe){ .taken_at = 1795242312,
					  .member = "ha-control-plane2",
					  .etcd_version = "3.5.16",
					  .cluster.name = "kind-ha",
					  .hashkv = "5d2c11aa" };
	memset(source->file.sha256, 'a', 64);
	memset(source->stored_sha256, 'b', 64);
	source->compression = "zstd";
	source->encryption = "age";
	plan->ctx.snapshot_sha256 = source->file.sha256;
	plan->ctx.snapshot_size = 2101280;
	plan->ctx.snapshot_revision = 972;
	plan->ctx.bump = 1000038;
}

/* What wait-etcd and wait-apiserver note; the first API server stops at `stopped`, ready at `ready`. */
static inline void made_served(struct made_run *made, uint64_t stopped, uint64_t ready)
{
	for (size_t i = 0; i < made->plan.found.cluster.count; i++) {
		struct play_node *node = &made->plan.nodes[i];
		node->api_stopped_at = made->progress.began + stopped + 7 * i;
		if (!ready)
			continue;
		node->tool_bumps = true;
		node->found_member = node->want_member;
		node->found_cluster = node->want_cluster;
		node->hash = 0x5d2c11aa;
		node->revision = 1001010;
		node->api_ready_at = made->progress.began + ready + 400 * i;
	}
}

static inline void made_steps_before(struct made_run *made)
{
	made_step(made, "check-nodes", 900, false);
	made_step(made, "lock-nodes", 160, false);
	made_step(made, "put-snapshot", 2400, false);
	made_step(made, "build-member", 3100, false);
	made_step(made, "stop-apiserver", 2700, false);
	made_step(made, "stop-etcd", 1800, false);
	made_step(made, "swap-data", 220, false);
	made_step(made, "start-etcd", 2600, false);
	made_step(made, "wait-etcd", 1900, false);
}

static inline void made_steps_after(struct made_run *made)
{
	made->progress.committed = made->report.ended;
	made->progress.commit_text =
		"etcd serves the restored data on every member; from here a failure is retried "
		"forward";
	made_step(made, "start-apiserver", 140, false);
	made_step(made, "wait-apiserver", 5200, false);
	made_step(made, "restart-controllers", 310, false);
	made_step(made, "wait-controllers", 14400, false);
	made_step(made, "drop-snapshot", 120, false);
	made_step(made, "unlock-nodes", 90, false);
}

static inline void made_undos(struct made_run *made)
{
	made_step(made, "start-etcd", 2100, true);
	made_step(made, "start-apiserver", 6400, true);
	made_step(made, "drop-member", 120, true);
	made_step(made, "drop-snapshot", 110, true);
	made_step(made, "unlock-nodes", 80, true);
}

static inline void made_failed(struct made_run *made, enum made_kind kind)
{
	made->err = ERR_INIT;
	if (kind == MADE_UNDONE) {
		made_steps_before(made);
		made->progress.count = 6;
		made_step(made, "swap-data", 220, false);
		made_fail(made, 1, MADE_ERROR);
		made_undos(made);
		made_served(made, 6600, 0);
		err_set(&made->err, ERR_REMOTE, "ha-control-plane2: swap-data: %s", MADE_ERROR);
		err_hint(&made->err, "look at /var/lib/etcd there");
		made->report.outcome = PLAY_UNDONE;
		made->report.status = 4;
		return;
	}
	made_steps_before(made);
	made_steps_after(made);
	made->progress.count = 11;
	made_fail(made, 2, "the API server is not ready: /readyz: HTTP 500");
	made->report.ended = 24000;
	made_served(made, 6600, 0);
	err_set(&made->err, ERR_KUBE,
		"ha-control-plane3: wait-apiserver: the API server is not ready: /readyz: HTTP "
		"500");
	made->report.outcome = PLAY_NEEDS_YOU;
	made->report.status = 5;
}

static inline void made_drill_steps(struct made_run *made)
{
	made_step(made, "check-nodes", 900, false);
	made_step(made, "check-drill", 120, false);
	made_step(made, "lock-nodes", 160, false);
	made_step(made, "put-snapshot", 1000, false);
	made_step(made, "build-member", 1100, false);
	made_step(made, "start-drill", 2600, false);
	made_step(made, "wait-etcd", 1900, false);
	made_step(made, "prove-drill", 300, false);
	made_step(made, "write-drill", 210, false);
	made_step(made, "read-drill", 260, false);
}

static inline void made_drill_undos(struct made_run *made)
{
	made_step(made, "stop-drill-api", 400, true);
	made_step(made, "stop-drill", 600, true);
	made_step(made, "drop-member", 120, true);
	made_step(made, "drop-snapshot", 110, true);
	made_step(made, "unlock-nodes", 80, true);
}

/* The one before: another etcd, another snapshot, slower. */
static inline void made_last(struct made_run *made)
{
	struct drill_report then = made->drill;

	then.snapshot = "s3://backups/prod/prod-<b>20261114T062512Z</b>";
	then.sha256 = "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc";
	then.revision = 640;
	then.trouble = NULL;
	then.at -= 7ull * 86400;
	then.taken_at -= 7ull * 86400;
	then.etcd = "3.5.12";
	then.forecast_ms += 40000;
	for (size_t i = 0; i < then.step_count; i++)
		if (strcmp(then.steps[i].name, "start-drill") == 0)
			then.steps[i].ms *= 3;
	made->last.name = "prod-20261114T062512Z";
	made->last.report = drill_report_tree(made->plan.arena, &then);
	made->report.last = &made->last;
}

static inline void made_drill_nodes(struct made_run *made)
{
	for (size_t i = 0; i < made->plan.found.cluster.count; i++) {
		struct play_node *node = &made->plan.nodes[i];
		node->found_member = node->want_member;
		node->found_cluster = node->want_cluster;
		node->hash = 0x5d2c11aa;
		node->tool_is_etcdutl = true;
		node->drill = (struct drill_node){ .leader = 0xbeef000000000001,
						   .revision = 972,
						   .written = 973 + i,
						   .started_ms = 2400 + 50 * i,
						   .version = "3.5.16" };
	}
	made->plan.nodes[0].drill.api_started_ms = 7300;
	made->plan.nodes[0].drill.api_objects = 953;
	made->plan.nodes[0].drill.api_resources = 26;
	snprintf(made->plan.nodes[0].drill.not_served, 200, "masterleases (3), ranges (2)");
}

static inline void made_drill(struct made_run *made, enum made_kind kind)
{
	struct drill_report *drill = &made->drill;

	*drill = (struct drill_report){ .snapshot = made->plan.source.shown,
					.sha256 = made->plan.source.file.sha256,
					.revision = 972,
					.taken_at = made->plan.source.recipe.taken_at,
					.at = made->plan.source.recipe.taken_at + 644,
					.host = "bastion",
					.way = "nodes",
					.program = "0.1.0" };
	made->play_drill = (struct play_drill){ .port = 12379, .api = true, .secret_count = 1 };
	made->play_drill.secrets[0].key = "k8s:enc:aescbc:v1:key1";
	made->plan.ctx.drill = &made->play_drill;
	made->plan.ctx.bump = 0;
	made->report.drill = drill;
	made_drill_nodes(made);
	made_drill_steps(made);
	made->err = ERR_INIT;
	if (kind == MADE_DRILL_FAILED) {
		made_fail(made, 1, MADE_ERROR);
		err_set(&made->err, ERR_UNSAFE, "ha-control-plane2: read-drill: %s", MADE_ERROR);
		made->report.outcome = PLAY_UNDONE;
		made->report.status = 1;
		drill->trouble = made->err.text;
	} else {
		made_step(made, "start-drill-api", 7300, false);
		made_step(made, "read-drill-api", 1400, false);
		drill->forecast_ms = drill_forecast(&made->plan, &made->progress);
	}
	made_drill_undos(made);
	if (kind == MADE_DRILL_LEFT) {
		made->progress.count -= 3;
		made_fail(made, 2, "drill-etcd does not end: process 4711");
		err_set(&made->err, ERR_TIMEOUT,
			"ha-control-plane3: stop-drill: drill-etcd does not end: process 4711");
		made->report.outcome = PLAY_NEEDS_YOU;
		made->report.status = 5;
	}
	drill_tell_nodes(&made->plan, drill);
	drill_tell_proofs(&made->plan, &made->progress, drill);
	drill_tell_steps(&made->progress, drill);
	if (kind != MADE_DRILL_LEFT)
		made_last(made);
}

/* made_free frees.  `made` is large: not on the stack. */
static inline void made_run(struct made_run *made, enum made_kind kind, size_t members)
{
	*made = (struct made_run){ .progress.began = 1000, .plan.source.file.fd = -1 };
	made->plan.arena = arena_new();
	made_cluster(made, members);
	snprintf(made->plan.ctx.run, RUN_ID_SIZE, "20261121t062536-f346");
	snprintf(made->plan.ctx.token, TOKEN_SIZE, "etcd-backup-0123456789abcdef0123456789abcdef");
	made->plan.ctx.operator= "ops at bastion";
	made->plan.ctx.playbook = kind == MADE_ROLLBACK ? "rollback"
				  : kind >= MADE_DRILL  ? "drill"
							: "restore";
	made->plan.ctx.playbook_sha256 =
		"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
	made->report = (struct report){ .plan = &made->plan,
					.progress = &made->progress,
					.began_at = 1795242336,
					.err = &made->err,
					.earlier = kind == MADE_RESUMED,
					.journal = "/home/ops/.local/state/kubectl-etcd-backup/"
						   "kind-ha/20261121t062536-f346.jsonl" };
	if (kind == MADE_ROLLBACK)
		made->plan.ctx.target = "20261120t101112-0abc";
	else
		made_snapshot(&made->plan);
	if (kind >= MADE_DRILL) {
		made_drill(made, kind);
		return;
	}
	if (kind == MADE_UNDONE || kind == MADE_NEEDS_YOU) {
		made_failed(made, kind);
		return;
	}
	if (kind != MADE_RESUMED)
		made_steps_before(made);
	if (kind == MADE_ROLLBACK)
		made_step(made, "compare-etcd", 120, false);
	made_steps_after(made);
	if (kind != MADE_RESUMED)
		made_served(made, 6600, 19900);
}

static inline void made_free(struct made_run *made)
{
	arena_free(made->plan.arena);
}

/* How often `part` stands in a page. */
static inline size_t count_of(const char *text, const char *part)
{
	size_t count = 0;

	for (const char *at = strstr(text, part); at; at = strstr(at + 1, part))
		count++;
	return count;
}

/* Whether the document claims what that step proves. */
static inline bool proves(const struct tree *top, const char *step)
{
	for (const struct tree *at = tree_get(top, "proved")->first; at; at = at->next)
		if (strcmp(tree_string(at, "step"), step) == 0)
			return true;
	return false;
}

#endif
