/*
 * paths: see paths.h.
 */
#include "play/paths.h"

#include "base/mem.h"

char *path_run(const struct play_ctx *ctx, const char *name)
{
	return mem_printf(RUNS "/%s%s%s", ctx->run, name ? "/" : "", name ? name : "");
}

char *path_manifest(const char *pod)
{
	return mem_printf(MANIFESTS "/%s.yaml", pod);
}

char *path_parked(const struct play_ctx *ctx, const char *pod)
{
	return mem_printf(RUNS "/%s/parked/%s.yaml", ctx->run, pod);
}

char *path_original(const struct play_ctx *ctx, const char *pod)
{
	return mem_printf(RUNS "/%s/originals/%s.yaml", ctx->run, pod);
}

char *path_beside(const struct play_ctx *ctx, const char *dir, const char *kind, const char *name)
{
	return mem_printf("%s/.%s-%s%s%s", dir, kind, ctx->run, name ? "/" : "", name ? name : "");
}

int drop_staged(struct node *node, const struct play_ctx *ctx, uint64_t deadline, struct err *err)
{
	const struct member *member = play_node(ctx, node)->member;
	const char *wal = member->wal_dir ? member->wal_dir : member->data_dir;
	scoped(mem) char *staged = path_beside(ctx, member->data_dir, "restoring", NULL);
	scoped(mem) char *wal_staged = path_beside(ctx, wal, "restoring", NULL);

	return node_run(node, argv("rm", "-rf", "--", staged, wal_staged), deadline, NULL, err);
}
