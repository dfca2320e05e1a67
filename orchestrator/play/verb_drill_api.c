/*
 * verb_drill_api: an API server of our own over the drill's etcd, on one node: does it start, has it what the snapshot has, can
 * it decrypt.  Nobody else can ask it, and nobody can change anything through it.
 */
#include "base/mem.h"
#include "etcd/api_resources.h"
#include "etcd/apiserver_flags.h"
#include "play/drill_api.h"
#include "play/drill_died.h"
#include "play/paths.h"
#include "play/program.h"
#include "play/unit.h"

#include <stdio.h>
#include <string.h>

enum { ASK_MS = 10 * 1000, AGAIN_MS = 100, PATIENCE_MS = 10 * 1000, MARGIN_MS = 2000 };

static int put_files(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		     struct err *err)
{
	const struct certificate *one = ctx->drill->certificate;
	scoped(mem) char *folder = path_run(ctx, DRILL_API_FOLDER);
	const struct {
		const char *name, *data;
		size_t len;
	} files[] = {
		{ APISERVER_CA, one->ca.data, one->ca.len },
		{ APISERVER_CERT, one->cert.data, one->cert.len },
		{ APISERVER_KEY, one->key.data, one->key.len },
		{ APISERVER_POLICY, apiserver_policy, strlen(apiserver_policy) },
	};

	if (node_run(node, argv("install", "-d", "-m", "0700", folder), deadline, NULL, err))
		return -1;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		scoped(mem) char *path = mem_printf("%s/%s", folder, files[i].name);
		if (node_write(node, files[i].data, files[i].len, path, 0600, deadline, err))
			return -1;
	}
	return 0;
}

static int run_server(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		      struct err *err)
{
	const struct play_node *self = play_node(ctx, node);
	scoped(arena) struct arena *arena = arena_new();
	scoped(mem) char *folder = path_run(ctx, DRILL_API_FOLDER);
	const struct apiserver_scratch scratch = { self->member->client_url, folder,
						   ctx->drill->port + DRILL_API };
	const char *flags[APISERVER_FLAGS_MAX];
	const struct unit unit = { .program = DRILL_SERVER,
				   .argv = flags,
				   .memory_max = 2 * drill_api_memory(ctx->db_size),
				   .limit_s = ctx->drill->limit_s,
				   .loopback = true };

	return apiserver_flags(arena, &self->api, &scratch, flags, err)
		       ? unit_start(node, ctx, &unit, deadline, err)
		       : -1;
}

/* One for each key that Secrets were encrypted with. */
static int read_secret(struct apiserver_client *client, const struct drill_secret *secret,
		       uint64_t deadline, struct err *err)
{
	scoped(http_answer) struct http_answer answer = { 0 };
	scoped(mem) char *path =
		mem_printf("/api/v1/namespaces/%s/secrets/%s", secret->namespace_, secret->name);
	int failed = apiserver_get(client, path, deadline, &answer, err);
	bool refused = !failed && answer.status != 200;

	if (refused)
		api_resources_refused(path, &answer, err);
	else if (!failed && !memmem(answer.body.data, answer.body.len, "\"Secret\"", 8))
		failed = err_set(err, ERR_KUBE, "%s: no Secret came", path);
	if (answer.body.data)
		mem_wipe(answer.body.data, answer.body.len);
	if (!failed && !refused)
		return 0;
	if (refused && secret->key[0])
		err_hint(err,
			 "it is encrypted by %s: has this node's encryption provider "
			 "configuration that key?",
			 secret->key);
	return -1;
}

static int read_secrets(const struct play_ctx *ctx, struct apiserver_client *client,
			uint64_t deadline, struct err *err)
{
	for (size_t i = 0; i < ctx->drill->secret_count; i++)
		if (read_secret(client, &ctx->drill->secrets[i], deadline, err))
			return -1;
	return 0;
}

/* Why it is not ready: it has ended, or its etcd has, or it cannot decrypt what it must read, or says so itself. */
static int not_ready(struct node *node, const struct play_ctx *ctx, struct apiserver_client *client,
		     const struct http_answer *answer, bool late, struct err *err)
{
	uint64_t soon = deadline_in(ASK_MS);
	struct pids pids;

	if (unit_look(node, ctx, DRILL_SERVER, soon, &pids, err) ||
	    ((!pids.count || late) && drill_died(node, ctx, true, err)))
		return -1;
	if (late && answer->status && read_secrets(ctx, client, soon, err))
		return err_in(err, "the drill's API server does not get ready");
	return 0;
}

/* What a browse does not wait for: the last of its hooks by a second, which makes objects that no read needs. */
static const char *ready_path(const struct play_ctx *ctx)
{
	return ctx->drill->alone ? "/readyz?exclude=poststarthook/scheduling/"
				   "bootstrap-system-priority-classes"
				 : "/readyz";
}

static int wait_ready(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		      struct err *err)
{
	scoped(apiserver_client) struct apiserver_client *client =
		drill_api_client(node, ctx, deadline, err);
	uint64_t patience = deadline_in(PATIENCE_MS);

	while (client) {
		scoped(http_answer) struct http_answer answer = { 0 };
		struct err why = ERR_INIT;
		bool late = now_ms() >= patience;
		int failed =
			apiserver_get(client, ready_path(ctx), deadline_in(ASK_MS), &answer, &why);
		if (!failed && answer.status == 200)
			return 0;
		if (failed && why.code == ERR_CANCELLED) {
			*err = why;
			return -1;
		}
		if (not_ready(node, ctx, client, &answer, late, err))
			return -1;
		if (late)
			patience = deadline_in(PATIENCE_MS);
		if (now_ms() + MARGIN_MS >= deadline) {
			err_set(err, ERR_TIMEOUT, "the drill's API server is not ready in time");
			return unit_words(node, ctx, DRILL_SERVER, err);
		}
		if (look_pause(node, AGAIN_MS, err))
			return -1;
	}
	return -1;
}

int verb_start_drill_api(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
			 struct err *err)
{
	struct play_node *self = play_node(ctx, node);
	struct pids pids;

	if (!ctx->drill->api)
		return 0;
	if (unit_look(node, ctx, DRILL_SERVER, deadline, &pids, err))
		return -1;
	if (!pids.count &&
	    (program_fetch(node, ctx, "kube-apiserver", NULL, DRILL_SERVER, deadline, err) ||
	     put_files(node, ctx, deadline, err)))
		return -1;
	uint64_t began = now_ms(); /* a restore does not fetch it */
	if (!pids.count && run_server(node, ctx, deadline, err))
		return -1;
	if (unit_wait(node, ctx, DRILL_SERVER, ctx->drill->port + DRILL_API, deadline, err)) {
		drill_died(node, ctx, true, err);
		return -1;
	}
	if (wait_ready(node, ctx, deadline, err))
		return -1;
	self->drill.api_started_ms = now_ms() - began;
	return 0;
}

int verb_stop_drill_api(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
			struct err *err)
{
	scoped(mem) char *folder = path_run(ctx, DRILL_API_FOLDER);

	if (unit_stop(node, ctx, DRILL_SERVER, deadline, err))
		return -1;
	return node_run(node, argv("rm", "-rf", "--", folder), deadline, NULL, err);
}

static void not_served(struct drill_node *drill, const char *name, uint64_t count)
{
	size_t len = strlen(drill->not_served);

	snprintf(drill->not_served + len, sizeof(drill->not_served) - len, "%s%s (%llu)",
		 len ? ", " : "", name, (unsigned long long)count);
}

/* At the snapshot's own revision: what the API server has written since does not count. */
static int count_objects(struct node *node, const struct play_ctx *ctx,
			 struct apiserver_client *client, uint64_t deadline, struct err *err)
{
	struct drill_node *drill = &play_node(ctx, node)->drill;
	const struct etcd_objects *objects = ctx->drill->objects;
	scoped(arena) struct arena *arena = arena_new();
	struct api_resources resources;

	drill->api_objects = drill->api_resources = 0;
	drill->not_served[0] = '\0';
	if (api_resources_read(client, arena, deadline, &resources, err))
		return -1;
	for (size_t i = 0; i < objects->resource_count; i++) {
		const struct object_count *want = &objects->resources[i];
		const struct api_resource *resource =
			api_resources_find(&resources, want->resource);
		uint64_t count;
		if (!want->resource[0])
			continue;
		if (!resource) {
			not_served(drill, want->resource, want->count);
			continue;
		}
		if (api_resources_count(client, &resources, resource, ctx->snapshot_revision,
					deadline, &count, err))
			return -1;
		if (count != want->count)
			return err_set(err, ERR_UNSAFE,
				       "%s: %llu in the API, and %llu in the snapshot",
				       want->resource, (unsigned long long)count,
				       (unsigned long long)want->count);
		drill->api_objects += count;
		drill->api_resources++;
	}
	return 0;
}

int verb_read_drill_api(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
			struct err *err)
{
	if (!ctx->drill->api)
		return 0;
	scoped(apiserver_client) struct apiserver_client *client =
		drill_api_client(node, ctx, deadline, err);
	/* Secrets first: what cannot be decrypted cannot be listed */
	if (client && !read_secrets(ctx, client, deadline, err) &&
	    !count_objects(node, ctx, client, deadline, err))
		return 0;
	drill_died(node, ctx, true, err);
	return -1;
}
