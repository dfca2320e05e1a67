/*
 * report_proved: see report_proved.h.  Each line must be true of the verb that it names: who changes the one changes the
 * other.
 */
#include "plugin/report_proved.h"

#include "base/text.h"
#include "plugin/report_drill.h"

#include <string.h>

struct proof {
	const char *step;
	bool undo;
	bool again; /* a run that is gone on with makes it again; else an earlier process may have */
	const char *playbook; /* NULL: any but rejoin, of whose steps most are of one node */
	const char *what, *how;
};

static const struct proof proofs[] = {
	{ "put-snapshot", false, false, NULL, "Every node got exactly this snapshot.",
	  "Each node computed the SHA-256 of the file that it got; it is the one named here." },
	{ "build-member", false, false, "restore",
	  "Each member was built with the ids that were predicted.",
	  "Read out of the new write-ahead log before anything was stopped, and compared with the "
	  "ids that follow from the peer URLs and the run's own token." },
	{ "build-member", false, false, "drill",
	  "Each member was built with the ids that were predicted.",
	  "Read out of the new write-ahead log, and compared with the ids that follow from the "
	  "peer URLs at the drill's ports and its own token." },
	{ "check-kept", false, true, "rollback",
	  "Every node has its old data, and all of it is of one cluster.",
	  "The ids were read out of the write-ahead logs that were kept." },
	{ "stop-apiserver", false, false, NULL, "No API server could write any more.",
	  "On every node no kube-apiserver process was left and nobody listened on its port." },
	{ "stop-etcd", false, false, NULL, "No member was left that had the data in its hands.",
	  "On every node no etcd process was left, nobody listened on its ports, and nobody held "
	  "the lock of the database." },
	{ "wait-etcd", false, true, "restore",
	  "All members serve the same data, as one new cluster.",
	  "Each was asked itself: the predicted member and cluster id, exactly these voters, a "
	  "leader, no alarm and no error but those that came with the snapshot; and HashKV is the "
	  "same on all." },
	{ "wait-etcd", false, true, "rollback", "All members serve, as the cluster that they were.",
	  "Each was asked itself: the member and cluster id of the old data, exactly these voters, "
	  "a leader." },
	{ "compare-etcd", false, true, NULL, "All members have the same data.",
	  "HashKV at the lowest revision among them is the same on all." },
	{ "clear-alarms", false, true, NULL, "No alarm stands any more.",
	  "Those that came with the snapshot were disarmed, and etcd was asked again." },
	{ "wait-apiserver", false, true, NULL, "Every API server is ready.",
	  "/readyz on each node said 200." },
	{ "wait-controllers", false, true, NULL, "Controller manager and scheduler work.",
	  "Both leases were seen renewed through an API server." },
	{ "stop-etcd", false, false, "rejoin", "Nothing on the node had its old data in its hands.",
	  "No kube-apiserver and no etcd process was left there, nobody listened on their ports, "
	  "and "
	  "nobody held the lock of the database." },
	{ "wait-learner", false, false, "rejoin",
	  "The member had the cluster's data before its vote.",
	  "It served under the ids that the cluster had given it, and had applied all that the "
	  "cluster had when it was asked." },
	{ "wait-voters", false, true, "rejoin", "Every member has its vote and is well.",
	  "Each was asked itself: one cluster id, exactly these voters, a leader, no alarm, no "
	  "error." },
	{ "compare-etcd", false, true, "rejoin", "All members have the same data.",
	  "HashKV at the lowest revision among them is the same on all." },
	{ "wait-apiserver", false, true, "rejoin", "Every API server is ready.",
	  "/readyz on each node said 200." },
	{ "remove-learner", true, true, "rejoin", "The cluster has no member of the node.",
	  "The cluster was asked for its members with a quorum; what the run had added was "
	  "removed." },
	{ "swap-data-back", true, true, NULL, "The data from before the run is in its place.",
	  "On every node that had come so far the renames were undone." },
	{ "start-etcd", true, true, NULL, "etcd runs as it did before.",
	  "The manifests are back as they were; where etcd listened before, it listens again." },
	{ "start-apiserver", true, true, NULL, "The API servers run as they did before.",
	  "The manifests are back as they were; where one listened before, it listens again." },
	{ "stop-drill-api", true, true, "drill", "No API server of the drill runs any more.",
	  "Processes were looked for by their program, and none was left." },
	{ "stop-drill", true, true, "drill", "No etcd of the drill runs any more.",
	  "On every node processes were looked for by their program, and none was left." },
	{ "drop-member", true, true, "drill", "The restored data is gone from every node.",
	  "On every node its folder inside the data dir was removed." },
};

/* The same steps where etcd's auth refused HashKV to a member's certificate. */
static const struct proof unhashed[] = {
	{ "wait-etcd", false, true, "restore",
	  "All members serve, as one new cluster; HashKV was not compared.",
	  "Each was asked itself: the predicted member and cluster id, exactly these voters, a "
	  "leader, no alarm and no error but those that came with the snapshot.  etcd's auth "
	  "refused HashKV to the members' certificates." },
	{ "compare-etcd", false, true, NULL,
	  "Those that refused HashKV are as far in the log as each other; their data was not "
	  "compared.",
	  "etcd's auth refused HashKV to the members' certificates.  Each that refused it has the "
	  "ids that it had before and every entry that any member had known of; and none has "
	  "another revision at the same entry." },
};

static bool any_hash_refused(const struct play_ctx *ctx)
{
	for (size_t i = 0; i < ctx->cluster->count; i++)
		if (ctx->nodes[i].hash_refused)
			return true;
	return false;
}

static const struct proof *what_it_proves(const struct play_ctx *ctx, const struct proof *p)
{
	for (size_t i = 0; i < sizeof(unhashed) / sizeof(unhashed[0]); i++) {
		const struct proof *u = &unhashed[i];
		if (any_hash_refused(ctx) && strcmp(u->step, p->step) == 0 &&
		    (!u->playbook || text_same(u->playbook, p->playbook)))
			return u;
	}
	return p;
}

/* What a step that ended well has not looked at, for what came with the snapshot. */
static bool left_out(const struct play_ctx *ctx, const char *step)
{
	if (strcmp(step, "clear-alarms") == 0)
		return !ctx->carried_alarms || play_alarms_left(ctx);
	return strcmp(step, "wait-controllers") == 0 && play_alarms_left(ctx);
}

static void add(struct arena *arena, struct tree *list, const char *step, const char *what,
		const char *how)
{
	struct tree *map = tree_map(arena);

	tree_set_string(arena, map, "step", step);
	tree_set_string(arena, map, "what", what);
	tree_set_string(arena, map, "how", how);
	tree_add(list, map);
}

/* Those of steps forward, or those of undos. */
static void add_steps(struct arena *arena, struct tree *list, const struct report *report,
		      bool undo)
{
	const struct play_ctx *ctx = &report->plan->ctx;

	for (size_t i = 0; i < sizeof(proofs) / sizeof(proofs[0]); i++) {
		const struct proof *p = &proofs[i];
		if (p->undo == undo && (p->again || !report->earlier) &&
		    (p->playbook ? strcmp(p->playbook, ctx->playbook) == 0 : !ctx->joins) &&
		    progress_ended_well(report->progress, p->step, undo) && !left_out(ctx, p->step))
			add(arena, list, undo ? arena_printf(arena, "undo:%s", p->step) : p->step,
			    what_it_proves(ctx, p)->what, what_it_proves(ctx, p)->how);
	}
}

/* A drill reads all of it; a restore only what it needs, since the API may be down. */
static const char *read_how(const struct report *report)
{
	if (!report->drill)
		return "Read once before anything else: the SHA-256 at its end, and a database "
		       "whose own size is that of the file.";
	return report->plan->source.has_recipe
		       ? "Read once before anything else: the SHA-256 at its end, every page and "
			 "key of the database, and what its recipe says of it."
		       : "Read once before anything else: the SHA-256 at its end, and every page "
			 "and key of the database.";
}

struct tree *report_proved(struct arena *arena, const struct report *report)
{
	struct tree *list = tree_list(arena);

	if (report->plan->source.file.sha256[0])
		add(arena, list, "snapshot", "The snapshot is whole.", read_how(report));
	add_steps(arena, list, report, false);
	if (report->drill)
		report_drill_proved(arena, report, list);
	add_steps(arena, list, report, true);
	if (report->plan->ctx.front_ready &&
	    progress_ended_well(report->progress, "wait-apiserver", false))
		add(arena, list, "wait-apiserver", "The API is ready where users ask for it.",
		    "/readyz at the kubeconfig's address said 200.");
	return list;
}
