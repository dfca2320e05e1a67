/*
 * kubeconfig: files, merge and context, as client-go reads them (client-go tools/clientcmd/loader.go,
 * client_config.go), to one server and its credentials in memory.
 */
#ifndef PLUGIN_KUBECONFIG_H
#define PLUGIN_KUBECONFIG_H

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

#include <stdbool.h>

struct kubeconfig {
	struct arena *arena;
	const char *context, *cluster, *user; /* names */
	const char *server;
	const char *tls_server_name; /* NULL: the server's host */
	const char *proxy_url;
	bool skip_verify;
	struct buf ca, cert, key, token; /* PEM texts and the token; empty: not given; wiped */
};

/*
 * Reads --kubeconfig (path, must exist), or the KUBECONFIG list, or ~/.kube/config, and picks the context (NULL: the
 * current one).  -1 (CONFIG): names the file, or the missing thing.
 */
int kubeconfig_load(const char *path, const char *context, struct kubeconfig *out, struct err *err);
void kubeconfig_release(struct kubeconfig *config);
void kubeconfig_scoped(struct kubeconfig *config);

#endif
