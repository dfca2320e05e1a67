/*
 * verb_check: what is looked at before anything changes.
 */
#include "base/mem.h"
#include "etcd/etcd_alarm.h"
#include "play/lock.h"
#include "play/look.h"
#include "play/paths.h"
#include "play/tool.h"
#include "play/verb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t SPARE = 256ull * 1024 * 1024; /* two WAL segments and room to breathe */

static int check_programs(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
			  struct err *err)
{
	(void)ctx;
	static const char script[] =
		"for c in \"$@\"; do command -v \"$c\" >/dev/null || echo \"$c\"; done";
	scoped(buf) struct buf out = BUF_INIT(4096);

	if (node_run(node,
		     argv("sh", "-c", script, "sh", "pgrep", "flock", "timeout", "dd", "install",
			  "sync", "df", "stat", "sha256sum", "find", "kill", "chown", "head",
			  "mountpoint", "ln", "cp", "rm", "mv", "chmod", "nice", "grep"),
		     deadline, &out, err))
		return -1;
	if (!out.len)
		return 0;
	for (size_t i = 0; i + 1 < out.len; i++)
		if (out.data[i] == '\n')
			out.data[i] = ' ';
	buf_trim(&out);
	err_set(err, ERR_REMOTE, "missing programs: %s", buf_str(&out));
	return err_hint(err, "they come with coreutils, util-linux, procps and findutils");
}

/* Whether it runs is tried when it is staged, while the cluster still serves. */
static int check_tool(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		      struct err *err)
{
	bool builds = !ctx->target && !ctx->joins && !ctx->leave_nothing;

	return builds ? tool_look(node, ctx, deadline, err) : 0;
}

/* Each in its place, or parked by this very run, which goes on. */
static int check_manifests(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
			   struct err *err)
{
	static const char *const pods[] = { "etcd", "kube-apiserver" };
	bool there[2];

	for (size_t i = 0; i < 2; i++) {
		scoped(mem) char *path = path_manifest(pods[i]);
		scoped(mem) char *parked = path_parked(ctx, pods[i]);
		const char *const paths[] = { path, parked };
		if (look_exist(node, paths, 2, deadline, there, err))
			return -1;
		if (there[0] || there[1])
			continue;
		err_set(err, ERR_REMOTE, "%s is not there", path);
		return err_hint(err, "if a run has stopped it: kubectl etcd-backup resume, without "
				     "a run, shows which; else put the manifest back first");
	}
	return 0;
}

static int check_kubelet(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
			 struct err *err)
{
	int status;

	(void)ctx;
	if (node_try(node, argv("systemctl", "is-active", "--quiet", "kubelet"), deadline, NULL,
		     &status, err))
		return -1;
	if (status) {
		err_set(err, ERR_REMOTE, "kubelet is not running: it would start nothing");
		return err_hint(err, "systemctl start kubelet; journalctl -u kubelet");
	}
	return 0;
}

/* What a rename inside the data dir cannot handle. */
static int check_data_dir(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
			  struct err *err)
{
	const struct member *member = play_node(ctx, node)->member;
	scoped(mem) char *dir = mem_printf("%s/member", member->data_dir);
	int link, mount;

	if (node_try(node, argv("test", "-L", dir), deadline, NULL, &link, err) ||
	    node_try(node, argv("mountpoint", "-q", dir), deadline, NULL, &mount, err))
		return -1;
	if (member->wal_dir && strncmp(member->wal_dir, dir, strlen(dir)) == 0 &&
	    (member->wal_dir[strlen(dir)] == '/' || !member->wal_dir[strlen(dir)])) {
		err_set(err, ERR_UNSAFE, "--wal-dir %s is inside %s, which is swapped as a whole",
			member->wal_dir, dir);
		return err_hint(err, "drop --wal-dir from the manifest, or move it elsewhere");
	}
	if (link && mount)
		return 0;
	err_set(err, ERR_UNSAFE, "%s is a %s: it cannot be swapped by a rename", dir,
		link == 0 ? "symbolic link" : "mount point");
	return err_hint(err,
			"mount %s instead, which may be a mount point, or make the directory "
			"an ordinary one while etcd is stopped",
			member->data_dir);
}

static int check_quota(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		       struct err *err)
{
	const struct member *member = play_node(ctx, node)->member;
	(void)deadline;
	uint64_t quota = play_quota(member);

	if (ctx->db_size < quota || (ctx->joins && node->index))
		return 0;
	/* it was full then, too: clear-alarms makes room before anybody writes */
	if (ctx->carried_alarms & ETCD_ALARM_NOSPACE && !ctx->keep_alarms &&
	    play_has_room(member, ctx->snapshot_in_use))
		return 0;
	err_set(err, ERR_UNSAFE,
		"the %s database has %llu MiB, over etcd's quota of %llu MiB: it would "
		"refuse every write",
		ctx->joins ? "cluster's" : "snapshot's", (unsigned long long)(ctx->db_size >> 20),
		(unsigned long long)(quota >> 20));
	return err_hint(err, "raise --quota-backend-bytes in /etc/kubernetes/manifests/etcd.yaml "
			     "on every node first");
}

/* Root works in these: nobody else may have put something else in their place. */
static int check_paths(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		       struct err *err)
{
	return look_safe_member(node, play_node(ctx, node)->member, deadline, err);
}

/* All of them take the same, so that they can stand in a table. */
static int check_lock(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		      struct err *err)
{
	struct play_node *self = play_node(ctx, node);
	bool ours;

	if (look_lock(node, ctx, deadline, &ours, err))
		return -1;
	if (!ours && node_exists(node, self->member->data_dir, deadline, &self->data_existed, err))
		return -1;
	/* a node that comes back gets the database as a file, and has it; the others get nothing */
	uint64_t comes = !ctx->joins ? ctx->snapshot_size : node->index ? 0 : ctx->db_size;
	/* a run that goes on has, or has had, its room */
	self->need_bytes = ours ? SPARE : 2 * comes + SPARE;
	/* as a rule they come to the same file system */
	if (ctx->drill && !ours)
		self->need_bytes += drill_programs(ctx->drill->api && node->index == 0);
	return 0;
}

static int check_free(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		      struct err *err)
{
	struct play_node *self = play_node(ctx, node);
	const struct member *member = self->member;
	uint64_t wal_free;

	if (look_space(node, member->data_dir, self->need_bytes, deadline, &self->free_bytes, err))
		return -1;
	return member->wal_dir ? look_space(node, member->wal_dir, SPARE, deadline, &wal_free, err)
			       : 0;
}

static int check_priority(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
			  struct err *err)
{
	int status;

	(void)ctx;
	if (node_try(node, argv("ionice", "-c3", "true"), deadline, NULL, &status, err))
		return -1;
	node->ionice = status == 0;
	return 0;
}

static const struct {
	const char *name;
	int (*run)(struct node *, const struct play_ctx *, uint64_t, struct err *);
} checks[] = {
	{ "lock", check_lock },           { "programs", check_programs },
	{ "tool", check_tool },           { "paths", check_paths },
	{ "manifests", check_manifests }, { "kubelet", check_kubelet },
	{ "quota", check_quota },         { "data-dir", check_data_dir },
	{ "space", check_free },          { "priority", check_priority },
};
_Static_assert(sizeof(checks) / sizeof(checks[0]) <= CHECKS_MAX, "a place for every check");

const char *check_nodes_name(size_t index)
{
	return index < sizeof(checks) / sizeof(checks[0]) ? checks[index].name : NULL;
}

/* Every check is made, so that whoever mends things knows all that is to be mended. */
int verb_check_nodes(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		     struct err *err)
{
	struct play_node *self = play_node(ctx, node);
	size_t failed = 0;

	self->check_count = 0;
	if (node_open(node, deadline, err))
		return -1;
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		struct check *check = &self->checks[self->check_count++];
		*check = (struct check){ .name = checks[i].name, .err = ERR_INIT };
		if (!checks[i].run(node, ctx, deadline, &check->err))
			continue;
		if (!failed++)
			*err = check->err;
		/* when the node itself does not answer there is nothing more to learn from it */
		if (check->err.code != ERR_REMOTE && check->err.code != ERR_UNSAFE)
			return -1;
	}
	if (failed > 1) {
		size_t len = strlen(err->text);
		snprintf(err->text + len, sizeof(err->text) - len, " (and %zu more checks failed)",
			 failed - 1);
	}
	return failed ? -1 : 0;
}

int judge_check_nodes(const struct play_ctx *ctx, struct err *err)
{
	scoped(buf) struct buf list = BUF_INIT(64 * 1024);

	/* members of one cluster have names and peer URLs of their own */
	return cluster_initial(ctx->cluster, &list, err);
}
