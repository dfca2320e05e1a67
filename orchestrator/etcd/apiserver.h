/*
 * apiserver: asking a node's own kube-apiserver, through a tunnel of that node.
 */
#ifndef ETCD_APISERVER_H
#define ETCD_APISERVER_H

#include "base/err.h"
#include "base/http.h"
#include "etcd/static_pod.h"
#include "node/node.h"

/*
 * GET path ("/readyz") at the API server's own address, with its kubelet client certificate, both read from
 * the node and kept in memory for this call only.  `address` is the node's, for a manifest without
 * --advertise-address.  0 when an HTTP answer came; answer as in http_do.
 */
int apiserver_get(struct node *node, const struct apiserver *api, const char *address,
		  const char *path, uint64_t deadline, struct http_answer *answer, struct err *err);

#endif
