/*
 * drill_nodes: see drill_nodes.h.  Reads like a recipe: find the cluster, remove what a dead drill left, look at every node,
 * play, undo.
 */
#include "plugin/drill_nodes.h"

#include "etcd/apiserver_flags.h"
#include "play/forecast.h"
#include "plugin/drill_left.h"
#include "plugin/perform.h"
#include "plugin/print.h"
#include "plugin/progress.h"
#include "plugin/version.h"

#include <string.h>
#include <unistd.h>

enum { LIMIT_S = 3600, CERTIFICATE_HOURS = 25, STATUS_LEFT = 5 };

static void proved(struct plan *plan, struct drill_report *report, const char *name,
		   const char *words)
{
	if (report->proof_count < DRILL_PROOFS_MAX)
		report->proofs[report->proof_count++] = (struct drill_proof){ name, words };
	(void)plan;
}

/* What the steps have proved, in words; each of them has ended well. */
static void tell_proofs(struct plan *plan, struct drill_report *report)
{
	struct arena *a = plan->arena;
	const struct play_node *first = &plan->nodes[0];
	uint64_t written = 0;

	for (size_t i = 0; i < plan->ctx.cluster->count; i++)
		if (plan->nodes[i].drill.written > written)
			written = plan->nodes[i].drill.written;
	proved(plan, report, "alarms", "none");
	proved(plan, report, "ids",
	       arena_printf(a, "cluster %llx and all members serve under the ids foreseen",
			    (unsigned long long)first->want_cluster));
	proved(plan, report, "voters",
	       arena_printf(a, "%zu, and no other member", plan->ctx.cluster->count));
	proved(plan, report, "leader",
	       arena_printf(a, "%llx, the same for all", (unsigned long long)first->drill.leader));
	proved(plan, report, "HashKV",
	       arena_printf(a, "%08x at revision %llu, the snapshot's on all members", first->hash,
			    (unsigned long long)plan->ctx.snapshot_revision));
	proved(plan, report, "read",
	       arena_printf(a, "linearizable, at revision %llu, from every member",
			    (unsigned long long)first->drill.revision));
	proved(plan, report, "write",
	       arena_printf(a,
			    "through every member, up to revision %llu, read back from every other",
			    (unsigned long long)written));
}

static void tell_api(struct plan *plan, struct drill_report *report)
{
	struct arena *a = plan->arena;
	const struct play_drill *drill = plan->ctx.drill;
	const struct drill_node *first = &plan->nodes[0].drill;
	const char *keys = NULL;

	proved(plan, report, "API server",
	       arena_printf(a, "ready after %.1f s on %s", (double)first->api_started_ms / 1000,
			    plan->ctx.cluster->members[0].node));
	proved(plan, report, "objects",
	       arena_printf(a, "%llu of %llu resources, as many as in the snapshot",
			    (unsigned long long)first->api_objects,
			    (unsigned long long)first->api_resources));
	if (first->not_served[0])
		proved(plan, report, "not served",
		       arena_printf(a, "%s: in the snapshot, and no resource of this API server",
				    first->not_served));
	for (size_t i = 0; i < drill->secret_count; i++)
		if (drill->secrets[i].key[0])
			keys = arena_printf(a, "%s%s%s", keys ? keys : "", keys ? ", " : "",
					    drill->secrets[i].key);
	proved(plan, report, "secrets",
	       !drill->secret_count ? "there is none"
	       : keys ? arena_printf(a, "one of each key read and decrypted: %s", keys)
		      : "one read; they are not encrypted");
}

/* How long a step took, which was there once. */
static uint64_t step_ms(const struct progress *progress, const char *verb)
{
	for (size_t i = 0; i < progress->count; i++)
		if (!progress->steps[i].undo && strcmp(progress->steps[i].verb->name, verb) == 0)
			return progress->steps[i].ms;
	return 0;
}

static uint64_t forecast(const struct plan *plan, const struct progress *progress)
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

static void tell_steps(const struct progress *progress, struct drill_report *report)
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

static void tell_nodes(struct plan *plan, struct drill_report *report)
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

/* From the real cluster to the scratch one: its ports, no bump, nobody to wait for. */
static int settle(const struct opts *opts, struct plan *plan, const struct drill_snapshot *snapshot,
		  struct certificate *certificate, struct err *err)
{
	struct play_drill *drill = arena_alloc(plan->arena, sizeof(*drill));

	drill->port = (unsigned)opts->port_base;
	drill->hash = snapshot->hash.hash;
	drill->limit_s = opts->timeout_ms ? opts->timeout_ms / 1000 + 60 : LIMIT_S;
	drill->etcd = opts->etcd;
	drill->api = opts->api != CHOICE_FALSE;
	drill->objects = &snapshot->objects;
	memcpy(drill->secrets, snapshot->secrets, sizeof(drill->secrets));
	drill->secret_count = snapshot->secret_count;
	drill->certificate = certificate;
	if (drill->api &&
	    certificate_make(APISERVER_USER, "127.0.0.1", CERTIFICATE_HOURS, certificate, err))
		return -1;
	plan->ctx.drill = drill;
	plan->ctx.carried_alarms = snapshot->carried.alarms;
	plan->ctx.carried_auth = snapshot->carried.auth;
	plan->ctx.snapshot_in_use = snapshot->carried.in_use;
	plan->ctx.bump = 0;
	plan->ctx.front_ready = NULL;
	return drill_cluster(&plan->found.cluster, drill, err) || plan_members(plan, err);
}

static int play(const struct opts *opts, struct plan *plan, const struct playbook *book,
		struct drill_report *report, struct err *err)
{
	struct progress progress;
	struct err removing = ERR_INIT;
	struct journal *journal = journal_new(NULL, plan->ctx.cluster->name, plan->ctx.run,
					      plan_header(plan, book->name, book->sha256), err);
	struct play play = { .playbook = book,
			     .fleet = plan->found.fleet,
			     .ctx = &plan->ctx,
			     .journal = journal,
			     .events = progress_events(&progress),
			     .deadline = opts->timeout_ms ? deadline_in(opts->timeout_ms) : 0 };

	progress_begin(&progress, plan->arena, opts->quiet);
	if (!journal)
		return err_status(err->code);
	enum play_outcome outcome = play_run(&play, err);
	bool good = outcome == PLAY_DONE;
	if (good && play_undo(&play, &removing) != PLAY_UNDONE) {
		*err = removing;
		outcome = PLAY_NEEDS_YOU;
	}
	tell_nodes(plan, report);
	if (good)
		tell_proofs(plan, report);
	if (good && plan->ctx.drill->api) {
		tell_api(plan, report);
		report->forecast_ms = forecast(plan, &progress);
	}
	tell_steps(&progress, report);
	if (outcome == PLAY_NEEDS_YOU)
		print_notice("Something is left on the nodes.  To remove it: kubectl etcd-backup "
			     "resume %s --undo",
			     plan->ctx.run);
	journal_free(journal);
	return outcome == PLAY_NEEDS_YOU ? STATUS_LEFT : good ? 0 : err_status(err->code);
}

int drill_nodes(const struct opts *opts, struct plan *plan, const struct drill_snapshot *snapshot,
		struct drill_report *report, int *status, struct err *err)
{
	struct playbook book;
	scoped(certificate) struct certificate certificate = { .ca = BUF_INIT(1) };
	char host[256] = "";

	gethostname(host, sizeof(host) - 1);
	report->host = arena_strdup(plan->arena, host);
	report->way = "nodes";
	report->program = VERSION;
	plan->ctx.snapshot_path = plan->source.path;
	if (perform_playbook(plan, "drill", &book, err) || plan_cluster(opts, plan, err) ||
	    drill_left_undo(opts, plan, err) || settle(opts, plan, snapshot, &certificate, err) ||
	    perform_look(plan, &book, err)) {
		*status = err_status(err->code);
		return -1;
	}
	plan_warn(plan);
	*status = play(opts, plan, &book, report, err);
	return *status ? -1 : 0;
}
