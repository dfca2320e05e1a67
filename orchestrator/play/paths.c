/*
 * paths: see paths.h.
 */
#include "play/paths.h"

#include "base/mem.h"
#include "play/look.h"

char *path_run(const struct play_ctx *ctx, const char *name)
{
	return mem_printf(RUNS "/%s%s%s", ctx->run, name ? "/" : "", name ? name : "");
}

char *path_manifest(const char *pod)
{
	return mem_printf(MANIFESTS "/%s.yaml", pod);
}

char *path_of_run(const char *run, const char *folder, const char *pod)
{
	return mem_printf(RUNS "/%s/%s/%s.yaml", run, folder, pod);
}

char *path_parked(const struct play_ctx *ctx, const char *pod)
{
	return path_of_run(ctx->run, "parked", pod);
}

char *path_original(const struct play_ctx *ctx, const char *pod)
{
	return path_of_run(ctx->run, "originals", pod);
}

char *path_beside(const struct play_ctx *ctx, const char *dir, const char *kind, const char *name)
{
	return mem_printf("%s/.%s-%s%s%s", dir, kind, ctx->run, name ? "/" : "", name ? name : "");
}

char *path_new_data(const struct play_ctx *ctx, const char *dir, const char *name)
{
	if (!ctx->target)
		return path_beside(ctx, dir, "restoring", name);
	return mem_printf("%s/.before-%s%s%s", dir, ctx->target, name ? "/" : "", name ? name : "");
}

/* A tool that was cut off from us runs on there: it would write into what is removed. */
static int end_tools(struct node *node, const char *staged, uint64_t deadline, struct err *err)
{
	static const char *const names[] = { "etcdutl", "etcdctl" };

	for (size_t i = 0; i < 2; i++) {
		struct pids pids;
		int ignored;
		do {
			if (look_processes(node, names[i], "--data-dir", staged, deadline, &pids,
					   err))
				return -1;
			if (pids.count && (node_try(node, argv("kill", "-KILL", pids.list[0]),
						    deadline, NULL, &ignored, err) ||
					   look_pause(node, 50, err)))
				return -1;
		} while (pids.count && now_ms() < deadline);
	}
	return 0;
}

int drop_staged(struct node *node, const struct play_ctx *ctx, uint64_t deadline, struct err *err)
{
	const struct member *member = play_node(ctx, node)->member;
	const char *wal = member->wal_dir ? member->wal_dir : member->data_dir;
	scoped(mem) char *staged = path_beside(ctx, member->data_dir, "restoring", NULL);
	scoped(mem) char *wal_staged = path_beside(ctx, wal, "restoring", NULL);
	scoped(mem) char *built = path_run(ctx, MARK_BUILT);

	if (end_tools(node, staged, deadline, err))
		return -1;
	/* the mark goes first: what is half removed must not count as built */
	return node_run(node, argv("rm", "-rf", "--", built, staged, wal_staged), deadline, NULL,
			err);
}
