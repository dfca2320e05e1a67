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
