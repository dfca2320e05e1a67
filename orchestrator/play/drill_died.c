/*
 * drill_died: see drill_died.h.
 */
#include "play/drill_died.h"

#include "play/unit.h"

enum { LOOK_MS = 10 * 1000 };

static const uint64_t MIB = 1024 * 1024;

/* Twice what it is taken to need was not enough. */
static int over_limit(const struct play_ctx *ctx, bool server, const char *name, struct err *err)
{
	uint64_t need = server ? drill_api_memory(ctx->db_size) : drill_etcd_memory(ctx->db_size);

	err_set(err, ERR_REMOTE,
		"memory ran out: the kernel killed %s at its limit of %llu MiB, twice what it is "
		"taken to need",
		name, (unsigned long long)(2 * need / MIB));
	if (ctx->drill->alone)
		return err_hint(err, "ask for less at once, or restore the snapshot into a scratch "
				     "cluster and look there");
	return server ? err_hint(err, "--api=false proves all but the API server")
		      : err_hint(err, "drill --local on another machine has no such limit");
}

static int no_memory(const struct play_ctx *ctx, const char *name, struct err *err)
{
	err_set(err, ERR_REMOTE,
		"the node's memory ran out: the kernel killed %s, which goes first", name);
	return err_hint(err, "at a quieter time; or %s",
			ctx->drill->alone ? "on another node, by --node NAME"
					  : "drill --local on another machine");
}

static int say(struct node *node, const struct play_ctx *ctx, bool server, struct err *err)
{
	const char *program = server ? DRILL_SERVER : DRILL_ETCD;
	bool alone = ctx->drill->alone;
	const char *name = server ? (alone ? "the snapshot's API server" : "the drill's API server")
				  : (alone ? "the snapshot's etcd" : "the drill's etcd");

	switch (unit_killed(node, ctx, program)) {
	case UNIT_OVER_LIMIT:
		return over_limit(ctx, server, name, err);
	case UNIT_NO_MEMORY:
		return no_memory(ctx, name, err);
	case UNIT_NOT_KILLED:
		break;
	}
	err_set(err, ERR_REMOTE, "%s has ended", name);
	return unit_words(node, ctx, program, err);
}

bool drill_died(struct node *node, const struct play_ctx *ctx, bool server, struct err *err)
{
	const char *const programs[] = { DRILL_ETCD, DRILL_SERVER };

	if (err->code == ERR_CANCELLED || err->code == ERR_UNSAFE)
		return false;
	/* etcd first: without it the API server ends, too */
	for (size_t i = 0; i < (server ? 2 : 1); i++) {
		struct err ignored = ERR_INIT;
		struct pids pids;
		if (unit_look(node, ctx, programs[i], deadline_in(LOOK_MS), &pids, &ignored))
			return false;
		if (!pids.count) {
			say(node, ctx, i == 1, err);
			return true;
		}
	}
	return false;
}
