/*
 * verb_pod: static pods are stopped by moving their manifests out of kubelet's sight and ending their processes, and started by
 * putting them back.  "Stopped" is proved by process, by database lock and by closed ports; kubelet's word is not taken for it.
 */
#include "base/log.h"
#include "base/mem.h"
#include "play/look.h"
#include "play/paths.h"
#include "play/pod.h"
#include "play/state.h"
#include "play/swap.h"
#include "play/verb.h"

#include <stdio.h>
#include <string.h>

/*
 * A changed annotation gives the pod a new UID.  kubelet keeps its back-off by UID: without this a pod that was stopped a few times
 * lately starts after minutes.
 */
#define ANNOTATION "etcd-backup/run"

enum { POLL_MS = 50, ENDS_MAX = 4 };

/* The original is parked in the run's folder, on the file system of the manifests. */
static int park(struct node *node, const struct play_ctx *ctx, const char *pod, uint64_t deadline,
		struct err *err)
{
	scoped(mem) char *manifest = path_manifest(pod);
	scoped(mem) char *parked = path_parked(ctx, pod);
	scoped(mem) char *original = path_original(ctx, pod);
	bool there, is_parked, started;

	if (node_exists(node, manifest, deadline, &there, err) ||
	    node_exists(node, parked, deadline, &is_parked, err))
		return -1;
	if (!there)
		return is_parked ? 0 : err_set(err, ERR_REMOTE, "%s is not there", manifest);
	if (is_parked) /* what is there is the copy that this run had put back */
		return node_run(node, argv("rm", "-f", manifest), deadline, NULL, err);
	if (node_exists(node, original, deadline, &started, err))
		return -1;
	if (!started)
		return node_move(node, manifest, parked, deadline, err);
	/* undoing a start: the original is the one to keep, the annotated copy goes */
	if (node_move(node, original, parked, deadline, err))
		return -1;
	return node_run(node, argv("rm", "-f", manifest), deadline, NULL, err);
}

/*
 * Puts a copy of a manifest, with the run's annotation, in its place; one that has no room for it is copied as it is.  Made
 * in the run's folder and moved: nothing half-written ever stands in kubelet's sight.  The etcd of a node that comes back is
 * told which members there are.
 */
static int put_annotated(struct node *node, const struct play_ctx *ctx, const char *pod,
			 const char *from, uint64_t deadline, struct err *err)
{
	scoped(buf) struct buf text = BUF_INIT(MANIFEST_MAX), joined = BUF_INIT(MANIFEST_MAX);
	scoped(buf) struct buf out = BUF_INIT(2 * MANIFEST_MAX);
	scoped(mem) char *name = mem_printf("annotated-%s.yaml", pod);
	scoped(mem) char *made = path_run(ctx, name);
	scoped(mem) char *manifest = path_manifest(pod);
	const struct buf *use = &text;
	struct err odd = ERR_INIT;

	if (node_get(node, from, deadline, &text, err))
		return -1;
	if (ctx->joins && strcmp(pod, "etcd") == 0) {
		if (static_pod_join(buf_str(&text), text.len, ctx->initial_cluster, &joined, err))
			return err_in(err, "%s", from);
		use = &joined;
	}
	if (static_pod_annotate(buf_str(use), use->len, ANNOTATION, ctx->run, &out, &odd)) {
		log_at(2, "%s: %s: no annotation: %s", node->name, from, odd.text);
		buf_clear(&out);
		buf_add(&out, buf_str(use), use->len);
	}
	if (node_write(node, out.data, out.len, made, 0600, deadline, err))
		return -1;
	if (node_run(node, argv("mv", "-T", made, manifest), deadline, NULL, err))
		return -1;
	return node_run(node, argv("sync", MANIFESTS), deadline, NULL, err);
}

/* What goes back: the parked one; in a rollback the one from before the run that is rolled back, where it is kept. */
static int pick_manifest(struct node *node, const struct play_ctx *ctx, const char *pod,
			 uint64_t deadline, char **path, struct err *err)
{
	bool kept = false;

	*path = NULL;
	if (ctx->target) {
		scoped(mem) char *before = path_of_run(ctx->target, "originals", pod);
		if (node_exists(node, before, deadline, &kept, err))
			return -1;
		if (kept)
			*path = mem_strdup(before);
	}
	if (!kept)
		*path = path_parked(ctx, pod);
	return 0;
}

static int unpark(struct node *node, const struct play_ctx *ctx, const char *pod, uint64_t deadline,
		  struct err *err)
{
	scoped(mem) char *manifest = path_manifest(pod);
	scoped(mem) char *parked = path_parked(ctx, pod);
	scoped(mem) char *original = path_original(ctx, pod);
	bool there, is_parked;

	if (node_exists(node, parked, deadline, &is_parked, err) ||
	    node_exists(node, manifest, deadline, &there, err))
		return -1;
	if (!is_parked)
		return there ? 0
			     : err_set(err, ERR_REMOTE, "neither %s nor %s is there", manifest,
				       parked);
	if (ctx->undoing) /* over whatever half-happened: the original wins */
		return node_run(node, argv("mv", "-T", parked, manifest), deadline, NULL, err);
	scoped(mem) char *from = NULL;
	if (pick_manifest(node, ctx, pod, deadline, &from, err) ||
	    put_annotated(node, ctx, pod, from, deadline, err))
		return -1;
	return node_move(node, parked, original, deadline, err);
}

/* What is to be ended. */
struct target {
	const char *pod, *program, *flag, *value;
	unsigned ports[8];           /* nobody may listen there at the end; 0 ends the list */
	unsigned doors[4];           /* closed: it stops, and what it still does serves nobody */
	const struct member *member; /* whose database lock is looked at; NULL: none */
};

static int kill_all(struct node *node, const struct pids *pids, uint64_t deadline, struct err *err)
{
	const char *args[PIDS_MAX + 3] = { "kill", "-KILL" };
	int status;

	for (size_t i = 0; i < pids->count; i++)
		args[2 + i] = pids->list[i];
	args[2 + pids->count] = NULL;
	return node_try(node, args, deadline, NULL, &status, err); /* 1: gone meanwhile */
}

/* Gone by all three signs?  Says in err what is still there. */
static int look_gone(struct node *node, const struct target *target, const struct pids *pids,
		     unsigned port, uint64_t deadline, bool *gone, struct err *err)
{
	bool held = false;

	if (!pids->count && !port && target->member &&
	    look_db_held(node, target->member, deadline, &held, err))
		return -1;
	*gone = !pids->count && !port && !held;
	if (pids->count) {
		err_set(err, ERR_TIMEOUT, "%s still runs (process %s)", target->program,
			pids->list[0]);
		err_hint(err, "on the node: ps -o state,wchan:30,args -p %s", pids->list[0]);
	} else if (port)
		err_set(err, ERR_TIMEOUT, "somebody still listens on port %u", port);
	else if (held)
		err_set(err, ERR_TIMEOUT, "somebody still holds the lock of the database");
	return 0;
}

/* A look that the step's end cut short: what the one before it saw is the reason. */
static int end_not_seen(const struct err *still, struct err *err)
{
	if (err->code == ERR_TIMEOUT && still->code) {
		err_in(err, "%s; then", still->text);
		err_hint(err, "%s", still->hint);
	}
	return -1;
}

/*
 * Grace ends early when the doors are closed: kubelet has told it to stop, nobody new is served, and what is left is an
 * API server waiting for its watches to end by themselves, or a leader looking for a successor among members that stop, too.
 */
static int end_process(struct node *node, const struct play_ctx *ctx, const struct target *target,
		       uint64_t deadline, struct err *err)
{
	uint64_t grace = deadline_in(ctx->grace_ms);
	struct err still = ERR_INIT;

	for (;;) {
		scoped(buf) struct buf sockets = BUF_INIT(SOCKETS_MAX);
		struct pids pids;
		bool gone;
		if (look_processes(node, target->program, target->flag, target->value, deadline,
				   &pids, err) ||
		    look_sockets(node, deadline, &sockets, err))
			return end_not_seen(&still, err);
		unsigned port = look_parse_listening(buf_str(&sockets), target->ports);
		bool shut = !look_parse_listening(buf_str(&sockets), target->doors);
		if (look_gone(node, target, &pids, port, deadline, &gone, &still)) {
			*err = still;
			return -1;
		}
		if (gone)
			return 0;
		if (pids.count && (shut || now_ms() >= grace) &&
		    kill_all(node, &pids, deadline, err))
			return end_not_seen(&still, err);
		if (now_ms() >= deadline) {
			*err = still;
			return -1;
		}
		if (look_pause(node, POLL_MS, err))
			return -1;
	}
}

/* Where this run's copies of a manifest are. */
struct places {
	bool live, parked, started; /* the last: put back by this run, the original kept */
};

static int look_places(struct node *node, const struct play_ctx *ctx, const char *pod,
		       uint64_t deadline, struct places *out, struct err *err)
{
	scoped(mem) char *manifest = path_manifest(pod);
	scoped(mem) char *parked = path_parked(ctx, pod);
	scoped(mem) char *original = path_original(ctx, pod);
	const char *const paths[] = { manifest, parked, original };
	bool there[3];

	if (look_exist(node, paths, 3, deadline, there, err))
		return -1;
	*out = (struct places){ there[0], there[1], there[2] };
	return 0;
}

/*
 * Whoever served before must serve again after an undo: that is remembered on the node.  One that is outside of its
 * cluster listens now and then, and serves nobody.
 */
static int note_served(struct node *node, const struct play_ctx *ctx, const struct target *target,
		       bool *served, uint64_t deadline, struct err *err)
{
	scoped(mem) char *mark = mem_printf("served-%s", target->pod);
	unsigned port;

	if (look_listening(node, target->doors, deadline, &port, err))
		return -1;
	if (!port || *served)
		return 0;
	*served = true;
	return state_mark(node, ctx, mark, deadline, err);
}

static int stop(struct node *node, const struct play_ctx *ctx, const struct target *target,
		bool *served, uint64_t deadline, struct err *err)
{
	struct places at;

	if (look_places(node, ctx, target->pod, deadline, &at, err))
		return -1;
	if (ctx->undoing && !at.parked && !at.started) /* this run has not stopped it */
		return 0;
	if (!ctx->undoing && at.live && !at.parked && at.started) /* it is over the new data */
		return 0;
	if (!ctx->undoing && !ctx->joins && at.live && !at.parked &&
	    note_served(node, ctx, target, served, deadline, err))
		return -1;
	if (park(node, ctx, target->pod, deadline, err))
		return -1;
	return end_process(node, ctx, target, deadline, err);
}

/* After an undo: what served before must serve again, or the cluster is not as it was; without its quorum it cannot. */
static int wait_serves(struct node *node, const struct play_ctx *ctx, const struct target *target,
		       bool served, uint64_t deadline, struct err *err)
{
	scoped(mem) char *mark = mem_printf("served-%s", target->pod);
	unsigned port = 0;

	if (ctx->no_quorum)
		return 0;
	if (!served && state_marked(node, ctx, mark, deadline, &served, err))
		return -1;
	while (served && !port) {
		if (now_ms() >= deadline) {
			err_set(err, ERR_TIMEOUT,
				"the manifest is back, but nothing listens on port %u yet",
				target->doors[0]);
			return err_hint(err,
					"kubelet may be waiting (back-off): journalctl -u kubelet");
		}
		if (look_listening(node, target->doors, deadline, &port, err) ||
		    (!port && look_pause(node, POLL_MS, err)))
			return -1;
	}
	return 0;
}

static struct target api_target(const struct play_node *self)
{
	return (struct target){ .pod = "kube-apiserver",
				.program = "kube-apiserver",
				.ports = { self->api.port },
				.doors = { self->api.port } };
}

static struct target etcd_target(const struct member *member)
{
	struct target target = { .pod = "etcd",
				 .program = "etcd",
				 .flag = "--name",
				 .value = member->name,
				 .member = member };
	const char *const urls[] = { member->client_url, member->listen_client, member->peer_url,
				     member->metrics_url };
	size_t ports = 0, doors = 0;

	for (size_t i = 0; i < 4; i++) {
		unsigned port = look_url_port(urls[i]);
		if (!port)
			continue;
		target.ports[ports++] = port;
		if (i < 2) /* those of clients close first */
			target.doors[doors++] = port;
	}
	return target;
}

int verb_stop_apiserver(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
			struct err *err)
{
	struct play_node *self = play_node(ctx, node);
	struct target target = api_target(self);

	if (!self->api_stopped_at)
		self->api_stopped_at = now_ms();
	return stop(node, ctx, &target, &self->api_served, deadline, err);
}

int verb_start_apiserver(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
			 struct err *err)
{
	const struct play_node *self = play_node(ctx, node);
	struct target target = api_target(self);

	if (unpark(node, ctx, "kube-apiserver", deadline, err))
		return -1;
	return ctx->undoing ? wait_serves(node, ctx, &target, self->api_served, deadline, err) : 0;
}

int verb_stop_etcd(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		   struct err *err)
{
	struct play_node *self = play_node(ctx, node);
	struct target target = etcd_target(self->member);

	return stop(node, ctx, &target, &self->etcd_served, deadline, err);
}

bool turns_start_etcd(const struct play_ctx *ctx)
{
	for (size_t i = 0; i < ctx->cluster->count; i++)
		if (ctx->cluster->members[i].corrupt_check)
			return ctx->cluster->count > 1;
	return false;
}

/* With the corruption check on, members that start together wait 7 s for each other: one at a time. */
static int wait_answers(struct node *node, const struct member *member, uint64_t deadline,
			struct err *err)
{
	unsigned wanted[2] = { look_url_port(member->metrics_url), 0 }, port = 0;
	uint64_t limit = deadline_in(30 * 1000); /* whether it is well is wait-etcd's question */

	if (!wanted[0])
		wanted[0] = look_url_port(member->client_url);
	while (!port && now_ms() < limit && now_ms() < deadline)
		if (look_listening(node, wanted, deadline, &port, err) ||
		    (!port && look_pause(node, POLL_MS, err)))
			return -1;
	return 0;
}

/*
 * Etcd over an empty folder would quietly become a new, empty cluster.  One that joins gets the folder empty, and its manifest
 * says that there is a cluster; but the old data must be away.
 */
static int check_data(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		      struct err *err)
{
	const struct member *member = play_node(ctx, node)->member;
	scoped(mem) char *inner = mem_printf("%s/member/wal", member->data_dir);
	bool done;

	if (!ctx->joins)
		return look_ids(node, ctx, member->wal_dir ? member->wal_dir : inner, deadline,
				err);
	if (swap_is_done(node, ctx, deadline, &done, err))
		return -1;
	return done ? 0 : err_set(err, ERR_UNSAFE, "the old data is still in its place");
}

int verb_start_etcd(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		    struct err *err)
{
	const struct play_node *self = play_node(ctx, node);
	const struct member *member = self->member;
	struct target target = etcd_target(member);
	struct places at;

	if (look_places(node, ctx, "etcd", deadline, &at, err))
		return -1;
	if (!ctx->undoing && at.parked && check_data(node, ctx, deadline, err))
		return -1;
	if (unpark(node, ctx, "etcd", deadline, err))
		return -1;
	if (ctx->undoing)
		return wait_serves(node, ctx, &target, self->etcd_served, deadline, err);
	return !ctx->undoing && turns_start_etcd(ctx) ? wait_answers(node, member, deadline, err)
						      : 0;
}

/* Whatever of the two runs although its manifest is away.  *back: which and whose, for the words; NULL: nobody is there. */
static int who_is_back(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		       const struct target **back, const struct target targets[2], char pid[32],
		       struct err *err)
{
	const struct member *member = play_node(ctx, node)->member;
	struct pids pids;
	bool held;

	for (size_t i = 0; i < 2; i++) {
		if (look_processes(node, targets[i].program, targets[i].flag, targets[i].value,
				   deadline, &pids, err))
			return -1;
		*back = pids.count ? &targets[i] : NULL;
		snprintf(pid, 32, "%s", pids.count ? pids.list[0] : "");
		if (*back)
			return 0;
	}
	if (look_db_held(node, member, deadline, &held, err))
		return -1;
	if (held) {
		*back = &targets[1];
		snprintf(pid, 32, "the database is locked");
	}
	return 0;
}

int pod_keep_down(struct node *node, const struct play_ctx *ctx, uint64_t deadline, struct err *err)
{
	struct play_node *self = play_node(ctx, node);
	const struct target targets[2] = { api_target(self), etcd_target(self->member) };
	const struct target *back;
	struct places at;
	char pid[32];

	for (int attempt = 0;; attempt++) {
		if (who_is_back(node, ctx, deadline, &back, targets, pid, err))
			return -1;
		if (!back)
			return 0;
		if (look_places(node, ctx, back->pod, deadline, &at, err))
			return -1;
		if (at.live || attempt == ENDS_MAX)
			return err_set(err, ERR_UNSAFE,
				       "%s has come back (%s): not touching the data",
				       back == targets ? "the API server" : "etcd", pid);
		log_at(1, "%s: %s has come back (%s) and is ended again", node->name, back->program,
		       pid);
		if (end_process(node, ctx, back, deadline, err))
			return -1;
	}
}

int verb_restart_controllers(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
			     struct err *err)
{
	static const char *const pods[] = { "kube-controller-manager", "kube-scheduler" };

	for (size_t i = 0; i < 2; i++) {
		scoped(mem) char *manifest = path_manifest(pods[i]);
		scoped(mem) char *original = path_original(ctx, pods[i]);
		bool there;
		int done;
		if (node_exists(node, manifest, deadline, &there, err))
			return -1;
		if (!there)
			continue;
		if (node_try(node, argv("grep", "-q", ctx->run, manifest), deadline, NULL, &done,
			     err))
			return -1;
		if (done == 0)
			continue;
		/* first the copy aside, then the new one: kubelet sees a pod with another UID */
		if (node_run(node, argv("cp", "-p", manifest, original), deadline, NULL, err) ||
		    put_annotated(node, ctx, pods[i], original, deadline, err))
			return -1;
	}
	return 0;
}
