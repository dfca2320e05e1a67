/*
 * verb_member: the snapshot is restored into a folder inside the data dir while etcd still runs, and its ids are
 * compared with the predicted ones.
 */
#include "base/mem.h"
#include "play/join.h"
#include "play/look.h"
#include "play/paths.h"
#include "play/state.h"
#include "play/swap.h"
#include "play/tool.h"
#include "play/verb.h"

#include <stdio.h>
#include <string.h>

enum { ARGS_MAX = 40 };

struct args {
	const char *list[ARGS_MAX];
	size_t count;
};

static void add(struct args *args, const char *one, const char *two)
{
	args->list[args->count++] = one;
	if (two)
		args->list[args->count++] = two;
	args->list[args->count] = NULL;
}

/* All nodes the same way, or their data would differ: bump only when every tool can. */
static bool all_bump(const struct play_ctx *ctx)
{
	for (size_t i = 0; i < ctx->cluster->count; i++)
		if (!ctx->nodes[i].tool_bumps)
			return false;
	return true;
}

static int run_tool(struct node *node, const struct play_ctx *ctx, const char *staged,
		    const char *wal_staged, uint64_t deadline, struct err *err)
{
	const struct play_node *self = play_node(ctx, node);
	const struct member *member = self->member;
	scoped(mem) char *tool = tool_path(ctx, self);
	scoped(mem) char *file = path_beside(ctx, member->data_dir, "snapshot", "snapshot.db");
	struct args args = { .count = 0 };
	char bump[24];

	if (node->ionice)
		add(&args, "ionice", "-c3");
	add(&args, "nice", "-n19");
	add(&args, "env", "ETCDCTL_API=3");
	add(&args, tool, NULL);
	add(&args, "snapshot", "restore");
	add(&args, file, NULL);
	add(&args, "--name", member->name);
	add(&args, "--data-dir", staged);
	if (wal_staged)
		add(&args, "--wal-dir", wal_staged);
	add(&args, "--initial-cluster", ctx->initial_cluster);
	add(&args, "--initial-cluster-token", ctx->token);
	add(&args, "--initial-advertise-peer-urls", member->peer_url);
	if (ctx->bump && all_bump(ctx)) {
		snprintf(bump, sizeof(bump), "%llu", (unsigned long long)ctx->bump);
		add(&args, "--bump-revision", bump);
		add(&args, "--mark-compacted", NULL);
	}
	return node_run(node, args.list, deadline, NULL, err);
}

/* Owner, mode and SELinux label as the live data has them. */
static int like_live(struct node *node, const struct member *member, const char *folder,
		     uint64_t deadline, struct err *err)
{
	scoped(mem) char *live = mem_printf("%s/member", member->data_dir);
	scoped(mem) char *owner = NULL, *label = NULL;
	bool found, selinux;

	if (node_exists(node, live, deadline, &found, err) ||
	    node_exists(node, "/sys/fs/selinux/enforce", deadline, &selinux, err))
		return -1;
	owner = mem_printf("--reference=%s", found ? live : member->data_dir);
	if (node_run(node, argv("chown", "-R", owner, folder), deadline, NULL, err))
		return -1;
	if (found && node_run(node, argv("chmod", owner, folder), deadline, NULL, err))
		return -1;
	if (selinux) {
		label = mem_printf("--reference=%s", found ? live : member->data_dir);
		return node_run(node, argv("chcon", "-R", label, folder), deadline, NULL, err);
	}
	return 0;
}

int verb_build_member(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		      struct err *err)
{
	const struct member *member = play_node(ctx, node)->member;
	scoped(mem) char *staged = path_beside(ctx, member->data_dir, "restoring", NULL);
	scoped(mem) char *inner = path_beside(ctx, member->data_dir, "restoring", "member");
	scoped(mem) char *own_wal = path_beside(ctx, member->data_dir, "restoring", "member/wal");
	scoped(mem) char *wal_staged =
		member->wal_dir ? path_beside(ctx, member->wal_dir, "restoring", NULL) : NULL;
	const char *wal = wal_staged ? wal_staged : own_wal;
	struct err not_yet = ERR_INIT;
	bool done, unswapped, built;

	if (swap_is_done(node, ctx, deadline, &done, err))
		return -1;
	if (done)
		return 0;
	if (state_marked(node, ctx, MARK_BUILT, deadline, &built, err) ||
	    swap_is_undone(node, ctx, deadline, &unswapped, err))
		return -1;
	/* in the middle of a swap a WAL is in place before its member: nothing is built over that */
	if (built && (!unswapped || !look_ids(node, ctx, wal, deadline, &not_yet)))
		return 0;
	if (not_yet.code == ERR_CANCELLED || not_yet.code == ERR_SSH) {
		*err = not_yet;
		return -1;
	}
	if (drop_staged(node, ctx, deadline, err) ||
	    run_tool(node, ctx, staged, wal_staged, deadline, err) ||
	    like_live(node, member, inner, deadline, err))
		return -1;
	if (wal_staged && like_live(node, member, wal_staged, deadline, err))
		return -1;
	/* the tool syncs files but not their folders */
	if (node_run(node, argv("sync", "-f", staged), deadline, NULL, err) ||
	    look_ids(node, ctx, wal, deadline, err))
		return -1;
	return state_mark(node, ctx, MARK_BUILT, deadline, err);
}

int verb_drop_member(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		     struct err *err)
{
	const struct play_node *self = play_node(ctx, node);
	bool keeps = false;
	int ignored;

	if (ctx->undoing && ctx->joins &&
	    state_marked(node, ctx, MARK_KEEPS, deadline, &keeps, err))
		return -1;
	if ((keeps && swap_keep(node, ctx, deadline, err)) || drop_staged(node, ctx, deadline, err))
		return -1;
	/* a data dir that we made goes again, if nothing else is in it */
	if (ctx->undoing && !self->data_existed)
		return node_try(node, argv("rmdir", self->member->data_dir), deadline, NULL,
				&ignored, err);
	return 0;
}

/* It is swapped in as a restored member is; etcd fills it when it has joined. */
int verb_empty_member(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		      struct err *err)
{
	const struct member *member = play_node(ctx, node)->member;
	scoped(mem) char *staged = path_beside(ctx, member->data_dir, "restoring", NULL);
	scoped(mem) char *inner = path_beside(ctx, member->data_dir, "restoring", "member");
	scoped(mem) char *wal_staged =
		member->wal_dir ? path_beside(ctx, member->wal_dir, "restoring", NULL) : NULL;
	bool done, built;

	if (swap_is_done(node, ctx, deadline, &done, err) ||
	    state_marked(node, ctx, MARK_BUILT, deadline, &built, err))
		return -1;
	if (done || built)
		return 0;
	if (!play_node(ctx, node)->data_existed &&
	    node_run(node, argv("install", "-d", "-m", "0700", member->data_dir), deadline, NULL,
		     err))
		return -1;
	if (node_run(node, argv("install", "-d", "-m", "0700", staged, inner, wal_staged), deadline,
		     NULL, err) ||
	    like_live(node, member, inner, deadline, err))
		return -1;
	if (wal_staged && like_live(node, member, wal_staged, deadline, err))
		return -1;
	return state_mark(node, ctx, MARK_BUILT, deadline, err);
}
