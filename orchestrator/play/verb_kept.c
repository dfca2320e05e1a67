/*
 * verb_kept: what an earlier run kept: its old data and its state files.
 */
#include "base/mem.h"
#include "play/look.h"
#include "play/paths.h"
#include "play/state.h"
#include "play/swap.h"
#include "play/verb.h"

#include <stdlib.h>
#include <string.h>

/* A context that names the earlier run, for its paths. */
static struct play_ctx of_target(const struct play_ctx *ctx)
{
	struct play_ctx target = { .run = "" };

	memcpy(target.run, ctx->target, strlen(ctx->target) + 1);
	return target;
}

static int ask_number(struct node *node, const char *const args[], uint64_t deadline, uint64_t *out,
		      struct err *err)
{
	scoped(buf) struct buf text = BUF_INIT(4096);

	if (node_run(node, args, deadline, &text, err))
		return -1;
	*out = strtoull(buf_str(&text), NULL, 10);
	return 0;
}

/* All that a run has kept: the old data, its WAL's (the same folder where that has none of its own), and what only clean takes. */
enum { KEPT, KEPT_WAL, KEPT_OLD_DATA, KEPT_STRAY = KEPT_OLD_DATA, KEPT_RUN, KEPT_ALL };

struct kept {
	char *folders[KEPT_ALL];
};

static void kept_scoped(struct kept *kept)
{
	for (size_t i = 0; i < KEPT_ALL; i++)
		mem_scoped(&kept->folders[i]);
}

static struct kept kept_of(const struct play_ctx *ctx, const struct member *member)
{
	const char *wal = member->wal_dir ? member->wal_dir : member->data_dir;
	struct play_ctx target = of_target(ctx);

	return (struct kept){ { [KEPT] = path_beside(&target, member->data_dir, "before", NULL),
				[KEPT_WAL] = path_beside(&target, wal, "before", NULL),
				[KEPT_STRAY] =
					path_beside(&target, member->data_dir, "stray", NULL),
				[KEPT_RUN] = path_run(&target, NULL) } };
}

/* What is in use of all that is meant: the old data and, where nothing is left, the run's folder; when it was put aside. */
static int measure(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		   struct err *err)
{
	struct play_node *self = play_node(ctx, node);
	scoped(kept) struct kept kept = kept_of(ctx, self->member);
	const char *const *folders = (const char *const *)kept.folders;
	size_t count = ctx->leave_nothing ? KEPT_ALL : KEPT_OLD_DATA;
	uint64_t kib = 0, all = 0;
	bool there[KEPT_ALL];

	self->kept_bytes = self->kept_at = 0;
	if (look_exist(node, folders, count, deadline, there, err))
		return -1;
	there[KEPT_WAL] = there[KEPT_WAL] && self->member->wal_dir; /* else it is the same folder */
	for (size_t i = 0; i < count; i++) {
		if (there[i] &&
		    ask_number(node, argv("du", "-sk", "--", folders[i]), deadline, &kib, err))
			return -1;
		all += there[i] ? kib : 0;
	}
	self->kept_bytes = all * 1024;
	if (!there[KEPT] && !there[KEPT_WAL])
		return 0;
	return ask_number(node,
			  argv("stat", "-c", "%Y", "--", folders[there[KEPT] ? KEPT : KEPT_WAL]),
			  deadline, &self->kept_at, err);
}

/* Where the ids of the data that comes back stand: before the swap in the kept folder, after it in place. */
static int read_ids(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		    struct err *err)
{
	struct play_node *self = play_node(ctx, node);
	const struct member *member = self->member;
	scoped(mem) char *inner = path_new_data(ctx, member->data_dir, "member/wal");
	scoped(mem) char *live = mem_printf("%s/member/wal", member->data_dir);
	scoped(mem) char *wal_new =
		path_new_data(ctx, member->wal_dir ? member->wal_dir : "", NULL);
	struct err none = ERR_INIT;
	bool staged;

	scoped(mem) char *old = path_new_data(ctx, member->data_dir, "member");
	if (node_exists(node, old, deadline, &staged, err))
		return -1;
	if (!member->wal_dir)
		return look_wal_ids(node, staged ? inner : live, deadline, &self->want_member,
				    &self->want_cluster, err);
	/* a WAL's files go in before the member does: a run that was cut off between the two has them in place */
	if (staged &&
	    !look_wal_ids(node, wal_new, deadline, &self->want_member, &self->want_cluster, &none))
		return 0;
	if (staged && none.code != ERR_REMOTE) {
		*err = none;
		return -1;
	}
	return look_wal_ids(node, member->wal_dir, deadline, &self->want_member,
			    &self->want_cluster, err);
}

int verb_check_kept(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		    struct err *err)
{
	struct play_node *self = play_node(ctx, node);
	scoped(arena) struct arena *arena = arena_new();
	struct play_ctx target = of_target(ctx);
	scoped(mem) char *old = path_beside(&target, self->member->data_dir, "before", "member");
	scoped(mem) char *own = path_beside(ctx, self->member->data_dir, "before", NULL);
	const char *const paths[] = { old, own };
	struct run_state state;
	bool there[2];

	if (state_read(node, ctx->target, arena, deadline, &state, err) ||
	    look_exist(node, paths, 2, deadline, there, err))
		return -1;
	if (state.locked) {
		err_set(err, ERR_UNSAFE, "run %s has not ended: %s", ctx->target,
			phase_text(state.phase));
		return err_hint(err, "kubectl etcd-backup resume %s, or resume %s --undo",
				ctx->target, ctx->target);
	}
	if (measure(node, ctx, deadline, err))
		return -1;
	if (ctx->leave_nothing) /* clean takes what there is, in folders that are ours */
		return look_safe_member(node, self->member, deadline, err);
	if (!there[0] && !there[1]) {
		err_set(err, ERR_UNSAFE, "no old data of run %s is there", ctx->target);
		return err_hint(err, "it was rolled back or cleaned already, or there was none "
				     "before that run; kubectl etcd-backup runs shows the others");
	}
	return read_ids(node, ctx, deadline, err);
}

int judge_check_kept(const struct play_ctx *ctx, struct err *err)
{
	for (size_t i = 1; i < ctx->cluster->count && !ctx->leave_nothing; i++)
		if (ctx->nodes[i].want_cluster != ctx->nodes[0].want_cluster)
			return err_set(err, ERR_UNSAFE,
				       "the old data on %s is of cluster %llx, on %s of %llx",
				       ctx->cluster->members[0].node,
				       (unsigned long long)ctx->nodes[0].want_cluster,
				       ctx->cluster->members[i].node,
				       (unsigned long long)ctx->nodes[i].want_cluster);
	return 0;
}

int verb_drop_kept(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		   struct err *err)
{
	scoped(kept) struct kept kept = kept_of(ctx, play_node(ctx, node)->member);

	return node_run(node,
			argv("rm", "-rf", "--", kept.folders[KEPT], kept.folders[KEPT_WAL],
			     kept.folders[KEPT_STRAY], kept.folders[KEPT_RUN]),
			deadline, NULL, err);
}

int verb_drop_emptied(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		      struct err *err)
{
	const struct member *member = play_node(ctx, node)->member;
	const char *wal = member->wal_dir ? member->wal_dir : member->data_dir;
	struct play_ctx target = of_target(ctx);
	scoped(mem) char *mark = path_beside(&target, wal, "before", SWAP_MARK);
	scoped(mem) char *kept = path_beside(&target, member->data_dir, "before", NULL);
	scoped(mem) char *wal_kept = path_beside(&target, wal, "before", NULL);
	int ignored;

	/* rmdir takes only what is empty: nothing can be lost here */
	if (node_run(node, argv("rm", "-f", "--", mark), deadline, NULL, err) ||
	    node_try(node, argv("rmdir", kept), deadline, NULL, &ignored, err))
		return -1;
	return node_try(node, argv("rmdir", wal_kept), deadline, NULL, &ignored, err);
}
