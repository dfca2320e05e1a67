/*
 * static_pod: a static pod manifest of kubeadm, or the mirror pod from the API, to a member; and
 * small edits of manifests.
 */
#ifndef ETCD_STATIC_POD_H
#define ETCD_STATIC_POD_H

#include "base/buf.h"
#include "base/err.h"
#include "base/tree.h"
#include "etcd/cluster.h"

enum { MANIFEST_MAX = 256 * 1024 };

/*
 * Reads one etcd pod (a tree of kind Pod, from YAML or JSON) into a member; strings go to the arena.
 * Flags are read in the forms --flag=value, --flag value and env ETCD_FLAG, from command and args.
 * Paths are resolved by volumeMounts (longest mountPath first, whole components) to hostPaths.  node
 * and address are set when the pod has spec.nodeName and status.hostIP, image_id when its status has the container's
 * imageID, else left as they are.
 * -1 (CONFIG): no container called etcd, no --name, no --data-dir, a data dir on no hostPath, no
 * --initial-advertise-peer-urls, a --config-file (its contents are not known).
 */
int static_pod_member(struct arena *arena, const struct tree *pod, struct member *member,
		      struct err *err);

/* What a restore needs of an API server. */
struct apiserver {
	const char *etcd_servers;      /* --etcd-servers */
	const char *advertise_address; /* --advertise-address; NULL: not given */
	unsigned port;                 /* --secure-port, 6443 by default */
	const char *version;           /* from the image's tag: "v1.20.2" */
	const char *ca_file;     /* --client-ca-file as a path on the node; kubeadm's ca.crt */
	const char *client_cert; /* --kubelet-client-certificate as a path on the node */
	const char *client_key;  /* --kubelet-client-key as a path on the node */
	/* the next three are NULL, too, when the path is on no volume of the node */
	const char *front_proxy_ca; /* --requestheader-client-ca-file as a path on the node */
	const char *token_key; /* --service-account-key-file as a path on the node; the last one */
	const char *encryption_config; /* --encryption-provider-config as a path on the node */
	bool encrypts;                 /* --encryption-provider-config is given */
	/* for one of our own over another etcd; NULL: not given, or on no volume of the node */
	const char *etcd_ca, *etcd_cert, *etcd_key; /* --etcd-cafile, ... as paths on the node */
	const char *etcd_prefix;                    /* --etcd-prefix */
	const char *service_range;                  /* --service-cluster-ip-range */
	const char *feature_gates, *runtime_config; /* --feature-gates, --runtime-config */
	bool insecure_port;                         /* it knows --insecure-port */
};

/* Reads a kube-apiserver pod. -1 (CONFIG): no container called kube-apiserver. */
int static_pod_apiserver(struct arena *arena, const struct tree *pod, struct apiserver *api,
			 struct err *err);

/* Whether --etcd-servers names only this node (127.0.0.1, ::1, localhost or one of the members). */
bool static_pod_etcd_is_local(const char *etcd_servers, const struct cluster *cluster);

/*
 * Copies a manifest's text to out with the annotation `key: "value"` in metadata.annotations, set
 * or replaced; every other byte as it was.  A new annotation gives the pod a new UID, so kubelet
 * starts it without the back-off of the old one.  -1 (CONFIG): no block-style metadata to add to.
 */
int static_pod_annotate(const char *text, size_t len, const char *key, const char *value,
			struct buf *out, struct err *err);

/*
 * Copies an etcd manifest's text to out with --initial-cluster=INITIAL_CLUSTER and --initial-cluster-state=existing in its
 * command, set or added; every other byte as it was.  An etcd without data then joins that cluster.  -1 (CONFIG): the
 * flags are in the environment, twice, or not one a line; there is no --initial-cluster.
 */
int static_pod_join(const char *text, size_t len, const char *initial_cluster, struct buf *out,
		    struct err *err);

#endif
