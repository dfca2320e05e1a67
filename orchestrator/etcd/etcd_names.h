/*
 * etcd_names: the names of the keys below a prefix, as a member has them now, without their values.
 */
#ifndef ETCD_ETCD_NAMES_H
#define ETCD_ETCD_NAMES_H

#include "etcd/etcd_api.h"
#include "etcd/name_set.h"

/* Where the API server keeps Nodes, and the addresses of API servers, with its usual --etcd-prefix. */
#define KUBE_NODES_BELOW "/registry/minions/"
#define KUBE_APIS_BELOW "/registry/masterleases/"

/*
 * Adds what follows the prefix in each key.  Not linearizable: answers without quorum.  Asks for pages of a thousand
 * keys, at most NAME_SET_MAX of them in all.
 */
int etcd_names_below(struct etcd_client *client, const char *prefix, uint64_t deadline,
		     struct arena *arena, struct name_set *out, struct err *err);

#endif
