/*
 * tcp_node: a node that is this machine: commands run here, and its tunnel is a plain TCP connection.
 */
#ifndef E2E_ETCD_TCP_NODE_H
#define E2E_ETCD_TCP_NODE_H

#include "node/node.h"

/* Makes the node; tcp_node_free ends it. */
struct node tcp_node_new(void);
void tcp_node_free(struct node *node);

/* From now on a tunnel moves at most 64 KiB in that many microseconds; 0: as fast as it can. */
void tcp_node_slow(struct node *node, unsigned us);

/* Whether a tunnel is open. */
bool tcp_node_busy(const struct node *node);

#endif
