/*
 * drill_api: see drill_api.h.
 */
#include "play/drill_api.h"

#include "base/mem.h"
#include "etcd/apiserver_flags.h"
#include "play/paths.h"

struct apiserver_client *drill_api_client(struct node *node, const struct play_ctx *ctx,
					  uint64_t deadline, struct err *err)
{
	scoped(mem) char *folder = path_run(ctx, DRILL_API_FOLDER);
	scoped(mem) char *ca = mem_printf("%s/" APISERVER_CA, folder);
	scoped(mem) char *cert = mem_printf("%s/" APISERVER_CERT, folder);
	scoped(mem) char *key = mem_printf("%s/" APISERVER_KEY, folder);
	const struct apiserver own = { .advertise_address = "127.0.0.1",
				       .port = ctx->drill->port + DRILL_API,
				       .ca_file = ca,
				       .client_cert = cert,
				       .client_key = key };

	return apiserver_client_new(node, &own, NULL, deadline, err);
}
