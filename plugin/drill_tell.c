/*
 * drill_tell: see drill_tell.h.
 */
#include "plugin/drill_tell.h"

#include "play/forecast.h"
#include "plugin/print.h"
#include "plugin/version.h"

#include <string.h>
#include <unistd.h>

static void proved(struct drill_report *report, const char *name, const char *words)
{
	if (report->proof_count < DRILL_PROOFS_MAX)
		report->proofs[report->proof_count++] = (struct drill_proof){ name, words };
}

/* By wait-etcd. */
static void tell_members(const struct plan *plan, struct drill_report *report)
{
	struct arena *a = plan->arena;

	proved(report, "alarms", "none");
	proved(report, "ids",
	       arena_printf(a, "cluster %llx and all members serve under the ids foreseen",
			    (unsigned long long)plan->nodes[0].want_cluster));
	proved(report, "voters",
	       arena_printf(a, "%zu, and no other member", plan->ctx.cluster->count));
}

/* By prove-drill. */
static void tell_data(const struct plan *plan, struct drill_report *report)
{
	struct arena *a = plan->arena;
	const struct play_node *first = &plan->nodes[0];

	proved(report, "leader",
	       arena_printf(a, "%llx, the same for all", (unsigned long long)first->drill.leader));
	proved(report, "HashKV",
	       arena_printf(a, "%08x at revision %llu, the snapshot's on all members", first->hash,
			    (unsigned long long)plan->ctx.snapshot_revision));
	proved(report, "read",
	       arena_printf(a, "linearizable, at revision %llu, from every member",
			    (unsigned long long)first->drill.revision));
}

/* By read-drill. */
static void tell_writes(const struct plan *plan, struct drill_report *report)
{
	uint64_t written = 0;

	for (size_t i = 0; i < plan->ctx.cluster->count; i++)
		if (plan->nodes[i].drill.written > written)
			written = plan->nodes[i].drill.written;
	proved(report, "write",
	       arena_printf(plan->arena,
			    "through every member, up to revision %llu, read back from every other",
			    (unsigned long long)written));
}

/* By start-drill-api. */
static void tell_api(const struct plan *plan, struct drill_report *report)
{
	proved(report, "API server",
	       arena_printf(plan->arena, "ready after %.1f s on %s",
			    (double)plan->nodes[0].drill.api_started_ms / 1000,
			    plan->ctx.cluster->members[0].node));
}

/* By read-drill-api. */
static void tell_objects(const struct plan *plan, struct drill_report *report)
{
	struct arena *a = plan->arena;
	const struct play_drill *drill = plan->ctx.drill;
	const struct drill_node *first = &plan->nodes[0].drill;
	const char *keys = NULL;

	proved(report, "objects",
	       arena_printf(a, "%llu of %llu resources, as many as in the snapshot",
			    (unsigned long long)first->api_objects,
			    (unsigned long long)first->api_resources));
	if (first->not_served[0])
		proved(report, "not served",
		       arena_printf(a, "%s: in the snapshot, and no resource of this API server",
				    first->not_served));
	for (size_t i = 0; i < drill->secret_count; i++)
		if (drill->secrets[i].key[0])
			keys = arena_join(a, keys, ", ", drill->secrets[i].key);
	proved(report, "secrets",
	       !drill->secret_count ? "there is none"
	       : keys ? arena_printf(a, "one of each key read and decrypted: %s", keys)
		      : "one read; they are not encrypted");
}

void drill_tell_proofs(const struct plan *plan, const struct progress *progress,
		       struct drill_report *report)
{
	static const struct {
		const char *step;
		bool api;
		void (*tell)(const struct plan *plan, struct drill_report *report);
	} told[] = { { "wait-etcd", false, tell_members },
		     { "prove-drill", false, tell_data },
		     { "read-drill", false, tell_writes },
		     { "start-drill-api", true, tell_api },
		     { "read-drill-api", true, tell_objects } };

	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		if ((plan->ctx.drill->api || !told[i].api) &&
		    progress_ended_well(progress, told[i].step, false))
			told[i].tell(plan, report);
}

/* How long a step took, which was there once. */
static uint64_t step_ms(const struct progress *progress, const char *verb)
{
	for (size_t i = 0; i < progress->count; i++)
		if (!progress->steps[i].undo && strcmp(progress->steps[i].verb->name, verb) == 0)
			return progress->steps[i].ms;
	return 0;
}

uint64_t drill_forecast(const struct plan *plan, const struct progress *progress)
{
	struct forecast_measured measured = {
		.etcd_well = step_ms(progress, "wait-etcd"),
		.api_start = plan->nodes[0].drill.api_started_ms,
		.turns = turns_start_etcd(&plan->ctx) ? plan->ctx.cluster->count : 1,
	};

	for (size_t i = 0; i < plan->ctx.cluster->count; i++)
		if (plan->nodes[i].drill.started_ms > measured.etcd_start)
			measured.etcd_start = plan->nodes[i].drill.started_ms;
	return forecast_api_down(&measured);
}

void drill_tell_steps(const struct progress *progress, struct drill_report *report)
{
	uint64_t removing = 0;

	for (size_t i = 0; i < progress->count; i++) {
		const struct progress_step *step = &progress->steps[i];
		if (step->undo)
			removing += step->ms;
		else if (report->step_count + 1 < DRILL_STEPS_MAX)
			report->steps[report->step_count++] =
				(struct drill_step){ step->verb->name, step->ms };
	}
	report->steps[report->step_count++] = (struct drill_step){ "remove", removing };
}

void drill_tell_where(const struct plan *plan, const char *way, struct drill_report *report)
{
	char host[256] = "";

	gethostname(host, sizeof(host) - 1);
	report->host = arena_strdup(plan->arena, host);
	report->way = way;
	report->program = VERSION;
}

void drill_tell_left(const struct plan *plan)
{
	print_notice("Something is left on the nodes.  To remove it: kubectl etcd-backup resume %s "
		     "--undo",
		     plan->ctx.run);
}

void drill_tell_nodes(const struct plan *plan, struct drill_report *report)
{
	const struct play_node *first = &plan->nodes[0];

	report->members = plan->ctx.cluster->count;
	for (size_t i = 0; i < plan->ctx.cluster->count; i++) {
		const struct drill_node *drill = &plan->nodes[i].drill;
		report->nodes[report->node_count++] = plan->ctx.cluster->members[i].node;
		if (drill->unlimited[0])
			print_warning(arena_printf(plan->arena,
						   "%s: without a cgroup of its own, so without a "
						   "limit of memory (%s)",
						   plan->ctx.cluster->members[i].node,
						   drill->unlimited));
	}
	report->etcd = arena_strdup(plan->arena, first->drill.version);
	report->restored_by =
		arena_printf(plan->arena, "%s of %s",
			     first->tool_is_etcdutl ? "etcdutl" : "etcdctl", first->tool_source);
}
