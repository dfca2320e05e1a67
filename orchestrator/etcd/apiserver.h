/*
 * apiserver: asking a node's own kube-apiserver, through a tunnel of that node.
 */
#ifndef ETCD_APISERVER_H
#define ETCD_APISERVER_H

#include "base/err.h"
#include "base/http.h"
#include "etcd/static_pod.h"
#include "node/node.h"

/* An API server that can be asked: its node, and certificates read from the node, in memory. */
struct apiserver_client;

/*
 * Reads the CA and the kubelet client certificate that the manifest names.  `address` is the node's, for a
 * manifest without --advertise-address.  Nothing is sent to the API server.  NULL and err: CONFIG, REMOTE.
 */
struct apiserver_client *apiserver_client_new(struct node *node, const struct apiserver *api,
					      const char *address, uint64_t deadline,
					      struct err *err);
void apiserver_client_free(struct apiserver_client *client); /* wipes the key; NULL is allowed */
void apiserver_client_scoped(struct apiserver_client **client);

/* GET path ("/readyz").  0 when an HTTP answer came; answer as in http_do. */
int apiserver_get(struct apiserver_client *client, const char *path, uint64_t deadline,
		  struct http_answer *answer, struct err *err);

/*
 * The same of a path that lists, for what objects are called and how many there are: of none of them more than its metadata
 * is sent.
 */
int apiserver_list(struct apiserver_client *client, const char *path, uint64_t deadline,
		   struct http_answer *answer, struct err *err);

#endif
