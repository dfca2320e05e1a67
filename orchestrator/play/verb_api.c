/*
 * verb_api: API servers are ready when each says so itself; controllers work when their leases move.
 */
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "etcd/apiserver.h"
#include "etcd/etcd_alarm.h"
#include "play/look.h"
#include "play/verb.h"

#include <stdio.h>
#include <string.h>

enum { ASK_MS = 3000, AGAIN_MS = 100, LEASE_MAX = 64 * 1024 };

static int ask(struct apiserver_client *client, const char *path, uint64_t deadline,
	       struct http_answer *answer, struct err *err)
{
	return apiserver_get(client, path, deadline_sooner(deadline, ASK_MS), answer, err);
}

static struct apiserver_client *client_of(struct node *node, const struct play_ctx *ctx,
					  uint64_t deadline, struct err *err)
{
	const struct play_node *self = play_node(ctx, node);

	return apiserver_client_new(node, &self->api, self->member->address, deadline, err);
}

static int ask_ready(struct apiserver_client *client, uint64_t deadline, struct err *err)
{
	scoped(http_answer) struct http_answer answer = { 0 };

	if (ask(client, "/readyz", deadline, &answer, err))
		return -1;
	if (answer.status != 200)
		return err_set(err, ERR_KUBE, "/readyz: HTTP %ld", answer.status);
	return 0;
}

int verb_wait_apiserver(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
			struct err *err)
{
	struct play_node *self = play_node(ctx, node);
	scoped(apiserver_client) struct apiserver_client *client =
		client_of(node, ctx, deadline, err);

	if (!client)
		return -1;
	while (ask_ready(client, deadline, err)) {
		if (err->code == ERR_CANCELLED)
			return -1;
		log_at(4, "%s: %s", node->name, err->text);
		if (now_ms() >= deadline) {
			err_in(err, "the API server is not ready");
			return err_hint(err,
					"on the node: crictl ps -a, "
					"/var/log/pods/kube-system_kube-apiserver-*%s",
					ctx->carried_auth ? "; etcd's auth is on: the CN of its "
							    "client certificate must be a user "
							    "(etcdctl user add), then resume"
							  : "");
		}
		if (look_pause(node, AGAIN_MS, err))
			return -1;
	}
	if (!self->api_ready_at)
		self->api_ready_at = now_ms();
	return 0;
}

int judge_wait_apiserver(const struct play_ctx *ctx, struct err *err)
{
	enum { FRONT_MS = 60 * 1000 };

	/* it may be the very node that failed: the controllers of the others do not wait for it */
	for (size_t i = 0; i < ctx->cluster->count; i++)
		if (ctx->nodes[i].left_out)
			return 0;
	if (!ctx->front_ready || !ctx->front_ready(ctx->front_arg, deadline_in(FRONT_MS), err))
		return 0;
	err_hint(err, "every API server is ready by itself: look at the load balancer before them");
	return err_in(err, "the API at the kubeconfig's address");
}

/* "HOLDER TIME" of a lease, "none" when there is no such lease. */
static int read_lease(struct apiserver_client *client, const char *name, uint64_t deadline,
		      char out[160], struct err *err)
{
	scoped(arena) struct arena *arena = arena_new();
	scoped(http_answer) struct http_answer answer = { 0 };
	scoped(mem) char *path =
		mem_printf("/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/%s", name);

	if (ask(client, path, deadline, &answer, err))
		return -1;
	if (answer.status == 404) {
		snprintf(out, 160, "none");
		return 0;
	}
	if (answer.status != 200)
		return err_set(err, ERR_KUBE, "lease %s: HTTP %ld", name, answer.status);
	const struct tree *lease =
		json_parse(arena, buf_str(&answer.body), answer.body.len, LEASE_MAX, err);
	if (!lease)
		return -1;
	const char *holder = tree_text(tree_at(lease, "spec", "holderIdentity", NULL));
	const char *time = tree_text(tree_at(lease, "spec", "renewTime", NULL));
	snprintf(out, 160, "%.100s %.40s", holder ? holder : "", time ? time : "");
	return 0;
}

/* Old data comes back with the alarms that it had, and no step clears them. */
static int look_alarms(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		       struct err *err)
{
	struct play_node *self = play_node(ctx, node);
	scoped(etcd_client) struct etcd_client *client =
		etcd_client_new(node, self->member, deadline, err);
	struct etcd_alarm_list alarms;

	if (!client || etcd_alarm_list(client, deadline, &alarms, err))
		return -1;
	for (size_t i = 0; i < ctx->cluster->count; i++) /* wherever play_alarms_left looks */
		ctx->nodes[i].alarms_left = alarms.kinds;
	return 0;
}

int verb_wait_controllers(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
			  struct err *err)
{
	static const char *const names[] = { "kube-controller-manager", "kube-scheduler" };
	struct play_node *self = play_node(ctx, node);
	bool moved[2] = { false, false };

	if (ctx->target && look_alarms(node, ctx, deadline, err))
		return -1;
	if (play_alarms_left(ctx)) /* nobody can write */
		return 0;
	scoped(apiserver_client) struct apiserver_client *client =
		client_of(node, ctx, deadline, err);

	if (!client)
		return -1;
	while (!moved[0] || !moved[1]) {
		bool failed = false;
		for (size_t i = 0; i < 2 && !failed; i++) {
			char lease[160];
			if (moved[i])
				continue;
			/* just after its start an API server may say 403: its caches fill */
			failed = read_lease(client, names[i], deadline, lease, err) != 0;
			if (failed)
				continue;
			if (!self->lease[i][0])
				snprintf(self->lease[i], sizeof(self->lease[i]), "%s", lease);
			moved[i] = strcmp(self->lease[i], lease) != 0;
		}
		if (failed && err->code == ERR_CANCELLED)
			return -1;
		if (now_ms() >= deadline && failed)
			return err_in(err, "cannot see whether the lease of %s is renewed",
				      names[moved[0] ? 1 : 0]);
		if (now_ms() >= deadline)
			return err_set(err, ERR_TIMEOUT, "nobody renews the lease of %s",
				       names[moved[0] ? 1 : 0]);
		if (look_pause(node, AGAIN_MS * 2, err))
			return -1;
	}
	return 0;
}
