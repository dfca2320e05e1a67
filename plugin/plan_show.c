/*
 * plan_show: see plan.h.  What a restore is about to do, in words.
 */
#include "plugin/plan.h"

#include "plugin/print.h"

static void show_loss(const struct plan *plan)
{
	uint64_t then = plan->ctx.snapshot_revision, now = plan->live_revision;

	if (!plan->ctx.nodes) /* nobody was asked */
		return;
	if (!plan->live)
		print_notice("  now         no member %s: what was written after the snapshot "
			     "is lost",
			     plan_silence(plan));
	else if (now > then)
		print_notice("  now         revision %llu, %llu later than the snapshot: those "
			     "changes are lost",
			     (unsigned long long)now, (unsigned long long)(now - then));
	else
		print_notice("  now         revision %llu, not later than the snapshot",
			     (unsigned long long)now);
}

void plan_show_downtime(const struct plan *plan)
{
	if (plan->found.cluster.count == 1)
		print_notice("  downtime    the API server and etcd stop");
	else
		print_notice("  downtime    API servers and etcd stop on all %zu nodes at once",
			     plan->found.cluster.count);
}

void plan_show(const struct plan *plan)
{
	const struct cluster *cluster = &plan->found.cluster;
	const char *forecast = plan_forecast_words(plan);
	char when[21] = "an unknown time";
	struct err other = ERR_INIT;

	if (plan->source.has_recipe)
		time_text(plan->source.recipe.taken_at, when);
	print_notice("This replaces all data of cluster \"%s\" (%zu etcd members) with the "
		     "snapshot of %s.",
		     cluster->name, cluster->count, when);
	print_notice("  snapshot    revision %llu, %llu MiB%s",
		     (unsigned long long)plan->ctx.snapshot_revision,
		     (unsigned long long)(plan->source.file.db_size >> 20),
		     plan->source.has_recipe
			     ? ""
			     : ", no recipe beside it: of which cluster it is cannot be told");
	if (plan->source.has_recipe && plan->source.recipe.degraded)
		print_notice(
			"  WARNING     it was taken with --allow-degraded: %s; it may be stale "
			"or damaged",
			plan->source.recipe.degraded);
	show_loss(plan);
	for (size_t i = 0; i < cluster->count; i++)
		print_notice("  %-11s %s on %s, %s", i ? "" : "members", cluster->members[i].name,
			     cluster->members[i].address, cluster->members[i].peer_url);
	if (plan->source.has_recipe &&
	    cluster_same_members(cluster, &plan->source.recipe.cluster, &other))
		print_notice("  changed     since the snapshot: %s", other.text);
	for (size_t i = 0; i < plan->left_out_count; i++)
		print_notice("  %-11s %s", i ? "" : "left out", plan->left_out[i].words);
	after_show(plan);
	plan_show_downtime(plan);
	if (forecast)
		print_notice("  forecast    %s", forecast);
	print_notice("  way back    the old data stays in %s/.before-%s; undo is automatic until "
		     "etcd serves again",
		     cluster->members[0].data_dir, plan->ctx.run);
	if (!plan_rolls_back(plan))
		print_notice("              no rollback later: the data of now has members that "
			     "are on none of these nodes");
}
