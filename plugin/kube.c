/*
 * kube: see kube.h.
 */
#include "plugin/kube.h"

#include "base/http.h"
#include "base/json.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_MAX = 32 * 1024 * 1024, ASK_MS = 3000 };

struct kube {
	struct kubeconfig config;
	int cancel_fd; /* readable: give up; -1: none */
};

struct kube *kube_new(const struct opts *opts, struct err *err)
{
	struct kube *kube = mem_zalloc(sizeof(*kube));

	kube->cancel_fd = -1;
	if (!kubeconfig_load(opts->kubeconfig, opts->context, &kube->config, err))
		return kube;
	free(kube);
	return NULL;
}

void kube_free(struct kube *kube)
{
	if (!kube)
		return;
	kubeconfig_release(&kube->config);
	free(kube);
}

const struct kubeconfig *kube_config(const struct kube *kube)
{
	return &kube->config;
}

/* kubectl's own words: people search for them. */
static int explain_http(struct kube *kube, const struct http_answer *answer, struct err *err)
{
	scoped(arena) struct arena *arena = arena_new();
	struct err ignored = ERR_INIT;
	const struct tree *status =
		json_parse(arena, buf_str(&answer->body), answer->body.len, ANSWER_MAX, &ignored);
	const char *reason = tree_string(status, "reason"),
		   *message = tree_string(status, "message");

	if (answer->status == 401)
		return err_set(err, ERR_KUBE, "You must be logged in to the server (%s)",
			       kube->config.server);
	if (reason && message)
		err_set(err, ERR_KUBE, "Error from server (%s): %s", reason, message);
	else
		err_set(err, ERR_KUBE, "Error from server (HTTP %ld): no reason was given",
			answer->status);
	if (answer->status == 403)
		err_hint(err, "needed: get and list of pods in kube-system; see docs/discover.md");
	return -1;
}

static int explain_connection(struct kube *kube, struct err *err)
{
	char text[300];

	if (err->code == ERR_CANCELLED)
		return -1;
	if (strcasestr(err->text, "connection refused"))
		return err_set(err, ERR_KUBE,
			       "The connection to the server %s was refused - did you specify the "
			       "right host or port?",
			       strstr(kube->config.server, "//") + 2);
	snprintf(text, sizeof(text), "%.299s", err->text);
	return err_set(err, err->code, "Unable to connect to the server: %s", text);
}

static int get(struct kube *kube, const char *path, uint64_t deadline, struct http_answer *answer,
	       struct err *err)
{
	const struct kubeconfig *c = &kube->config;
	scoped(buf) struct buf bearer = BUF_SECRET(1024 * 1024 + 64);
	size_t len = strlen(c->server);
	while (len && c->server[len - 1] == '/')
		len--;
	scoped(mem) char *url = mem_printf("%.*s%s", (int)len, c->server, path);
	/* credentials go over TLS only */
	bool tls = strncmp(c->server, "https://", 8) == 0;

	if (tls && c->token.len)
		buf_addf(&bearer, "Authorization: Bearer %s", buf_str(&c->token));
	const char *const headers[] = { "Accept: application/json", bearer.len ? bearer.data : NULL,
					NULL };
	struct http_request request = {
		.method = "GET",
		.url = url,
		.headers = headers,
		.deadline = deadline,
		.cancel_fd = kube->cancel_fd,
		.body_max = ANSWER_MAX,
		.proxy = c->proxy_url,
		.tls = { .ca = c->ca.len ? buf_str(&c->ca) : NULL,
			 .cert = c->cert.len ? buf_str(&c->cert) : NULL,
			 .key = c->key.len ? buf_str(&c->key) : NULL,
			 .server_name = c->tls_server_name,
			 .skip_verify = c->skip_verify },
	};
	return http_do(&request, answer, err) ? explain_connection(kube, err) : 0;
}

const struct tree *kube_pods(struct kube *kube, struct arena *arena, const char *label,
			     uint64_t deadline, struct err *err)
{
	scoped(http_answer) struct http_answer answer = { 0 };
	scoped(buf) struct buf path = BUF_INIT(1024);

	buf_adds(&path, "/api/v1/namespaces/kube-system/pods?limit=500&labelSelector=");
	for (const char *at = label; *at; at++)
		buf_addf(&path, *at == '=' ? "%%3D" : "%c", *at);
	if (get(kube, buf_str(&path), deadline, &answer, err))
		return NULL;
	if (answer.status != 200) {
		explain_http(kube, &answer, err);
		return NULL;
	}
	const struct tree *list =
		json_parse(arena, buf_str(&answer.body), answer.body.len, ANSWER_MAX, err);
	const struct tree *items = tree_get(list, "items");
	if (!list)
		err_in(err, "the API server's list of pods");
	if (list && (!items || items->kind != TREE_LIST)) {
		err_set(err, ERR_KUBE, "the API server's list of pods has no items");
		return NULL;
	}
	return items;
}

const char *kube_node_address(struct kube *kube, struct arena *arena, const char *node,
			      uint64_t deadline, struct err *err)
{
	scoped(http_answer) struct http_answer answer = { 0 };
	scoped(mem) char *path = mem_printf("/api/v1/nodes/%s", node);

	if (strspn(node, "abcdefghijklmnopqrstuvwxyz0123456789-.") != strlen(node)) {
		err_set(err, ERR_KUBE, "\"%.100s\" is no name of a node", node);
		return NULL;
	}
	if (get(kube, path, deadline, &answer, err))
		return NULL;
	if (answer.status != 200) {
		explain_http(kube, &answer, err);
		return NULL;
	}
	const struct tree *object =
		json_parse(arena, buf_str(&answer.body), answer.body.len, ANSWER_MAX, err);
	const struct tree *list = tree_at(object, "status", "addresses", NULL);
	for (const struct tree *at = list ? list->first : NULL; at; at = at->next) {
		const char *type = tree_string(at, "type");
		if (type && strcmp(type, "InternalIP") == 0 && tree_string(at, "address"))
			return tree_string(at, "address");
	}
	if (object)
		err_set(err, ERR_KUBE, "node %s has no InternalIP", node);
	return NULL;
}

void kube_cancel_by(struct kube *kube, int fd)
{
	kube->cancel_fd = fd;
}

int kube_ready(struct kube *kube, uint64_t deadline, struct err *err)
{
	for (;;) {
		struct pollfd cancel = { kube->cancel_fd, POLLIN, 0 };
		scoped(http_answer) struct http_answer answer = { 0 };
		if (!get(kube, "/readyz", deadline_sooner(deadline, ASK_MS), &answer, err)) {
			/* an API server that wants a login for /readyz is there, too */
			if (answer.status == 200 || answer.status == 401 || answer.status == 403)
				return 0;
			err_set(err, ERR_KUBE, "/readyz: HTTP %ld", answer.status);
		}
		if (err->code == ERR_CANCELLED || now_ms() >= deadline)
			return -1;
		if (poll(&cancel, 1, 100) > 0)
			return err_set(err, ERR_CANCELLED, "interrupted");
	}
}
