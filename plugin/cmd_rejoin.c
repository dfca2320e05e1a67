/*
 * cmd_rejoin: the node that a restore was done without comes back.  Find the cluster, look at every node, say what stops,
 * ask, play.
 */
#include "plugin/perform.h"
#include "plugin/plan_doc.h"
#include "plugin/preflight.h"
#include "plugin/print.h"

#include <string.h>

/* What is about to stop, in plain words. */
static const char *what_runs(const struct plan *plan)
{
	const struct found_node *found = &plan->found.found[0];

	if (!found->answers)
		return arena_printf(plan->arena, "its etcd does not answer; whatever runs of it");
	return arena_printf(plan->arena,
			    "its etcd, which is of cluster %llx at revision %llu and has no leader",
			    (unsigned long long)found->cluster_id,
			    (unsigned long long)found->revision);
}

static void show(const struct plan *plan)
{
	const struct cluster *cluster = &plan->found.cluster;
	const struct member *self = &cluster->members[0];

	print_notice("This brings node %s back into cluster \"%s\", as etcd member %s.", self->node,
		     cluster->name, self->name);
	for (size_t i = 1; i < cluster->count; i++)
		print_notice("  %-11s %s on %s, %s", i > 1 ? "" : "members",
			     cluster->members[i].name, cluster->members[i].address,
			     cluster->members[i].peer_url);
	print_notice("  comes back  %s on %s, %s", self->name, self->address, self->peer_url);
	if (!plan->ctx.nodes) /* nobody was asked */
		return;
	print_notice("  stops       on %s only: its API server; %s", self->node, what_runs(plan));
	print_notice("  old data    is of no use any more, and stays in %s/.before-%s",
		     self->data_dir, plan->ctx.run);
	print_notice("  way back    undo is automatic until the member has its vote");
}

static int dry_run(const struct plan *plan, const struct playbook *book, struct err *err)
{
	show(plan);
	if (plan->preflight)
		preflight_print(plan);
	plan_print_steps(plan, book);
	print_notice("Dry run: nothing was changed.");
	return print_flush(err);
}

/* The node first, and what the others have to send it. */
static int put_first(struct plan *plan, const char *name, struct err *err)
{
	struct play_ctx *ctx = &plan->ctx;

	if (plan_put_first(plan, name, err))
		return -1;
	plan_name_run(ctx);
	ctx->joins = plan->found.nodes[0].name;
	for (size_t i = 1; i < plan->found.cluster.count; i++)
		if (plan->found.found[i].db_size > ctx->db_size)
			ctx->db_size = plan->found.found[i].db_size;
	return 0;
}

static int check_others(const struct plan *plan, struct err *err)
{
	if (plan->found.cluster.count < 2)
		return err_set(err, ERR_UNSAFE,
			       "no other node was found: there is no cluster to come back to");
	return plan_others_tell(plan, err);
}

static int look(const struct opts *opts, struct plan *plan, const struct playbook *book,
		struct err *err)
{
	plan->found.wanted = opts->args[0]; /* kubelet may not have told the API of its pods yet */
	return plan_found(opts, plan, err) || put_first(plan, opts->args[0], err) ||
			       plan_members(plan, err) || check_others(plan, err) ||
			       perform_look(plan, book, err)
		       ? -1
		       : 0;
}

/* The same, and whatever fails does not keep the rest from being looked at. */
static int look_at_all(const struct opts *opts, struct plan *plan, const struct playbook *book,
		       struct err *err)
{
	struct err others = ERR_INIT;

	plan->found.wanted = opts->args[0];
	plan->found.shows_all = true;
	if (plan_found(opts, plan, err) || put_first(plan, opts->args[0], err))
		return -1;
	preflight_begin(plan);
	preflight_members(opts, plan);
	check_others(plan, &others);
	preflight_add(plan, "others", &others);
	return preflight_end(plan, book, err);
}

static int look_dry(const struct opts *opts, struct plan *plan, const struct playbook *book,
		    struct err *err)
{
	if (strcmp(opts->dry_run, "client") == 0)
		return plan_api(opts, plan, err) || plan_put_first(plan, opts->args[0], err) ? -1
											     : 0;
	if (!look_at_all(opts, plan, book, err))
		return 0;
	if (plan->preflight)
		preflight_print(plan);
	return -1;
}

static int rejoin_with(const struct opts *opts, struct plan *plan, struct err *err)
{
	struct playbook book;

	if (perform_playbook(plan, "rejoin", &book, err))
		return err_status(err->code);
	if (perform_is_dry(opts))
		return look_dry(opts, plan, &book, err) || dry_run(plan, &book, err)
			       ? err_status(err->code)
			       : 0;
	if (look(opts, plan, &book, err))
		return err_status(err->code);
	show(plan);
	if (perform_ask(opts, "Type the node's name to go on", plan->ctx.joins, err))
		return err_status(err->code);
	return perform(opts, plan, &book, PERFORM_RUN, err);
}

int cmd_rejoin(const struct opts *opts, struct err *err)
{
	struct plan plan;

	if (perform_check_dry(opts, err) || (!perform_is_dry(opts) && perform_may_ask(opts, err)))
		return err_status(err->code);
	plan_begin(&plan);
	int status = rejoin_with(opts, &plan, err);
	plan_release(&plan);
	return status;
}
