/*
 * kubelets: those of nodes that are not of the control plane, as --restart-kubelets names them.  A kubelet registers its
 * node when it starts, and never again.
 */
#ifndef PLUGIN_KUBELETS_H
#define PLUGIN_KUBELETS_H

#include "etcd/name_set.h"
#include "node/node_ssh.h"

/*
 * NAME=ADDRESS,...: logs in to each and looks whether its kubelet is there; NULL: nothing to do.  all: one that fails does not keep the
 * others from being looked at, and all are told.  -1: USAGE, UNSAFE, SSH, ... of the first.
 */
int kubelets_check(const char *named, bool all, const struct ssh_settings *ssh, int cancel_fd,
		   struct err *err);

/* Restarts each; those where that worked are added to `done`, the others told.  -1: USAGE. */
int kubelets_restart(const char *named, const struct ssh_settings *ssh, int cancel_fd,
		     struct arena *arena, struct name_set *done, struct err *err);

#endif
