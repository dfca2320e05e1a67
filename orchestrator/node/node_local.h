/*
 * node_local: this machine as a node: commands run as who we are, connections go straight to the address.  For an etcd
 * that we have started ourselves.
 */
#ifndef NODE_NODE_LOCAL_H
#define NODE_NODE_LOCAL_H

#include "node/node.h"

/* Nothing is opened, and nothing has to be released. */
void node_local_init(struct node *node, const char *name, int cancel_fd);

#endif
