/*
 * node_dir: a node that is a directory looking like a kubeadm node's root, for tests.  Commands run on this machine
 * with every absolute path put below the root; what a directory cannot do (processes, containers) a hook answers.
 */
#ifndef NODE_NODE_DIR_H
#define NODE_NODE_DIR_H

#include "node/node.h"

struct node_dir {
	const char *root;
	/*
	 * Asked before each command.  1: answered, with *status and out; 0: run it; -1: failed, with err.  `args` has
	 * the paths as the node would see them.
	 */
	int (*hook)(struct node *node, const char *const args[], struct buf *out, int *status,
		    struct err *err);
	void *arg;
};

/* The node_dir is borrowed for the node's life. */
void node_dir_init(struct node *node, const char *name, struct node_dir *dir);

#endif
