/*
 * verb_lock: the lock, on every node or on none, and the run's folder.
 */
#include "play/lock.h"

#include "base/mem.h"
#include "play/join.h"
#include "play/paths.h"
#include "play/state.h"

#include <string.h>

/* *ours: this run has it.  -1 UNSAFE: another run does; it is told who, since when, and how far it is. */
int look_lock(struct node *node, const struct play_ctx *ctx, uint64_t deadline, bool *ours,
	      struct err *err)
{
	scoped(arena) struct arena *arena = arena_new();
	struct run_state other;
	struct err unknown = ERR_INIT;
	struct lock lock;

	*ours = false;
	if (state_lock(node, deadline, &lock, err))
		return -1;
	if (!lock.run[0])
		return 0;
	*ours = strcmp(lock.run, ctx->run) == 0;
	if (*ours)
		return 0;
	const char *phase = "how far it is cannot be told";
	if (!state_read(node, lock.run, arena, deadline, &other, &unknown) && other.found)
		phase = phase_text(other.phase);
	err_set(err, ERR_UNSAFE, "another run holds the lock: %s (%s)", lock.words, phase);
	return err_hint(err,
			"when that run is dead: kubectl etcd-backup resume %s, or resume %s "
			"--undo",
			lock.run, lock.run);
}

int verb_lock_nodes(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		    struct err *err)
{
	scoped(mem) char *run = path_run(ctx, NULL);
	scoped(mem) char *parked = path_run(ctx, "parked");
	scoped(mem) char *originals = path_run(ctx, "originals");
	scoped(mem) char *text_path = path_run(ctx, "lock");
	char when[21];
	bool ours;
	int status;

	if (look_lock(node, ctx, deadline, &ours, err))
		return -1;
	if (ours)
		return 0;
	if (node_run(node, argv("install", "-d", "-m", "0700", RUNS, run, parked, originals),
		     deadline, NULL, err))
		return -1;
	time_text(now_unix(), when);
	scoped(mem) char *text =
		mem_printf("run %s since %s by %s\n", ctx->run, when, ctx->operator);
	if ((ctx->holder[0] && state_take(node, ctx, deadline, err)) ||
	    state_write(node, ctx, deadline, err) ||
	    node_write(node, text, strlen(text), text_path, 0600, deadline, err))
		return -1;
	/* link(2) fails when the name is taken: of two runs one gets it */
	if (node_try(node, argv("ln", "-T", text_path, LOCK_FILE), deadline, NULL, &status, err))
		return -1;
	if (look_lock(node, ctx, deadline, &ours, err))
		return -1;
	if (!ours)
		return err_set(err, ERR_REMOTE, "cannot take the lock: ln: exit %d", status);
	return node_run(node, argv("sync", RUNS, run), deadline, NULL, err);
}

/* After an undo nothing of the run stays; after a success its folder tells what was done. */
static int remove_run(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		      struct err *err)
{
	static const char *const pods[] = { "etcd", "kube-apiserver" };
	scoped(mem) char *run = path_run(ctx, NULL);
	bool found;
	int ignored;

	for (size_t i = 0; i < 2; i++) {
		scoped(mem) char *parked = path_parked(ctx, pods[i]);
		if (node_exists(node, parked, deadline, &found, err))
			return -1;
		if (found)
			return err_set(err, ERR_UNSAFE, "%s is still parked: not removing %s",
				       parked, run);
	}
	if (node_run(node, argv("rm", "-rf", "--", run), deadline, NULL, err))
		return -1;
	return node_try(node, argv("rmdir", RUNS), deadline, NULL, &ignored, err);
}

int verb_unlock_nodes(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		      struct err *err)
{
	bool ours;

	if (look_lock(node, ctx, deadline, &ours, err))
		/* another run's lock is not ours to give back */
		return ctx->undoing && err->code == ERR_UNSAFE
			       ? remove_run(node, ctx, deadline, err)
			       : -1;
	if (ours && node_run(node, argv("rm", "-f", LOCK_FILE), deadline, NULL, err))
		return -1;
	/* of one that came back there is old data, which clean removes */
	return ctx->undoing || (ctx->leave_nothing && !join_is_gone(node, ctx))
		       ? remove_run(node, ctx, deadline, err)
		       : 0;
}
