/*
 * apiserver: see apiserver.h.
 */
#include "etcd/apiserver.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { PEM_MAX = 64 * 1024, ANSWER_MAX = 4 * 1024 * 1024 };

struct apiserver_client {
	struct node *node;
	struct buf ca, cert, key; /* PEM */
	char *host, *url;
	unsigned port;
};

static int read_pems(struct apiserver_client *c, const struct apiserver *api, uint64_t deadline,
		     struct err *err)
{
	if (!api->ca_file)
		return err_set(err, ERR_CONFIG, "kube-apiserver has no --client-ca-file");
	if (node_get(c->node, api->ca_file, deadline, &c->ca, err))
		return -1;
	if (!api->client_cert || !api->client_key) /* /readyz is open to anybody by default */
		return 0;
	if (node_get(c->node, api->client_cert, deadline, &c->cert, err))
		return -1;
	return node_get(c->node, api->client_key, deadline, &c->key, err);
}

struct apiserver_client *apiserver_client_new(struct node *node, const struct apiserver *api,
					      const char *address, uint64_t deadline,
					      struct err *err)
{
	struct apiserver_client *c = mem_zalloc(sizeof(*c));
	const char *host = api->advertise_address ? api->advertise_address : address;
	bool v6 = strchr(host, ':') != NULL;

	*c = (struct apiserver_client){ .node = node,
					.ca = BUF_INIT(PEM_MAX),
					.cert = BUF_INIT(PEM_MAX),
					.key = BUF_SECRET(PEM_MAX),
					.host = mem_strdup(host),
					.port = api->port };
	c->url = mem_printf("https://%s%s%s:%u", v6 ? "[" : "", host, v6 ? "]" : "", api->port);
	if (!read_pems(c, api, deadline, err))
		return c;
	apiserver_client_free(c);
	return NULL;
}

void apiserver_client_free(struct apiserver_client *c)
{
	if (!c)
		return;
	buf_release(&c->ca);
	buf_release(&c->cert);
	buf_release(&c->key);
	free(c->host);
	free(c->url);
	free(c);
}

void apiserver_client_scoped(struct apiserver_client **client)
{
	apiserver_client_free(*client);
}

static int get(struct apiserver_client *c, const char *path, const char *const headers[],
	       uint64_t deadline, struct http_answer *answer, struct err *err)
{
	scoped(mem) char *url = mem_printf("%s%s", c->url, path);
	struct http_carrier carrier;

	*answer = (struct http_answer){ .grpc_status = -1 };
	if (node_tunnel(c->node, c->host, c->port, deadline, &carrier, err))
		return -1;
	struct http_request request = {
		.method = "GET",
		.url = url,
		.headers = headers,
		.carrier = carrier.local ? &carrier : NULL,
		.proxy = carrier.local ? NULL : "",
		.deadline = deadline,
		.cancel_fd = c->node->cancel_fd,
		.body_max = ANSWER_MAX,
		.tls = { .ca = buf_str(&c->ca),
			 .cert = c->cert.len ? buf_str(&c->cert) : NULL,
			 .key = c->key.len ? buf_str(&c->key) : NULL },
	};
	int failed = http_do(&request, answer, err);
	node_tunnel_close(c->node);
	return failed;
}

int apiserver_get(struct apiserver_client *c, const char *path, uint64_t deadline,
		  struct http_answer *answer, struct err *err)
{
	return get(c, path, NULL, deadline, answer, err);
}

int apiserver_list(struct apiserver_client *c, const char *path, uint64_t deadline,
		   struct http_answer *answer, struct err *err)
{
	static const char *const headers[] = {
		"accept: application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1", NULL
	};

	return get(c, path, headers, deadline, answer, err);
}
