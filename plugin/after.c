/*
 * after: see after.h.  What is read and asked, and the plan's lines; the end is in after_end.c.
 */
#include "plugin/after.h"

#include "etcd/etcd_alarm.h"
#include "etcd/etcd_names.h"
#include "plugin/plan.h"
#include "plugin/print.h"

#include <stdio.h>
#include <string.h>

enum { ASK_MS = 15 * 1000, SHOWN = 5, UNKNOWN_TEXT_MAX = 16 * 1024 };

/* Nothing of the cluster is replaced by what the snapshot has. */
static bool only_looks(const struct opts *opts)
{
	return opts->command &&
	       (strcmp(opts->command, "browse") == 0 || strcmp(opts->command, "extract") == 0);
}

static int check_corrupt(const struct opts *opts, const struct plan *plan, struct err *err)
{
	const struct etcd_carried *carried = &plan->after.carried;

	if (!(carried->alarms & ~(unsigned)ETCD_ALARM_NOSPACE))
		return 0;
	if (opts->force_corrupt && opts->keep_alarms)
		return err_set(err, ERR_USAGE,
			       "--force-corrupt with --keep-alarms: nobody could read anything");
	if (opts->force_corrupt)
		return 0;
	if (only_looks(opts)) {
		print_notice("warning: %s: the cluster that it was taken from had an alarm: %s; "
			     "its members' data differed, and what is seen here may not be right",
			     plan->source.shown, carried->alarm_words);
		return 0;
	}
	err_set(err, ERR_UNSAFE,
		"%s: the cluster that it was taken from had an alarm: %s; its members' data "
		"differed, and nobody can tell whether this one's is right",
		plan->source.shown, carried->alarm_words);
	return err_hint(err, "use a snapshot from before the alarm; when there is none, and the "
			     "data looks good (inspect, diff): --force-corrupt");
}

int after_read(const struct opts *opts, struct plan *plan, struct err *err)
{
	scoped(bolt_map) struct bolt_map map = { 0 };
	struct after *after = &plan->after;
	struct play_ctx *ctx = &plan->ctx;

	if (bolt_map_open(plan->source.file.fd, plan->source.file.db_size, &map, err) ||
	    etcd_carried_read(&map, plan->arena, &after->carried, err))
		return err_in(err, "%s", plan->source.shown);
	after->read = true;
	ctx->carried_alarms = after->carried.alarms;
	ctx->carried_auth = after->carried.auth;
	ctx->snapshot_in_use = after->carried.in_use;
	ctx->keep_alarms = opts->keep_alarms;
	return check_corrupt(opts, plan, err);
}

/* Which of the API servers in the snapshot are on none of the nodes. */
static void find_stale(struct plan *plan)
{
	struct name_set here = { .count = 0 };

	for (size_t i = 0; i < plan->found.cluster.count; i++) {
		const char *given = plan->found.found[i].api.advertise_address;
		const char *address = given ? given : plan->found.cluster.members[i].address;
		if (address)
			name_set_add(&here, plan->arena, address, strlen(address));
	}
	plan->after.stale = name_set_minus(&plan->after.carried.apis, &here, plan->arena);
}

/* For state.json: whoever goes on with the run on another machine knows them, too. */
static const char *unknown_text(const struct name_set *unknown, struct arena *arena)
{
	scoped(buf) struct buf text = BUF_INIT(UNKNOWN_TEXT_MAX);

	for (size_t i = 0; i < unknown->count; i++)
		if (buf_addf(&text, "%s%s", i ? "," : "", unknown->list[i]))
			break;
	return text.len ? arena_strdup(arena, buf_str(&text)) : NULL;
}

static int names_below(struct plan *plan, size_t member, const char *prefix, uint64_t deadline,
		       struct name_set *out, struct err *err)
{
	scoped(etcd_client) struct etcd_client *client = etcd_client_new(
		&plan->found.nodes[member], &plan->found.cluster.members[member], deadline, err);

	return client ? etcd_names_below(client, prefix, deadline, plan->arena, out, err) : -1;
}

int after_names(struct plan *plan, size_t member, const char *prefix, uint64_t deadline,
		struct name_set *out)
{
	struct err ignored = ERR_INIT;

	return names_below(plan, member, prefix, deadline, out, &ignored);
}

void after_ask(struct plan *plan)
{
	struct after *after = &plan->after;
	struct name_set nodes = { .count = 0 };

	if (!after->read)
		return;
	find_stale(plan);
	for (size_t i = 0; i < plan->found.cluster.count && !after->asked; i++) {
		struct err err = ERR_INIT;
		if (!plan->found.found[i].answers)
			continue;
		after->asked =
			!names_below(plan, i, KUBE_NODES_BELOW, deadline_in(ASK_MS), &nodes, &err);
		snprintf(after->unasked, sizeof(after->unasked), "%.120s", err.text);
	}
	if (!after->asked)
		return;
	after->unknown = name_set_minus(&nodes, &after->carried.nodes, plan->arena);
	after->gone = name_set_minus(&after->carried.nodes, &nodes, plan->arena);
	plan->ctx.unknown_nodes = unknown_text(&after->unknown, plan->arena);
}

static void show_alarms(const struct plan *plan)
{
	const struct play_ctx *ctx = &plan->ctx;

	if (!ctx->carried_alarms)
		return;
	print_notice("  alarms      come with the snapshot: %s", plan->after.carried.alarm_words);
	if (ctx->keep_alarms)
		print_notice("              they are left as they come: until they are disarmed "
			     "nobody can write");
	else if (ctx->carried_alarms & ~(unsigned)ETCD_ALARM_NOSPACE)
		print_notice("              WARNING: the data may be wrong; they are disarmed "
			     "before the API servers start, as --force-corrupt says");
	else
		print_notice("              members are defragmented one after the other, then "
			     "it is disarmed, when there is room below the quota");
}

static void show_nodes(const struct plan *plan)
{
	const struct after *after = &plan->after;

	if (!after->asked) {
		if (plan->found.fleet)
			print_notice("  kubelets    no member %s: which nodes joined after "
				     "the snapshot cannot be told",
				     after->unasked[0]
					     ? arena_printf(plan->arena, "tells its nodes (%s)",
							    after->unasked)
					     : plan_silence(plan));
		return;
	}
	if (after->unknown.count)
		print_notice("  kubelets    to be restarted on %zu nodes that joined after the "
			     "snapshot: %s",
			     after->unknown.count,
			     name_set_words(&after->unknown, SHOWN, plan->arena));
	if (after->gone.count)
		print_notice("  nodes       %zu that were removed since come back: %s",
			     after->gone.count, name_set_words(&after->gone, SHOWN, plan->arena));
}

void after_show(const struct plan *plan)
{
	const struct after *after = &plan->after;

	if (plan->ctx.bump)
		print_notice("  revisions   raised by %llu, where etcd's tool can, so that watches "
			     "end and start anew",
			     (unsigned long long)plan->ctx.bump);
	else if (plan->found.fleet)
		print_notice("  revisions   NOT raised: watches may wait for revisions to come "
			     "again");
	if (!after->read)
		return;
	show_alarms(plan);
	if (after->carried.auth)
		print_notice("  auth        etcd's auth is on in the snapshot: kube-apiserver's "
			     "client certificate must name one of its users");
	print_notice("  leases      %llu, which start anew at their full time",
		     (unsigned long long)after->carried.leases);
	if (after->stale.count)
		print_notice("              %zu of the API servers in the snapshot are on none of "
			     "these nodes: %s; etcd removes them by itself",
			     after->stale.count, name_set_words(&after->stale, SHOWN, plan->arena));
	show_nodes(plan);
}
