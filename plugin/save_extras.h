/*
 * save_extras: what a save keeps beside the database: what the nodes and etcd tell for the recipe, and with --with-pki the
 * control plane's own files.  They are read before the snapshot, so that what is missing is known before it begins.
 */
#ifndef PLUGIN_SAVE_EXTRAS_H
#define PLUGIN_SAVE_EXTRAS_H

#include "etcd/kube_stored.h"
#include "plugin/control_files.h"
#include "plugin/control_plane.h"
#include "plugin/place.h"

struct save_extras {
	uint64_t began;
	bool with_files;
	struct control_plane planes[CLUSTER_MEMBERS_MAX];
	char uid[KUBE_UID_SIZE]; /* of the namespace kube-system; "": not known */
	char no_kubeadm[200];    /* why there is no kubeadm-config; "" when there is one */
	struct control_files files;
};

/* Reads all nodes that discovery has read; etcd is asked through the `chosen` one.  Warns of what is left out.  -1: what control_files_read says. */
int save_extras_read(struct save_extras *extras, const struct opts *opts, struct discovery *found,
		     size_t chosen, struct err *err);

/* With --with-pki: the files into their object, which `seal` tells of afterwards.  -1: what the store says. */
int save_extras_put(const struct save_extras *extras, const struct discovery *found,
		    const struct place *place, const struct slot *slot, struct seal *seal,
		    struct err *err);

/* What is known of the cluster by now, into the recipe; strings are of the discovery's arena and of extras. */
void save_extras_fill(const struct save_extras *extras, struct discovery *found,
		      struct recipe *recipe);

void save_extras_release(struct save_extras *extras); /* also when never used */

#endif
