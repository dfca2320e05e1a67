/*
 * tool: see tool.h.  What is found is copied and tried: an image may have no shell, only etcdctl, or a
 * program that does not run on the host.
 */
#include "play/tool.h"

#include "base/log.h"
#include "base/mem.h"
#include "play/look.h"
#include "play/paths.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HELP_MAX = 64 * 1024 };

/* Below a root: where images and packages keep them. */
#define FOLDERS "/usr/local/bin /usr/bin /bin ''"

char *tool_path(const struct play_ctx *ctx, const struct play_node *self)
{
	return path_run(ctx, self->tool_is_etcdutl ? "tool/etcdutl" : "tool/etcdctl");
}

/* Does it restore, and what does it know? */
static int try_tool(struct node *node, const struct play_ctx *ctx, bool etcdutl, uint64_t deadline,
		    bool *works, struct err *err)
{
	struct play_node *self = play_node(ctx, node);
	scoped(mem) char *path = path_run(ctx, etcdutl ? "tool/etcdutl" : "tool/etcdctl");
	scoped(buf) struct buf help = BUF_INIT(HELP_MAX);
	bool found;
	int status;

	*works = false;
	if (node_exists(node, path, deadline, &found, err))
		return -1;
	if (!found)
		return 0;
	if (node_try(node, argv("env", "ETCDCTL_API=3", path, "snapshot", "restore", "--help"),
		     deadline, &help, &status, err))
		return -1;
	if (status || !strstr(buf_str(&help), "--initial-cluster-token"))
		return 0;
	self->tool_is_etcdutl = etcdutl;
	self->tool_bumps = strstr(buf_str(&help), "--bump-revision") &&
			   strstr(buf_str(&help), "--mark-compacted");
	*works = true;
	return 0;
}

static int try_tools(struct node *node, const struct play_ctx *ctx, const char *source,
		     uint64_t deadline, bool *works, struct err *err)
{
	struct play_node *self = play_node(ctx, node);

	if (try_tool(node, ctx, true, deadline, works, err))
		return -1;
	if (!*works && try_tool(node, ctx, false, deadline, works, err))
		return -1;
	if (*works) {
		snprintf(self->tool_source, sizeof(self->tool_source), "%s", source);
		log_at(2, "%s: %s from %s%s", node->name,
		       self->tool_is_etcdutl ? "etcdutl" : "etcdctl", source,
		       self->tool_bumps ? "" : " (cannot bump revisions)");
	}
	if (!*works) { /* the next source must not find what does not run in its place */
		scoped(mem) char *etcdutl = path_run(ctx, "tool/etcdutl");
		scoped(mem) char *etcdctl = path_run(ctx, "tool/etcdctl");
		return node_run(node, argv("rm", "-f", etcdutl, etcdctl), deadline, NULL, err);
	}
	return 0;
}

/* Copies whichever tools are below a root. */
static int copy_from_root(struct node *node, const struct play_ctx *ctx, const char *root,
			  uint64_t deadline, struct err *err)
{
	static const char script[] =
		"for d in " FOLDERS "; do for t in etcdutl etcdctl; do "
		"[ -f \"$1$d/$t\" ] && [ ! -e \"$2/$t\" ] && install -m 0700 \"$1$d/$t\" "
		"\"$2/$t\"; "
		"done; done; true";
	scoped(mem) char *folder = path_run(ctx, "tool");

	return node_run(node, argv("sh", "-c", script, "sh", root, folder), deadline, NULL, err);
}

static int from_process(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
			bool *works, struct err *err)
{
	struct pids pids;

	if (look_etcd(node, play_node(ctx, node)->member, deadline, &pids, err))
		return -1;
	for (size_t i = 0; i < pids.count && !*works; i++) {
		scoped(mem) char *root = mem_printf("/proc/%s/root", pids.list[i]);
		if (copy_from_root(node, ctx, root, deadline, err) ||
		    try_tools(node, ctx, "the running etcd's own files", deadline, works, err))
			return -1;
	}
	return 0;
}

/* Whether the program is on the node's PATH. */
static int has_program(struct node *node, const char *name, uint64_t deadline, bool *has,
		       struct err *err)
{
	int status;

	if (node_try(node, argv("sh", "-c", "command -v \"$1\"", "sh", name), deadline, NULL,
		     &status, err))
		return -1;
	*has = status == 0;
	return 0;
}

static int from_ctr(struct node *node, const struct play_ctx *ctx, const char *image,
		    uint64_t deadline, bool *works, struct err *err)
{
	scoped(mem) char *mount = path_run(ctx, "image");
	int status;

	if (node_run(node, argv("install", "-d", "-m", "0700", mount), deadline, NULL, err) ||
	    node_try(node, argv("ctr", "-n", "k8s.io", "images", "mount", image, mount), deadline,
		     NULL, &status, err))
		return -1;
	if (status == 0 && (copy_from_root(node, ctx, mount, deadline, err) ||
			    try_tools(node, ctx, "its image (ctr)", deadline, works, err)))
		return -1;
	return tool_unmount(node, ctx, deadline, err);
}

int tool_unmount(struct node *node, const struct play_ctx *ctx, uint64_t deadline, struct err *err)
{
	scoped(mem) char *mount = path_run(ctx, "image");
	bool found;
	int status, mounted;

	if (node_exists(node, mount, deadline, &found, err))
		return -1;
	if (!found)
		return 0;
	if (node_try(node, argv("mountpoint", "-q", mount), deadline, NULL, &mounted, err))
		return -1;
	if (mounted == 0 &&
	    node_run(node, argv("ctr", "-n", "k8s.io", "images", "unmount", "--rm", mount),
		     deadline, NULL, err))
		return -1;
	return node_try(node, argv("rmdir", mount), deadline, NULL, &status, err);
}

static int from_podman(struct node *node, const struct play_ctx *ctx, const char *image,
		       uint64_t deadline, bool *works, struct err *err)
{
	scoped(buf) struct buf root = BUF_INIT(4096);
	int status;

	if (node_try(node, argv("podman", "image", "mount", image), deadline, &root, &status, err))
		return -1;
	buf_trim(&root);
	if (status || buf_str(&root)[0] != '/')
		return 0;
	if (copy_from_root(node, ctx, buf_str(&root), deadline, err) ||
	    try_tools(node, ctx, "its image (podman)", deadline, works, err))
		return -1;
	return node_try(node, argv("podman", "image", "unmount", image), deadline, NULL, &status,
			err);
}

static int from_docker(struct node *node, const struct play_ctx *ctx, const char *image,
		       uint64_t deadline, bool *works, struct err *err)
{
	static const char *const tools[] = { "etcdutl", "etcdctl" };
	scoped(mem) char *name = mem_printf("etcd-backup-%s", ctx->run);
	scoped(mem) char *folder = path_run(ctx, "tool");
	int status, ignored;

	if (node_try(node, argv("docker", "create", "--pull=never", "--name", name, image, "true"),
		     deadline, NULL, &status, err))
		return -1;
	for (size_t i = 0; status == 0 && i < 2; i++) {
		scoped(mem) char *from = mem_printf("%s:/usr/local/bin/%s", name, tools[i]);
		if (node_try(node, argv("docker", "cp", "-L", from, folder), deadline, NULL,
			     &ignored, err))
			return -1;
	}
	if (node_try(node, argv("docker", "rm", name), deadline, NULL, &ignored, err))
		return -1;
	return status ? 0 : try_tools(node, ctx, "its image (docker)", deadline, works, err);
}

static int from_image(struct node *node, const struct play_ctx *ctx, uint64_t deadline, bool *works,
		      struct err *err)
{
	static const struct {
		const char *program;
		int (*fetch)(struct node *, const struct play_ctx *, const char *, uint64_t, bool *,
			     struct err *);
	} ways[] = { { "ctr", from_ctr }, { "podman", from_podman }, { "docker", from_docker } };
	const char *image = play_node(ctx, node)->member->image;

	for (size_t i = 0; image && !*works && i < sizeof(ways) / sizeof(ways[0]); i++) {
		bool has;
		if (has_program(node, ways[i].program, deadline, &has, err))
			return -1;
		if (has && ways[i].fetch(node, ctx, image, deadline, works, err))
			return -1;
	}
	return 0;
}

static int from_path(struct node *node, const struct play_ctx *ctx, uint64_t deadline, bool *works,
		     struct err *err)
{
	static const char script[] =
		"for t in etcdutl etcdctl; do p=$(command -v $t) && "
		"[ ! -e \"$1/$t\" ] && install -m 0700 \"$p\" \"$1/$t\"; done; true";
	scoped(mem) char *folder = path_run(ctx, "tool");

	if (node_run(node, argv("sh", "-c", script, "sh", folder), deadline, NULL, err))
		return -1;
	return try_tools(node, ctx, "the node's PATH", deadline, works, err);
}

static int from_user(struct node *node, const struct play_ctx *ctx, uint64_t deadline, bool *works,
		     struct err *err)
{
	scoped(mem) char *path = path_run(ctx, "tool/etcdutl");
	scoped(fd) int fd = open(ctx->etcdutl, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return err_errno(err, ERR_FILE, "%s", ctx->etcdutl);
	if (node_put(node, fd, (uint64_t)st.st_size, path, 0700, deadline, err) ||
	    try_tools(node, ctx, ctx->etcdutl, deadline, works, err))
		return -1;
	if (*works)
		return 0;
	err_set(err, ERR_REMOTE, "%s does not run there as etcdutl", ctx->etcdutl);
	return err_hint(
		err,
		"give a static etcdutl of the node's architecture and of etcd's own minor version");
}

int tool_look(struct node *node, const struct play_ctx *ctx, uint64_t deadline, struct err *err)
{
	static const char script[] =
		"t() { [ -f \"$1/etcdutl\" ] || [ -f \"$1/etcdctl\" ]; }; t \"$1\" && exit 0; "
		"for p in $(pgrep -x etcd); do for d in " FOLDERS "; do "
		"t \"/proc/$p/root$d\" && exit 0; done; done; "
		"for c in etcdutl etcdctl ctr podman docker; do command -v \"$c\" >/dev/null && "
		"exit 0; done; exit 1";
	scoped(mem) char *folder = path_run(ctx, "tool");
	int status;

	if (ctx->etcdutl)
		return access(ctx->etcdutl, R_OK) ? err_errno(err, ERR_FILE, "%s", ctx->etcdutl)
						  : 0;
	if (node_try(node, argv("sh", "-c", script, "sh", folder), deadline, NULL, &status, err))
		return -1;
	if (!status)
		return 0;
	err_set(err, ERR_REMOTE,
		"no tool to restore with: etcd does not run, and there is no ctr, "
		"podman or docker, no etcdutl and no etcdctl on the PATH");
	return err_hint(err, "give one with --etcdutl FILE, of etcd's own minor version");
}

int tool_fetch(struct node *node, const struct play_ctx *ctx, uint64_t deadline, struct err *err)
{
	bool works = false;
	scoped(mem) char *folder = path_run(ctx, "tool");

	if (node_run(node, argv("install", "-d", "-m", "0700", folder), deadline, NULL, err))
		return -1;
	if (ctx->etcdutl)
		return from_user(node, ctx, deadline, &works, err);
	if (from_process(node, ctx, deadline, &works, err) ||
	    (!works && from_image(node, ctx, deadline, &works, err)) ||
	    (!works && from_path(node, ctx, deadline, &works, err)))
		return -1;
	if (works)
		return 0;
	err_set(err, ERR_REMOTE,
		"no tool to restore with: none in the running etcd, its image (ctr, podman, "
		"docker) or on the PATH");
	return err_hint(err, "give one with --etcdutl FILE, of etcd's own minor version (here %s)",
			play_node(ctx, node)->member->version
				? play_node(ctx, node)->member->version
				: "unknown");
}
