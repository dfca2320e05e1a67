/*
 * after_end: see after.h.
 */
#include "etcd/etcd_alarm.h"
#include "etcd/etcd_names.h"
#include "plugin/after.h"
#include "plugin/kubelets.h"
#include "plugin/plan.h"
#include "plugin/print.h"

#include <string.h>
#include <unistd.h>

/* An API server's lease is of 15 s, and starts anew with the member that leads. */
enum { ASK_MS = 10 * 1000, LEASES_MS = 30 * 1000, NODES_MS = 90 * 1000, AGAIN_US = 500 * 1000 };
enum { SHOWN = 20 };

/* The names below a prefix, as the first member has them now.  -1: it cannot be asked. */
static int ask(struct plan *plan, const char *prefix, struct name_set *out)
{
	*out = (struct name_set){ .count = 0 };
	return after_names(plan, 0, prefix, deadline_in(ASK_MS), out);
}

static size_t common(const struct name_set *a, const struct name_set *b)
{
	size_t count = 0;

	for (size_t i = 0; i < a->count; i++)
		count += name_set_has(b, a->list[i]);
	return count;
}

static void end_revisions(const struct plan *plan)
{
	const struct play_ctx *ctx = &plan->ctx;
	uint64_t revision = ctx->nodes[0].revision;

	if (!revision) /* wait-etcd was another process's */
		return;
	if (ctx->bump && revision >= ctx->snapshot_revision + ctx->bump)
		print_notice("Revisions were raised by %llu: watches start anew.",
			     (unsigned long long)ctx->bump);
	else
		print_notice("Revisions were not raised: watches that are older than the restore "
			     "may wait.  When something does not notice changes, restart it.");
}

/* The same on the terminal as in the report: what was not compared must not pass for compared. */
static void end_hash(const struct plan *plan)
{
	const struct play_ctx *ctx = &plan->ctx;
	const char *where = NULL;

	for (size_t i = 0; i < ctx->cluster->count; i++)
		if (ctx->nodes[i].hash_refused)
			where = arena_printf(plan->arena, "%s%s%s", where ? where : "",
					     where ? ", " : "", ctx->cluster->members[i].node);
	if (!where)
		return;
	print_notice("HashKV was not compared on %s: etcd's auth is on, and the member's "
		     "certificate there is of no user with the role root.  %s  To compare it: "
		     "etcdctl endpoint hashkv --cluster, as such a user.",
		     where,
		     ctx->joins
			     ? "Ids were compared instead, and what those that refused it tell of "
			       "their entries and revisions."
		     : ctx->target ? "Ids, entries of the log and revisions were compared instead."
				   : "Every member was built from the same file, by its SHA-256.");
}

/* What only the process that began the run could look at. */
static void end_unseen(const struct plan *plan)
{
	const struct play_ctx *ctx = &plan->ctx;

	if (!plan->after.read && !ctx->target)
		print_notice("Another process began this run, so it was not looked whether API "
			     "servers that are gone are still announced (kubectl get endpoints "
			     "kubernetes), nor which removed nodes are there again (kubectl get "
			     "nodes).");
	if (!ctx->nodes[0].revision)
		print_notice("What the members told before the commit, HashKV and revisions, was "
			     "seen by the process that began this run; to see it again: etcdctl "
			     "endpoint hashkv "
			     "--cluster.  When something does not notice changes, restart it.");
}

static void end_alarms(const struct plan *plan)
{
	const struct play_ctx *ctx = &plan->ctx;
	unsigned left = play_alarms_left(ctx);

	if (!ctx->carried_alarms && !left)
		return;
	if (!left) {
		print_notice("The alarms that came with the snapshot are disarmed.");
		return;
	}
	print_notice("warning: %s%s came with the %s and stands: nobody can write.  On a node: "
		     "etcdctl compact, etcdctl defrag, etcdctl alarm disarm; then kubectl "
		     "etcd-backup status",
		     left & ETCD_ALARM_NOSPACE ? "the alarm NOSPACE" : "an alarm",
		     ctx->keep_alarms ? " (--keep-alarms)" : "",
		     ctx->target ? "old data" : "snapshot");
	if (ctx->target) /* its members were not looked into */
		return;
	for (size_t i = 0; i < ctx->cluster->count; i++) {
		const struct play_node *node = &ctx->nodes[i];
		if (node->alarm_trouble[0])
			print_notice("  %s: %s", ctx->cluster->members[i].node,
				     node->alarm_trouble);
		else if (!node->has_room)
			print_notice("  %s: %llu MiB of a quota of %llu MiB are in use",
				     ctx->cluster->members[i].node,
				     (unsigned long long)(node->size_after >> 20),
				     (unsigned long long)(play_quota(node->member) >> 20));
	}
}

/* Until etcd has removed them: their leases began anew with the restored data. */
static void end_leases(struct plan *plan)
{
	const struct name_set *stale = &plan->after.stale;
	uint64_t deadline = deadline_in(LEASES_MS);
	size_t left = stale->count;
	struct name_set now;

	if (!stale->count)
		return;
	while (left && !ask(plan, KUBE_APIS_BELOW, &now)) {
		left = common(stale, &now);
		if (!left || now_ms() >= deadline || fleet_cancelled(plan->found.fleet))
			break;
		usleep(AGAIN_US);
	}
	if (!left)
		print_notice("API servers of the snapshot that are gone are not announced any "
			     "more: %s",
			     name_set_words(stale, SHOWN, plan->arena));
	else
		print_notice("warning: %s still stand below " KUBE_APIS_BELOW " in etcd; the "
			     "Service \"kubernetes\" may lead there until they are removed",
			     name_set_words(stale, SHOWN, plan->arena));
}

/* Until those whose kubelets were restarted are there again. */
static void wait_for_nodes(struct plan *plan, const struct name_set *restarted)
{
	uint64_t deadline = deadline_in(NODES_MS);
	struct name_set now = { .count = 0 };

	while (!ask(plan, KUBE_NODES_BELOW, &now) && common(restarted, &now) < restarted->count &&
	       now_ms() < deadline && !fleet_cancelled(plan->found.fleet))
		usleep(AGAIN_US);
	struct name_set missing = name_set_minus(restarted, &now, plan->arena);
	if (missing.count)
		print_notice("warning: kubelets were restarted, and their nodes are not there "
			     "again yet: %s",
			     name_set_words(&missing, SHOWN, plan->arena));
	else
		print_notice(
			"Kubelets were restarted, and their nodes are there again: %s; labels and "
			"taints that were set later are gone",
			name_set_words(restarted, SHOWN, plan->arena));
}

/* The nodes that joined after the snapshot: found by this process, or by the one that began the run. */
static struct name_set unknown_nodes(struct plan *plan)
{
	struct name_set set = { .count = 0 };

	for (const char *at = plan->ctx.unknown_nodes; at && *at;) {
		size_t len = strcspn(at, ",");
		name_set_add(&set, plan->arena, at, len);
		at += len + (at[len] == ',');
	}
	return set;
}

static void end_kubelets(const struct opts *opts, struct plan *plan)
{
	struct name_set done = { .count = 0 }, all = unknown_nodes(plan);
	struct err err = ERR_INIT;

	if (kubelets_restart(opts->restart_kubelets, &plan->found.ssh,
			     plan->found.nodes[0].cancel_fd, plan->arena, &done, &err))
		print_notice("warning: %s", err.text);
	if (done.count)
		wait_for_nodes(plan, &done);
	struct name_set left = name_set_minus(&all, &done, plan->arena);
	for (size_t i = 0; i < left.count && i < SHOWN; i++)
		print_notice("Node %s joined after the snapshot and is not in it; to register it "
			     "again: ssh %s systemctl restart kubelet",
			     left.list[i], left.list[i]);
	if (left.count > SHOWN)
		print_notice("The same on %zu more; their names are in state.json of the run.",
			     left.count - SHOWN);
}

void after_end(const struct opts *opts, struct plan *plan)
{
	const struct after *after = &plan->after;
	struct err ignored = ERR_INIT;

	/* the run has ended: a second Ctrl-C ends only the waiting here */
	fleet_catch_signals(plan->found.fleet, NULL, NULL, &ignored);
	if (!plan->ctx.joins)
		end_unseen(plan);
	if (plan->ctx.joins || plan->ctx.target) {
		end_hash(plan);
		end_alarms(plan);
		return;
	}
	end_revisions(plan);
	end_alarms(plan);
	if (plan->ctx.carried_auth)
		print_notice("etcd's auth is on, as in the snapshot: kube-apiserver, status and "
			     "save need users of it.");
	end_hash(plan);
	end_leases(plan);
	end_kubelets(opts, plan);
	if (after->gone.count)
		print_notice("Nodes that had been removed are there again; kubectl delete node "
			     "removes them: "
			     "%s",
			     name_set_words(&after->gone, SHOWN, plan->arena));
}
