/*
 * state: see state.h.
 */
#include "play/state.h"

#include "base/json.h"
#include "base/tree.h"
#include "play/look.h"
#include "play/paths.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { STATE_MAX = 64 * 1024, LOCK_MAX = 4096, LIST_MAX = 256 * 1024 };

#define API_VERSION "etcd-backup/v1"

const char *phase_text(enum run_phase phase)
{
	static const char *const texts[] = { "nothing done",     "locked",
					     "snapshot staged",  "API server stopped",
					     "etcd stopped",     "data swapped",
					     "new data in etcd", "API server started" };

	return texts[phase];
}

bool state_run_name(const char *name)
{
	size_t len = strlen(name);

	if (!len || len >= RUN_ID_SIZE)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isdigit((unsigned char)name[i]) && !islower((unsigned char)name[i]) &&
		    (name[i] != '-' || i == 0))
			return false;
	return true;
}

static struct tree *state_tree(struct node *node, const struct play_ctx *ctx, struct arena *arena)
{
	const struct play_node *self = play_node(ctx, node);
	struct tree *state = tree_map(arena);
	char when[21];

	time_text(now_unix(), when);
	tree_set_string(arena, state, "kind", "RunState");
	tree_set_string(arena, state, "apiVersion", API_VERSION);
	tree_set_string(arena, state, "run", ctx->run);
	tree_set_string(arena, state, "since", when);
	tree_set_string(arena, state, "operator", ctx->operator);
	tree_set_string(arena, state, "cluster", ctx->cluster->name);
	tree_set_string(arena, state, "playbook", ctx->playbook);
	tree_set_string(arena, state, "playbookSHA256", ctx->playbook_sha256);
	tree_set_string(arena, state, "target", ctx->target);
	if (ctx->joins)
		tree_set_string(arena, state, "joins", ctx->joins);
	tree_set_string(arena, state, "member", self->member->name);
	tree_set_string(arena, state, "dataDir", self->member->data_dir);
	tree_set_string(arena, state, "walDir", self->member->wal_dir);
	tree_set_string(arena, state, "initialCluster", ctx->initial_cluster);
	tree_set_string(arena, state, "initialClusterToken", ctx->token);
	tree_set_string(arena, state, "snapshotSHA256", ctx->snapshot_sha256);
	tree_set_number(arena, state, "snapshotSize", ctx->snapshot_size);
	tree_set_number(arena, state, "snapshotDbSize", ctx->db_size);
	tree_set_number(arena, state, "snapshotRevision", ctx->snapshot_revision);
	tree_set_number(arena, state, "bumpRevision", ctx->bump);
	tree_set_number(arena, state, "snapshotInUse", ctx->snapshot_in_use);
	tree_set_number(arena, state, "carriedAlarms", ctx->carried_alarms);
	tree_set_bool(arena, state, "carriedAuth", ctx->carried_auth);
	tree_set_bool(arena, state, "keepAlarms", ctx->keep_alarms);
	tree_set_string(arena, state, "unknownNodes", ctx->unknown_nodes);
	tree_set_string(arena, state, "votersBefore", self->voters);
	tree_set_bool(arena, state, "dataDirExisted", self->data_existed);
	if (ctx->drill) {
		tree_set_number(arena, state, "drillPort", ctx->drill->port);
		tree_set_number(arena, state, "drillLimitSeconds", ctx->drill->limit_s);
	}
	return state;
}

int state_write(struct node *node, const struct play_ctx *ctx, uint64_t deadline, struct err *err)
{
	scoped(arena) struct arena *arena = arena_new();
	scoped(buf) struct buf text = BUF_INIT(STATE_MAX);
	scoped(mem) char *path = path_run(ctx, "state.json");

	if (json_write(state_tree(node, ctx, arena), false, &text, err))
		return -1;
	return node_write(node, text.data, text.len, path, 0600, deadline, err);
}

static uint64_t number(const struct tree *state, const char *key)
{
	const char *text = tree_string(state, key);
	uint64_t value;

	return text && !parse_uint(text, UINT64_MAX, &value) ? value : 0;
}

static bool yes(const struct tree *state, const char *key)
{
	const char *text = tree_string(state, key);

	return text && strcmp(text, "true") == 0;
}

static const char *string(const struct tree *state, struct arena *arena, const char *key)
{
	return arena_strdup(arena, tree_string(state, key));
}

/* What a node says is outside input; a target goes into paths of every node. */
static int check_names(const struct run_state *state, struct err *err)
{
	bool needed =
		strcmp(state->playbook, "rollback") == 0 || strcmp(state->playbook, "clean") == 0;

	if (!state->cluster || !*state->cluster)
		return err_set(err, ERR_CONFIG, "cluster is missing");
	if (state->target ? !state_run_name(state->target) : needed)
		return err_set(err, ERR_CONFIG, "target is %s",
			       state->target ? "no name of a run" : "missing");
	return 0;
}

static int take_fields(const struct tree *state, struct arena *arena, struct run_state *out,
		       struct err *err)
{
	const char *version = tree_string(state, "apiVersion");
	const char *existed = tree_string(state, "dataDirExisted");

	if (!version || strcmp(version, API_VERSION) != 0)
		return err_set(err, ERR_CONFIG, "apiVersion is %s, and this program reads %s",
			       version ? version : "missing", API_VERSION);
	out->operator= string(state, arena, "operator");
	out->since = string(state, arena, "since");
	out->cluster = string(state, arena, "cluster");
	out->playbook = string(state, arena, "playbook");
	out->playbook_sha256 = string(state, arena, "playbookSHA256");
	out->target = string(state, arena, "target");
	out->joins = string(state, arena, "joins");
	out->member = string(state, arena, "member");
	out->data_dir = string(state, arena, "dataDir");
	out->wal_dir = string(state, arena, "walDir");
	out->initial_cluster = string(state, arena, "initialCluster");
	out->token = string(state, arena, "initialClusterToken");
	out->snapshot_sha256 = string(state, arena, "snapshotSHA256");
	out->snapshot_size = number(state, "snapshotSize");
	out->db_size = number(state, "snapshotDbSize");
	out->snapshot_revision = number(state, "snapshotRevision");
	out->bump = number(state, "bumpRevision");
	out->in_use = number(state, "snapshotInUse");
	out->carried_alarms = (unsigned)number(state, "carriedAlarms");
	out->carried_auth = yes(state, "carriedAuth");
	out->keep_alarms = yes(state, "keepAlarms");
	out->unknown_nodes = string(state, arena, "unknownNodes");
	out->voters = string(state, arena, "votersBefore");
	out->drill_port = number(state, "drillPort");
	out->drill_limit_s = number(state, "drillLimitSeconds");
	out->data_existed = !existed || strcmp(existed, "true") == 0;
	if (!out->member || !out->data_dir || !out->playbook || !out->token)
		return err_set(err, ERR_CONFIG, "member, dataDir, playbook or token is missing");
	return check_names(out, err);
}

/* What stands there of a run, by its paths. */
static int look_phase(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		      struct run_state *out, struct err *err)
{
	enum {
		STAGED = 0,
		SWAPPED = 3,
		ETCD_PARKED = 5,
		ETCD_BACK,
		API_PARKED,
		API_BACK,
		API_LIVE,
		UNDOING
	};
	const char *wal = out->wal_dir ? out->wal_dir : out->data_dir;
	char *paths[] = {
		path_beside(ctx, out->data_dir, "snapshot", NULL),
		path_beside(ctx, out->data_dir, "restoring", NULL),
		path_beside(ctx, wal, "restoring", NULL),
		path_beside(ctx, out->data_dir, "before", NULL),
		path_beside(ctx, wal, "before", NULL),
		path_parked(ctx, "etcd"),
		path_original(ctx, "etcd"),
		path_parked(ctx, "kube-apiserver"),
		path_original(ctx, "kube-apiserver"),
		path_manifest("kube-apiserver"),
		path_run(ctx, "undoing"),
	};
	enum { COUNT = sizeof(paths) / sizeof(paths[0]) };
	bool there[COUNT];

	int failed = look_exist(node, (const char *const *)paths, COUNT, deadline, there, err);
	for (size_t i = 0; i < COUNT; i++)
		free(paths[i]);
	if (failed)
		return -1;
	out->undoing = there[UNDOING];
	out->phase = PHASE_LOCKED;
	if (there[STAGED] || there[STAGED + 1] || there[STAGED + 2])
		out->phase = PHASE_STAGED;
	if (there[API_PARKED])
		out->phase = PHASE_API_STOPPED;
	if (there[ETCD_PARKED])
		out->phase = PHASE_ETCD_STOPPED;
	/* a finished run keeps the old data, and its originals */
	if (there[SWAPPED] || there[SWAPPED + 1])
		out->phase = PHASE_SWAPPED;
	if (there[ETCD_BACK])
		out->phase = PHASE_ETCD_STARTED;
	/*
	 * Parked and in its place: the copy stands there, and the original has not been put away yet; but etcd was started before.
	 * Where it was not, somebody has put the manifest back by hand.
	 */
	if (there[API_BACK] || (there[API_PARKED] && there[API_LIVE] && there[ETCD_BACK]))
		out->phase = PHASE_API_STARTED;
	return 0;
}

int state_read(struct node *node, const char *run, struct arena *arena, uint64_t deadline,
	       struct run_state *out, struct err *err)
{
	scoped(buf) struct buf text = BUF_INIT(STATE_MAX);
	struct play_ctx ctx = { .run = "" };
	struct lock lock;
	bool found;

	*out = (struct run_state){ .found = false };
	if (!state_run_name(run))
		return err_set(err, ERR_USAGE, "\"%.40s\" is no name of a run", run);
	memcpy(ctx.run, run, strlen(run) + 1);
	scoped(mem) char *path = path_run(&ctx, "state.json");
	if (state_lock(node, deadline, &lock, err) ||
	    node_exists(node, path, deadline, &found, err))
		return -1;
	out->locked = strcmp(lock.run, run) == 0;
	if (!found)
		return 0;
	if (node_get(node, path, deadline, &text, err))
		return -1;
	const struct tree *state = json_parse(arena, buf_str(&text), text.len, STATE_MAX, err);
	if (!state || take_fields(state, arena, out, err))
		return err_in(err, "%s", path);
	out->found = true;
	return look_phase(node, &ctx, deadline, out, err);
}

int state_mark(struct node *node, const struct play_ctx *ctx, const char *mark, uint64_t deadline,
	       struct err *err)
{
	scoped(mem) char *path = path_run(ctx, mark);

	return node_run(node, argv("install", "-m", "0600", "/dev/null", path), deadline, NULL,
			err);
}

int state_mark_durable(struct node *node, const struct play_ctx *ctx, const char *mark,
		       uint64_t deadline, struct err *err)
{
	scoped(mem) char *folder = path_run(ctx, NULL);

	return state_mark(node, ctx, mark, deadline, err) ||
			       node_run(node, argv("sync", folder), deadline, NULL, err)
		       ? -1
		       : 0;
}

int state_marked(struct node *node, const struct play_ctx *ctx, const char *mark, uint64_t deadline,
		 bool *marked, struct err *err)
{
	scoped(mem) char *path = path_run(ctx, mark);

	return node_exists(node, path, deadline, marked, err);
}

int state_take(struct node *node, const struct play_ctx *ctx, uint64_t deadline, struct err *err)
{
	scoped(mem) char *path = path_run(ctx, "holder");

	return node_write(node, ctx->holder, strlen(ctx->holder), path, 0600, deadline, err);
}

int state_held(struct node *node, const struct play_ctx *ctx, uint64_t deadline, bool *held,
	       struct err *err)
{
	static const char script[] = "[ ! -e \"$1\" ] || cat \"$1\"";
	scoped(mem) char *path = path_run(ctx, "holder");
	scoped(buf) struct buf text = BUF_INIT(4096);

	if (node_run(node, argv("sh", "-c", script, "sh", path), deadline, &text, err))
		return -1;
	*held = !text.len || strcmp(buf_str(&text), ctx->holder) == 0;
	return 0;
}

/* "run 20261121t104107-7f3a since 2026-11-21T10:41:07Z by root at desk" */
int state_lock(struct node *node, uint64_t deadline, struct lock *out, struct err *err)
{
	scoped(buf) struct buf text = BUF_INIT(LOCK_MAX);
	bool found;

	*out = (struct lock){ .run = "" };
	if (node_exists(node, LOCK_FILE, deadline, &found, err))
		return -1;
	if (!found)
		return 0;
	if (node_get(node, LOCK_FILE, deadline, &text, err))
		return -1;
	buf_trim(&text);
	const char *line = buf_str(&text);
	size_t len = strncmp(line, "run ", 4) == 0 ? strcspn(line + 4, " \n") : 0;
	scoped(mem) char *run = mem_printf("%.*s", (int)len, len ? line + 4 : "");
	if (!state_run_name(run))
		return err_set(err, ERR_REMOTE, LOCK_FILE ": not understood: %.100s", line);
	memcpy(out->run, run, len + 1);
	scoped(mem) char *words = mem_printf("%.*s", (int)strcspn(line, "\n"), line);
	size_t room = strlen(words) < sizeof(out->words) ? strlen(words) : sizeof(out->words) - 1;
	memcpy(out->words, words, room);
	return 0;
}

int state_take_over(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		    struct err *err)
{
	scoped(mem) char *path = path_run(ctx, "holder");
	struct lock lock;
	bool ours;

	if (state_lock(node, deadline, &lock, err))
		return -1;
	ours = strcmp(lock.run, ctx->run) == 0;
	/* it may have ended here and not elsewhere: its last holder is still named then */
	if (!lock.run[0] && node_exists(node, path, deadline, &ours, err))
		return -1;
	return ours ? state_take(node, ctx, deadline, err) : 0;
}

int state_runs(struct node *node, uint64_t deadline, char runs[][RUN_ID_SIZE], size_t max,
	       size_t *count, size_t *older, struct err *err)
{
	scoped(buf) struct buf list = BUF_INIT(LIST_MAX);
	bool found;

	*count = *older = 0;
	if (node_exists(node, RUNS, deadline, &found, err))
		return -1;
	if (!found)
		return 0;
	if (node_run(node, argv("ls", "-1", RUNS), deadline, &list, err))
		return -1;
	for (const char *at = buf_str(&list); *at;) {
		size_t len = strcspn(at, "\n");
		scoped(mem) char *name = mem_printf("%.*s", (int)len, at);
		at += len + (at[len] == '\n');
		if (!strchr(name, '-') || !state_run_name(name))
			continue;
		if (*count == max) { /* a run that needs something is rarely the oldest */
			memmove(runs[0], runs[1], (max - 1) * RUN_ID_SIZE);
			--*count;
			++*older;
		}
		memcpy(runs[(*count)++], name, len + 1);
	}
	return 0;
}

int state_manifest(struct node *node, const char *pod, uint64_t deadline, char **path,
		   struct err *err)
{
	struct play_ctx ctx = { .run = "" };
	struct lock lock;
	bool found;

	*path = path_manifest(pod);
	if (node_exists(node, *path, deadline, &found, err))
		found = false;
	if (found)
		return 0;
	free(*path);
	*path = NULL;
	if (err->code || state_lock(node, deadline, &lock, err))
		return -1;
	if (!lock.run[0])
		return 0;
	memcpy(ctx.run, lock.run, sizeof(ctx.run));
	char *parked = path_parked(&ctx, pod);
	if (node_exists(node, parked, deadline, &found, err)) {
		free(parked);
		return -1;
	}
	if (found)
		*path = parked;
	else
		free(parked);
	return 0;
}
