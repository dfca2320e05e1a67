/*
 * node: see node.h.  What both kinds of node share: files are written beside and renamed, errors carry
 * what the command said.
 */
#include "node/node.h"

#include "base/log.h"
#include "base/mem.h"

#include <stdio.h>
#include <string.h>

enum { ERRORS_MAX = 4096, SUM_MAX = 64 + 2 * 4096 };

int node_open(struct node *node, uint64_t deadline, struct err *err)
{
	return node->ops->open(node, deadline, err);
}

static int run(struct node *node, const char *const args[], const struct node_input *input,
	       uint64_t deadline, struct buf *out, struct buf *errs, int *status, struct err *err)
{
	uint64_t start = now_ms();

	if (node->ops->run(node, args, input, deadline, out, errs, status, err))
		return -1;
	log_at(6, "%s: %s %s %s: exit %d, %llu ms", node->name, args[0], args[1] ? args[1] : "",
	       args[1] && args[2] ? args[2] : "", *status, (unsigned long long)(now_ms() - start));
	return 0;
}

/* The first line that the command said goes into the error. */
static int run_well(struct node *node, const char *const args[], const struct node_input *input,
		    uint64_t deadline, struct buf *out, struct err *err)
{
	scoped(buf) struct buf errs = BUF_INIT(ERRORS_MAX);
	int status;

	if (run(node, args, input, deadline, out, &errs, &status, err))
		return -1;
	if (status == 0)
		return 0;
	if (status == 124) /* timeout(1) */
		return err_set(err, ERR_TIMEOUT, "%s: not done in time", args[0]);
	int line = (int)strcspn(buf_str(&errs), "\r\n");
	return err_set(err, ERR_REMOTE, "%s: exit %d%s%.*s", args[0], status, line ? ": " : "",
		       line, buf_str(&errs));
}

int node_try(struct node *node, const char *const args[], uint64_t deadline, struct buf *out,
	     int *status, struct err *err)
{
	scoped(buf) struct buf errs = BUF_INIT(ERRORS_MAX);

	return run(node, args, NULL, deadline, out, &errs, status, err);
}

int node_run(struct node *node, const char *const args[], uint64_t deadline, struct buf *out,
	     struct err *err)
{
	return run_well(node, args, NULL, deadline, out, err);
}

/* DIR/.NAME.new: kubelet reads every file of its folder but those that begin with a dot. */
static char *name_beside(const char *path)
{
	const char *slash = strrchr(path, '/');
	int dir = slash ? (int)(slash - path) : 0;

	return mem_printf("%.*s/.%s.new", dir, path, slash ? slash + 1 : path);
}

static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return mem_printf("%.*s", slash && slash != path ? (int)(slash - path) : 1, path);
}

static int put(struct node *node, const struct node_input *input, const char *path, unsigned mode,
	       uint64_t deadline, struct err *err)
{
	scoped(mem) char *beside = name_beside(path);
	scoped(mem) char *of = mem_printf("of=%s", beside);
	char octal[8];

	snprintf(octal, sizeof(octal), "%04o", mode & 07777);
	if (node_run(node, argv("install", "-m", octal, "/dev/null", beside), deadline, NULL,
		     err) ||
	    run_well(node, argv("dd", of, "bs=1M", "iflag=fullblock", "conv=fsync", "status=none"),
		     input, deadline, NULL, err) ||
	    node_run(node, argv("mv", "-T", beside, path), deadline, NULL, err)) {
		struct err ignored = ERR_INIT;
		if (err->code == ERR_REMOTE)
			node_run(node, argv("rm", "-f", beside), deadline_in(5000), NULL, &ignored);
		return err_in(err, "cannot write %s", path);
	}
	return 0;
}

int node_put(struct node *node, int fd, uint64_t size, const char *path, unsigned mode,
	     uint64_t deadline, struct err *err)
{
	struct node_input input = { .fd = fd, .len = size };

	node->gentle = true;
	int failed = put(node, &input, path, mode, deadline, err);
	node->gentle = false;
	return failed;
}

int node_write(struct node *node, const void *data, size_t len, const char *path, unsigned mode,
	       uint64_t deadline, struct err *err)
{
	struct node_input input = { .fd = -1, .data = data, .len = len };

	return put(node, &input, path, mode, deadline, err);
}

int node_get(struct node *node, const char *path, uint64_t deadline, struct buf *out,
	     struct err *err)
{
	if (node_run(node, argv("cat", "--", path), deadline, out, err))
		return err_in(err, "cannot read %s", path);
	return 0;
}

int node_sha256(struct node *node, const char *path, uint64_t deadline, char out[65],
		struct err *err)
{
	static const char script[] =
		"openssl dgst -sha256 -r \"$1\" 2>/dev/null || exec sha256sum -- \"$1\"";
	scoped(buf) struct buf text = BUF_INIT(SUM_MAX);

	node->gentle = true;
	int failed = node_run(node, argv("sh", "-c", script, "sh", path), deadline, &text, err);
	node->gentle = false;
	if (failed)
		return err_in(err, "%s", path);
	/* sha256sum has a backslash in front of the line of a name with a backslash */
	const char *hex = buf_str(&text) + (*buf_str(&text) == '\\');
	if (strspn(hex, "0123456789abcdef") != 64 || hex[64] != ' ')
		return err_set(err, ERR_REMOTE, "%s: the node did not say its SHA-256", path);
	snprintf(out, 65, "%.64s", hex);
	return 0;
}

int node_exists(struct node *node, const char *path, uint64_t deadline, bool *found,
		struct err *err)
{
	scoped(buf) struct buf errs = BUF_INIT(ERRORS_MAX);
	int status = 0;

	if (run(node, argv("test", "-e", path), NULL, deadline, NULL, &errs, &status, err))
		return -1;
	/* sudo, too, says 1 when it does not run it: test(1) itself has nothing to say */
	if (status > 1 || errs.len)
		return err_set(err, ERR_REMOTE, "test -e %s: exit %d: %.*s", path, status,
			       (int)strcspn(buf_str(&errs), "\r\n"), buf_str(&errs));
	*found = status == 0;
	return 0;
}

int node_move(struct node *node, const char *from, const char *to, uint64_t deadline,
	      struct err *err)
{
	bool found;
	scoped(mem) char *from_dir = folder_of(from);
	scoped(mem) char *to_dir = folder_of(to);

	if (node_exists(node, to, deadline, &found, err))
		return -1;
	if (found)
		return err_set(err, ERR_REMOTE, "cannot move %s: %s is there already", from, to);
	if (node_run(node, argv("mv", "-T", from, to), deadline, NULL, err))
		return err_in(err, "cannot move %s to %s", from, to);
	return node_run(node, argv("sync", from_dir, to_dir), deadline, NULL, err);
}

int node_tunnel(struct node *node, const char *host, unsigned port, uint64_t deadline,
		struct http_carrier *carrier, struct err *err)
{
	return node->ops->tunnel(node, host, port, deadline, carrier, err);
}

void node_tunnel_close(struct node *node)
{
	node->ops->tunnel_close(node);
}

void node_close(struct node *node)
{
	node->ops->close(node);
}
