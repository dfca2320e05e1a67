/*
 * control_files: the control plane's own files, for `save --with-pki`: certificates and keys, static pods, kubeconfigs, the
 * encryption provider configuration, kubelet's settings and kubeadm's.  A snapshot without its keys is often useless.
 * They stay in memory, which is wiped; they leave this machine encrypted only.
 */
#ifndef PLUGIN_CONTROL_FILES_H
#define PLUGIN_CONTROL_FILES_H

#include "etcd/etcd_api.h"
#include "plugin/discover.h"
#include "snapshot/stream.h"

enum { CONTROL_FILES_MAX = 64 * 1024 * 1024, KUBEADM_CONFIG_MAX = 1024 * 1024 };

struct control_files {
	struct buf archives[CLUSTER_MEMBERS_MAX]; /* of tar, by node */
	bool left_out[CLUSTER_MEMBERS_MAX]; /* set by the caller: there is none of that node */
	struct buf kubeadm;                 /* ClusterConfiguration's text; empty: not known */
};

void control_files_init(struct control_files *files);
void control_files_release(struct control_files *files); /* also when never made */

/*
 * Reads one node's into its archive; runs on its worker.  -1: also when there is no /etc/kubernetes/pki, or it is more than
 * CONTROL_FILES_MAX (REMOTE).
 */
int control_files_read(struct node *node, const struct found_node *found, uint64_t deadline,
		       struct control_files *files, struct err *err);

/* ClusterConfiguration out of etcd itself, since an API server need not answer.  -1: is not there, is encrypted. */
int control_files_kubeadm(struct etcd_client *client, uint64_t deadline,
			  struct control_files *files, struct err *err);

/* All of it as one tar archive with a folder for each node that is not left out; the sink is ended. */
int control_files_write(const struct control_files *files, const struct node nodes[], size_t count,
			struct sink *to, struct err *err);

#endif
