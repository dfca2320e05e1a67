/*
 * verb_file: the snapshot goes to the node; the old data goes away and the restored data comes, by renames
 * inside the data dir, so that it works where the data dir is a mount point.
 */
#include "base/mem.h"
#include "play/look.h"
#include "play/paths.h"
#include "play/tool.h"
#include "play/verb.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { SUM_MAX = 4096 };

/* Whether the file on the node is the snapshot, by its SHA-256 there. */
static int same_file(struct node *node, const struct play_ctx *ctx, const char *path,
		     uint64_t deadline, bool *same, struct err *err)
{
	scoped(buf) struct buf out = BUF_INIT(SUM_MAX);
	bool found;

	*same = false;
	if (node_exists(node, path, deadline, &found, err))
		return -1;
	if (!found)
		return 0;
	if (node_run(node, argv("sha256sum", "--", path), deadline, &out, err))
		return -1;
	*same = out.len > 64 && strncmp(buf_str(&out), ctx->snapshot_sha256, 64) == 0;
	return 0;
}

int verb_put_snapshot(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		      struct err *err)
{
	const struct member *member = play_node(ctx, node)->member;
	scoped(mem) char *folder = path_beside(ctx, member->data_dir, "snapshot", NULL);
	scoped(mem) char *path = path_beside(ctx, member->data_dir, "snapshot", "snapshot.db");
	bool same;

	/* install -d leaves a folder that is there as it is; a new data dir gets etcd's own mode */
	if (!play_node(ctx, node)->data_existed &&
	    node_run(node, argv("install", "-d", "-m", "0700", member->data_dir), deadline, NULL,
		     err))
		return -1;
	if (node_run(node, argv("install", "-d", "-m", "0700", folder), deadline, NULL, err) ||
	    same_file(node, ctx, path, deadline, &same, err))
		return -1;
	if (!same) {
		scoped(fd) int fd = open(ctx->snapshot_path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return err_errno(err, ERR_FILE, "%s", ctx->snapshot_path);
		if (node_put(node, fd, ctx->snapshot_size, path, 0600, deadline, err) ||
		    same_file(node, ctx, path, deadline, &same, err))
			return -1;
		if (!same)
			return err_set(err, ERR_CORRUPT, "%s arrived with another SHA-256", path);
	}
	return tool_fetch(node, ctx, deadline, err);
}

int verb_drop_snapshot(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		       struct err *err)
{
	const struct play_node *self = play_node(ctx, node);
	scoped(mem) char *folder = path_beside(ctx, self->member->data_dir, "snapshot", NULL);
	scoped(mem) char *tool = path_run(ctx, "tool");
	int ignored;

	if (tool_unmount(node, ctx, deadline, err) ||
	    node_run(node, argv("rm", "-rf", "--", folder, tool), deadline, NULL, err))
		return -1;
	if (!ctx->undoing && drop_staged(node, ctx, deadline, err)) /* the folder it stood in */
		return -1;
	/* a data dir that we made goes again, if nothing else has come into it */
	if (ctx->undoing && !self->data_existed)
		return node_try(node, argv("rmdir", self->member->data_dir), deadline, NULL,
				&ignored, err);
	return 0;
}

/*
 * Nobody may have the database open, and no API server may live through the change with what it remembers of the old data:
 * kubelet could have started either again.
 */
static int nobody_there(struct node *node, const struct member *member, uint64_t deadline,
			struct err *err)
{
	struct pids etcd, api;
	bool held;

	if (look_etcd(node, member, deadline, &etcd, err) ||
	    look_processes(node, "kube-apiserver", NULL, NULL, deadline, &api, err) ||
	    look_db_held(node, member, deadline, &held, err))
		return -1;
	if (etcd.count || api.count || held)
		return err_set(err, ERR_UNSAFE, "%s has come back (%s): not touching the data",
			       api.count ? "the API server" : "etcd",
			       api.count    ? api.list[0]
			       : etcd.count ? etcd.list[0]
					    : "the database is locked");
	return 0;
}

/* The names of one folder's swap. */
struct swap {
	char *live, *staged, *old, *old_folder;
};

static void swap_scoped(struct swap *swap)
{
	mem_scoped(&swap->live);
	mem_scoped(&swap->staged);
	mem_scoped(&swap->old);
	mem_scoped(&swap->old_folder);
}

static struct swap swap_of(const struct play_ctx *ctx, const char *dir, const char *name)
{
	return (struct swap){
		.live = mem_printf("%s/%s", dir, name),
		.staged = path_beside(ctx, dir, "restoring", name),
		.old = path_beside(ctx, dir, "before", name),
		.old_folder = path_beside(ctx, dir, "before", NULL),
	};
}

static int swap_in(struct node *node, const struct swap *swap, uint64_t deadline, struct err *err)
{
	bool staged, live;

	if (node_exists(node, swap->staged, deadline, &staged, err))
		return -1;
	if (!staged) /* it is in place already, if anything is */
		return 0;
	if (node_exists(node, swap->live, deadline, &live, err) ||
	    node_run(node, argv("install", "-d", "-m", "0700", swap->old_folder), deadline, NULL,
		     err))
		return -1;
	if (live && node_move(node, swap->live, swap->old, deadline, err))
		return -1;
	return node_move(node, swap->staged, swap->live, deadline, err);
}

static int swap_out(struct node *node, const struct swap *swap, uint64_t deadline, struct err *err)
{
	bool folder, old, staged, live;
	int ignored;

	if (node_exists(node, swap->old_folder, deadline, &folder, err))
		return -1;
	if (!folder) /* nothing was swapped */
		return 0;
	if (node_exists(node, swap->old, deadline, &old, err) ||
	    node_exists(node, swap->staged, deadline, &staged, err) ||
	    node_exists(node, swap->live, deadline, &live, err))
		return -1;
	if (!staged && live && node_move(node, swap->live, swap->staged, deadline, err))
		return -1;
	if (old && node_move(node, swap->old, swap->live, deadline, err))
		return -1;
	return node_try(node, argv("rmdir", swap->old_folder), deadline, NULL, &ignored, err);
}

/*
 * A WAL folder of its own holds its files directly.  The restored one is a single file of a known name, which
 * stands for the whole: while it is staged nothing has been swapped.  Old files are moved as they are.
 */
static int wal_move_all(struct node *node, const char *from, const char *to, uint64_t deadline,
			struct err *err)
{
	return node_run(node,
			argv("find", from, "-mindepth", "1", "-maxdepth", "1", "-type", "f",
			     "-exec", "mv", "-n", "-t", to, "--", "{}", "+"),
			deadline, NULL, err);
}

#define WAL_FIRST "0000000000000000-0000000000000000.wal"

static int wal_move_others(struct node *node, const char *from, const char *to, uint64_t deadline,
			   struct err *err)
{
	return node_run(node,
			argv("find", from, "-mindepth", "1", "-maxdepth", "1", "-type", "f", "!",
			     "-name", WAL_FIRST, "-exec", "mv", "-n", "-t", to, "--", "{}", "+"),
			deadline, NULL, err);
}

static int wal_swap_in(struct node *node, const struct play_ctx *ctx, const char *dir,
		       uint64_t deadline, struct err *err)
{
	scoped(swap) struct swap swap = swap_of(ctx, dir, WAL_FIRST);
	bool staged;

	if (node_exists(node, swap.staged, deadline, &staged, err))
		return -1;
	if (!staged) /* it is in place already */
		return 0;
	if (node_run(node, argv("install", "-d", "-m", "0700", swap.old_folder), deadline, NULL,
		     err) ||
	    wal_move_all(node, dir, swap.old_folder, deadline, err))
		return -1;
	return node_move(node, swap.staged, swap.live, deadline, err);
}

static int wal_swap_out(struct node *node, const struct play_ctx *ctx, const char *dir,
			uint64_t deadline, struct err *err)
{
	scoped(swap) struct swap swap = swap_of(ctx, dir, WAL_FIRST);
	scoped(mem) char *staged_folder = path_beside(ctx, dir, "restoring", NULL);
	bool folder, staged;
	int ignored;

	if (node_exists(node, swap.old_folder, deadline, &folder, err))
		return -1;
	if (!folder)
		return 0;
	if (node_exists(node, swap.staged, deadline, &staged, err))
		return -1;
	/* the first file last: while it is not staged this is to be done again */
	if (!staged && (wal_move_others(node, dir, staged_folder, deadline, err) ||
			node_move(node, swap.live, swap.staged, deadline, err)))
		return -1;
	if (wal_move_all(node, swap.old_folder, dir, deadline, err))
		return -1;
	return node_try(node, argv("rmdir", swap.old_folder), deadline, NULL, &ignored, err);
}

int verb_swap_data(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		   struct err *err)
{
	const struct member *member = play_node(ctx, node)->member;
	scoped(swap) struct swap swap = swap_of(ctx, member->data_dir, "member");

	if (nobody_there(node, member, deadline, err))
		return -1;
	if (member->wal_dir && wal_swap_in(node, ctx, member->wal_dir, deadline, err))
		return -1;
	return swap_in(node, &swap, deadline, err);
}

int verb_swap_data_back(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
			struct err *err)
{
	const struct member *member = play_node(ctx, node)->member;
	scoped(swap) struct swap swap = swap_of(ctx, member->data_dir, "member");

	if (nobody_there(node, member, deadline, err) || swap_out(node, &swap, deadline, err))
		return -1;
	return member->wal_dir ? wal_swap_out(node, ctx, member->wal_dir, deadline, err) : 0;
}
