/*
 * discover_where: on which nodes to look for members: those that the API, --nodes or the recipe's inventory names.
 */
#ifndef PLUGIN_DISCOVER_WHERE_H
#define PLUGIN_DISCOVER_WHERE_H

#include "plugin/discover.h"

/*
 * Names and addresses into `where`; of the API what its pods say, too.  Sets the cluster's name when a kubeconfig tells it,
 * api_answered and left_out.  The members of --without are left out, but where --nodes names them.  `inventory` may be NULL; of a member of
 * it whose node was not read the node is called as the member, and its address is the host of its peer URL.  Strings live in d->arena.  -1: USAGE, KUBE, CONFIG, TIMEOUT.
 */
int discover_where(const struct opts *opts, const struct recipe *inventory, struct discovery *d,
		   struct cluster *where, struct err *err);

/*
 * Adds the node of d->wanted when the API has the node but no etcd pod of it, and an etcd manifest is there or the node does not
 * let us in, which the look at it then tells.  Asks the API and logs in there; what is not found is not added, nor one of --without.
 */
void discover_where_wanted(const struct opts *opts, struct discovery *d, struct cluster *where);

/*
 * Adds the node of one of d->missing when the API has the node but no etcd pod of it, as for up to half a minute after data of
 * an earlier revision: a node with the member's name, with the address of its peer URL, on which there is an etcd manifest.
 * Asks the API and logs in there.  True: one was added.  Never one of --without.
 */
bool discover_where_missing(const struct opts *opts, struct discovery *d, struct cluster *where);

#endif
