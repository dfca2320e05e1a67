/*
 * control_plane: what a cluster's tokens, certificates and Secrets hang on besides etcd's data, as the nodes have it now:
 * fingerprints of CAs, of sa.pub and of the encryption provider configuration.  A recipe has those of its time; a
 * restore says what does not fit any more.
 */
#ifndef PLUGIN_CONTROL_PLANE_H
#define PLUGIN_CONTROL_PLANE_H

#include "plugin/discover.h"

/* Of one node; "": not known. */
struct control_plane {
	char prints[RECIPE_PRINTS][65];
};

/*
 * Asks one node; runs on its worker.  What cannot be read stays unknown, and -v 1 says why: neither a save nor a restore
 * hangs on it.  Secrets do not leave the node: of sa.pub and of the encryption provider configuration it tells the
 * SHA-256.  -1: CANCELLED.
 */
int control_plane_read(struct node *node, const struct found_node *found, uint64_t deadline,
		       struct control_plane *out, struct err *err);

/*
 * What all nodes have, into prints (in the arena of d): the first that is known.  Nodes that differ among themselves are
 * told as a warning.
 */
void control_plane_common(struct discovery *d, const struct control_plane planes[],
			  const char *prints[RECIPE_PRINTS]);

/* Reads all nodes and adds a warning to d for each thing that is not as it was. */
void control_plane_compare(struct discovery *d, const struct recipe *then);

/* The same for what was read already. */
void control_plane_judge(struct discovery *d, const struct control_plane planes[],
			 const struct recipe *then);

#endif
