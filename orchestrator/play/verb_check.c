/*
 * verb_check: what is looked at before anything changes, and the lock.
 */
#include "base/mem.h"
#include "play/look.h"
#include "play/paths.h"
#include "play/state.h"
#include "play/verb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t SPARE = 256ull * 1024 * 1024; /* two WAL segments and room to breathe */
static const uint64_t DEFAULT_QUOTA = 2ull * 1024 * 1024 * 1024;

/* *ours: this run has it.  -1 UNSAFE: another run does; it is told who, since when, and how far it is. */
static int look_lock(struct node *node, const struct play_ctx *ctx, uint64_t deadline, bool *ours,
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

static int check_programs(struct node *node, uint64_t deadline, struct err *err)
{
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
		if (!there[0] && !there[1])
			return err_set(err, ERR_REMOTE, "%s is not there", path);
	}
	int status;
	if (node_try(node, argv("systemctl", "is-active", "--quiet", "kubelet"), deadline, NULL,
		     &status, err))
		return -1;
	if (status) {
		err_set(err, ERR_REMOTE, "kubelet is not running: it would start nothing");
		return err_hint(err, "systemctl start kubelet; journalctl -u kubelet");
	}
	return 0;
}

/* The folder itself or the nearest one above it that is there. */
static int existing_folder(struct node *node, const char *path, uint64_t deadline, char **out,
			   struct err *err)
{
	char *folder = mem_strdup(path);
	bool found = false;

	for (;;) {
		if (node_exists(node, folder, deadline, &found, err)) {
			free(folder);
			return -1;
		}
		char *slash = strrchr(folder, '/');
		if (found || !slash || slash == folder)
			break;
		*slash = '\0';
	}
	*out = folder;
	return 0;
}

static int check_space(struct node *node, const char *folder, uint64_t need, uint64_t deadline,
		       uint64_t *avail, struct err *err)
{
	scoped(buf) struct buf out = BUF_INIT(4096);
	char *there = NULL;

	if (existing_folder(node, folder, deadline, &there, err))
		return -1;
	scoped(mem) char *path = there;
	if (node_run(node, argv("df", "-B1", "--output=avail", path), deadline, &out, err))
		return -1;
	buf_trim(&out);
	const char *last = strrchr(buf_str(&out), '\n');
	const char *digits = last ? last + 1 : buf_str(&out);
	if (parse_uint(digits + strspn(digits, " "), UINT64_MAX, avail))
		return err_set(err, ERR_REMOTE, "df %s: not understood: %s", path, buf_str(&out));
	if (*avail < need) {
		err_set(err, ERR_REMOTE, "%s has %llu MiB free, and %llu MiB are needed", path,
			(unsigned long long)(*avail >> 20), (unsigned long long)(need >> 20));
		return err_hint(err, "make room on that file system; old data that earlier runs "
				     "kept is in .before-* folders");
	}
	return 0;
}

/* What a rename inside the data dir cannot handle. */
static int check_data_dir(struct node *node, const struct member *member, uint64_t deadline,
			  struct err *err)
{
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
	if (link == 0 || mount == 0)
		return err_set(err, ERR_UNSAFE, "%s is a %s: it cannot be swapped by a rename", dir,
			       link == 0 ? "symbolic link" : "mount point");
	return 0;
}

static int check_quota(const struct play_ctx *ctx, const struct member *member, struct err *err)
{
	uint64_t quota = member->quota ? member->quota : DEFAULT_QUOTA;

	if (ctx->db_size < quota)
		return 0;
	err_set(err, ERR_UNSAFE,
		"the snapshot's database has %llu MiB, over etcd's quota of %llu MiB: it would "
		"refuse every write",
		(unsigned long long)(ctx->db_size >> 20), (unsigned long long)(quota >> 20));
	return err_hint(err, "raise --quota-backend-bytes in /etc/kubernetes/manifests/etcd.yaml "
			     "on every node first");
}

/* Root works in these: nobody else may have put something else in their place. */
static int check_paths(struct node *node, const struct member *member, uint64_t deadline,
		       struct err *err)
{
	const char *const paths[] = { MANIFESTS, RUNS, member->data_dir, member->wal_dir };

	for (size_t i = 0; i < 4; i++)
		if (paths[i] && look_safe_path(node, paths[i], deadline, err))
			return -1;
	return 0;
}

int verb_check_nodes(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		     struct err *err)
{
	struct play_node *self = play_node(ctx, node);
	const struct member *member = self->member;
	uint64_t wal_free;
	int status;
	bool ours;

	if (node_open(node, deadline, err) || look_lock(node, ctx, deadline, &ours, err) ||
	    check_programs(node, deadline, err) || check_paths(node, member, deadline, err) ||
	    check_manifests(node, ctx, deadline, err) || check_quota(ctx, member, err) ||
	    check_data_dir(node, member, deadline, err))
		return -1;
	if (!ours && node_exists(node, member->data_dir, deadline, &self->data_existed, err))
		return -1;
	/* a run that goes on has, or has had, its room */
	self->need_bytes = ours ? SPARE : 2 * ctx->snapshot_size + SPARE;
	if (check_space(node, member->data_dir, self->need_bytes, deadline, &self->free_bytes, err))
		return -1;
	if (member->wal_dir && check_space(node, member->wal_dir, SPARE, deadline, &wal_free, err))
		return -1;
	if (node_try(node, argv("ionice", "-c3", "true"), deadline, NULL, &status, err))
		return -1;
	self->ionice = status == 0;
	return 0;
}

int judge_check_nodes(const struct play_ctx *ctx, struct err *err)
{
	scoped(buf) struct buf list = BUF_INIT(64 * 1024);

	/* members of one cluster have names and peer URLs of their own */
	return cluster_initial(ctx->cluster, &list, err);
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
	return ctx->undoing || ctx->leave_nothing ? remove_run(node, ctx, deadline, err) : 0;
}
