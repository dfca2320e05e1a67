/*
 * kube_stored: a Kubernetes object as the API server keeps it in etcd: JSON, or "k8s\0" and a protocol buffer.  Of two
 * kinds the little that a snapshot's recipe wants, so that no API server has to answer for it.
 * Messages: k8s.io/apimachinery runtime/generated.proto (Unknown), meta/v1/generated.proto, k8s.io/api core/v1/generated.proto.
 */
#ifndef ETCD_KUBE_STORED_H
#define ETCD_KUBE_STORED_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum { KUBE_STORED_MAX = 2 * 1024 * 1024, KUBE_UID_SIZE = 64 };

/* Where the API server keeps them, with its usual --etcd-prefix. */
#define KUBE_SYSTEM_KEY "/registry/namespaces/kube-system"
#define KUBEADM_CONFIG_KEY "/registry/configmaps/kube-system/kubeadm-config"

/*
 * metadata.uid.  -1 (CONFIG): encrypted, of a form that is not known, cut off, without a uid of letters, digits and '-'.
 */
int kube_stored_uid(const void *value, size_t len, char out[KUBE_UID_SIZE], struct err *err);

/* Of a ConfigMap: appends the text of one of its keys.  -1 (CONFIG): as above, or it has no such key. */
int kube_stored_config(const void *value, size_t len, const char *key, struct buf *out,
		       struct err *err);

#endif
