/*
 * drill_flags: see drill_flags.h.
 */
#include "plugin/drill_flags.h"

#include "play/drill.h"

enum { LOWEST_PORT = 1024, HIGHEST_PORT = 65535 };

static int bad_flag(const struct opts *opts, struct err *err)
{
	err_hint(err, "see '%s %s --help' for usage", opts->program, opts->command);
	return -1;
}

int drill_flags_check(const struct opts *opts, struct err *err)
{
	uint64_t members = opts->members ? opts->members : CLUSTER_MEMBERS_MAX;

	if (!opts->local && (opts->members || opts->scratch)) {
		err_set(err, ERR_USAGE,
			"--%s goes with --local: on the nodes the members are those "
			"of the cluster, beside their data",
			opts->members ? "members" : "scratch");
		return bad_flag(opts, err);
	}
	if (opts->members > CLUSTER_MEMBERS_MAX) {
		err_set(err, ERR_USAGE, "--members=%llu: at most %d",
			(unsigned long long)opts->members, CLUSTER_MEMBERS_MAX);
		return bad_flag(opts, err);
	}
	if (opts->port_base < LOWEST_PORT || opts->port_base > HIGHEST_PORT ||
	    opts->port_base + 2 * members - 1 > HIGHEST_PORT) {
		err_set(err, ERR_USAGE, "--port-base=%llu: from %d on, two ports a member, to %d",
			(unsigned long long)opts->port_base, LOWEST_PORT, HIGHEST_PORT);
		return bad_flag(opts, err);
	}
	return 0;
}

const char *drill_flags_snapshot(const struct opts *opts, struct err *err)
{
	if (opts->arg_count)
		return opts->args[0];
	if (opts->from)
		return "latest";
	err_set(err, ERR_USAGE, "%s takes SNAPSHOT, or --from URL for the latest of that store",
		opts->command);
	bad_flag(opts, err);
	return NULL;
}

int drill_flags_settle(const struct opts *opts, struct plan *plan, struct play_drill *drill,
		       uint64_t limit_s, struct err *err)
{
	drill->port = (unsigned)opts->port_base;
	drill->limit_s = opts->timeout_ms ? opts->timeout_ms / 1000 + 60 : limit_s;
	drill->etcd = opts->etcd;
	plan->ctx.drill = drill;
	plan->ctx.bump = 0;
	plan->ctx.front_ready = NULL;
	return drill_cluster(&plan->found.cluster, drill, err) || plan_members(plan, err) ? -1 : 0;
}
