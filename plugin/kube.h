/*
 * kube: the few requests that are made of the Kubernetes API, by the user's kubeconfig.
 */
#ifndef PLUGIN_KUBE_H
#define PLUGIN_KUBE_H

#include "base/err.h"
#include "base/tree.h"
#include "plugin/kubeconfig.h"
#include "plugin/opts.h"

struct kube;

/* Loads the kubeconfig; nothing is sent.  NULL: CONFIG. */
struct kube *kube_new(const struct opts *opts, struct err *err);
void kube_free(struct kube *kube); /* NULL is allowed */
const struct kubeconfig *kube_config(const struct kube *kube);

/*
 * The pods of kube-system with a label ("component=etcd"), as the items of a PodList, in the arena.  NULL: KUBE in
 * kubectl's own words, TIMEOUT.
 */
const struct tree *kube_pods(struct kube *kube, struct arena *arena, const char *label,
			     uint64_t deadline, struct err *err);

/*
 * The InternalIP of a node, in the arena: for a pod whose kubelet has not told its status yet, as for some seconds after a
 * restore.  NULL: KUBE (none, or no right to get nodes), TIMEOUT.
 */
const char *kube_node_address(struct kube *kube, struct arena *arena, const char *node,
			      uint64_t deadline, struct err *err);

/* Requests after this give up (CANCELLED) when fd is readable; it is borrowed; -1: none. */
void kube_cancel_by(struct kube *kube, int fd);

/* Waits until /readyz says 200 there. */
int kube_ready(struct kube *kube, uint64_t deadline, struct err *err);

#endif
