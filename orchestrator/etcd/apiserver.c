/*
 * apiserver: see apiserver.h.
 */
#include "etcd/apiserver.h"

#include "base/mem.h"

#include <string.h>

enum { PEM_MAX = 64 * 1024, ANSWER_MAX = 1024 * 1024 };

int apiserver_get(struct node *node, const struct apiserver *api, const char *address,
		  const char *path, uint64_t deadline, struct http_answer *answer, struct err *err)
{
	scoped(buf) struct buf ca = BUF_INIT(PEM_MAX);
	scoped(buf) struct buf cert = BUF_INIT(PEM_MAX);
	scoped(buf) struct buf key = BUF_SECRET(PEM_MAX);
	const char *host = api->advertise_address ? api->advertise_address : address;
	bool v6 = strchr(host, ':') != NULL;
	scoped(mem) char *url = mem_printf("https://%s%s%s:%u%s", v6 ? "[" : "", host,
					   v6 ? "]" : "", api->port, path);
	struct http_carrier carrier;

	*answer = (struct http_answer){ .grpc_status = -1 };
	if (!api->ca_file)
		return err_set(err, ERR_CONFIG, "kube-apiserver has no --client-ca-file");
	if (node_get(node, api->ca_file, deadline, &ca, err))
		return -1;
	if (api->client_cert && api->client_key &&
	    (node_get(node, api->client_cert, deadline, &cert, err) ||
	     node_get(node, api->client_key, deadline, &key, err)))
		return -1;
	if (node_tunnel(node, host, api->port, deadline, &carrier, err))
		return -1;
	struct http_request request = {
		.method = "GET",
		.url = url,
		.carrier = &carrier,
		.deadline = deadline,
		.cancel_fd = node->cancel_fd,
		.body_max = ANSWER_MAX,
		.tls = { .ca = buf_str(&ca),
			 .cert = cert.len ? buf_str(&cert) : NULL,
			 .key = key.len ? buf_str(&key) : NULL },
	};
	int failed = http_do(&request, answer, err);
	node_tunnel_close(node);
	return failed;
}
