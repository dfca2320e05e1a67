/*
 * verb_file: the snapshot goes to the node; the old data goes away and the new comes, when nobody has it open.
 */
#include "base/mem.h"
#include "play/look.h"
#include "play/paths.h"
#include "play/pod.h"
#include "play/swap.h"
#include "play/tool.h"
#include "play/verb.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Whether the file on the node is the snapshot, by its SHA-256 there. */
static int same_file(struct node *node, const struct play_ctx *ctx, const char *path,
		     uint64_t deadline, bool *same, struct err *err)
{
	char sum[65];
	bool found;

	*same = false;
	if (node_exists(node, path, deadline, &found, err))
		return -1;
	if (!found)
		return 0;
	if (node_sha256(node, path, deadline, sum, err))
		return -1;
	*same = strcmp(sum, ctx->snapshot_sha256) == 0;
	return 0;
}

static int send_snapshot(struct node *node, const struct play_ctx *ctx, const char *path,
			 uint64_t deadline, struct err *err)
{
	bool same;

	if (!ctx->snapshot_path) {
		err_set(err, ERR_UNSAFE, "the snapshot has not arrived there yet");
		return err_hint(err,
				"name the snapshot again: resume %s SNAPSHOT; or go back: "
				"resume %s --undo",
				ctx->run, ctx->run);
	}
	scoped(fd) int fd = open(ctx->snapshot_path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, ERR_FILE, "%s", ctx->snapshot_path);
	if (node_put(node, fd, ctx->snapshot_size, path, 0600, deadline, err) ||
	    same_file(node, ctx, path, deadline, &same, err))
		return -1;
	return same ? 0 : err_set(err, ERR_CORRUPT, "%s arrived with another SHA-256", path);
}

int verb_put_snapshot(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		      struct err *err)
{
	const struct member *member = play_node(ctx, node)->member;
	scoped(mem) char *folder = path_beside(ctx, member->data_dir, "snapshot", NULL);
	scoped(mem) char *path = path_beside(ctx, member->data_dir, "snapshot", "snapshot.db");
	bool same, done;

	if (swap_is_done(node, ctx, deadline, &done, err))
		return -1;
	if (done) /* it is etcd's data by now */
		return 0;

	/* install -d leaves a folder that is there as it is; a new data dir gets etcd's own mode */
	if (!play_node(ctx, node)->data_existed &&
	    node_run(node, argv("install", "-d", "-m", "0700", member->data_dir), deadline, NULL,
		     err))
		return -1;
	if (node_run(node, argv("install", "-d", "-m", "0700", folder), deadline, NULL, err) ||
	    same_file(node, ctx, path, deadline, &same, err))
		return -1;
	if (!same && send_snapshot(node, ctx, path, deadline, err))
		return -1;
	return tool_fetch(node, ctx, deadline, err);
}

int snapshot_missing(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		     bool *missing, struct err *err)
{
	const struct member *member = play_node(ctx, node)->member;
	scoped(mem) char *path = path_beside(ctx, member->data_dir, "snapshot", "snapshot.db");
	bool same = false, done;

	if (swap_is_done(node, ctx, deadline, &done, err) ||
	    (!done && same_file(node, ctx, path, deadline, &same, err)))
		return -1;
	*missing = !done && !same;
	return 0;
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

typedef int swap_fn(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		    struct err *err);

/* While nobody has the data open; once more when an etcd has come up meanwhile. */
static int move_data(struct node *node, const struct play_ctx *ctx, swap_fn *swap,
		     uint64_t deadline, struct err *err)
{
	for (int more = 2;; more--) {
		struct err ignored = ERR_INIT;
		bool stray = false;
		if (pod_keep_down(node, ctx, deadline, err))
			return -1;
		if (!swap(node, ctx, deadline, err))
			return 0;
		if (!more || err->code != ERR_REMOTE ||
		    swap_has_stray(node, ctx, deadline, &stray, &ignored) || !stray)
			return -1;
		*err = ERR_INIT;
	}
}

int verb_swap_data(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		   struct err *err)
{
	bool done;

	if (swap_is_done(node, ctx, deadline, &done, err))
		return -1;
	if (done)
		return 0;
	return move_data(node, ctx, swap_in, deadline, err);
}

int verb_swap_data_back(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
			struct err *err)
{
	bool undone;

	if (swap_is_undone(node, ctx, deadline, &undone, err))
		return -1;
	if (undone)
		return 0;
	return move_data(node, ctx, swap_out, deadline, err);
}
