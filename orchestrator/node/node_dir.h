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
	 * Asked before each command.  1: answered, with *status, out and errs; 0: run it; -1: failed, with err.  `args` has
	 * the paths as the node would see them; input may be NULL.
	 */
	int (*hook)(struct node *node, const char *const args[], const struct node_input *input,
		    uint64_t deadline, struct buf *out, struct buf *errs, int *status,
		    struct err *err);
	void *arg;
};

/* The node_dir is borrowed for the node's life. */
void node_dir_init(struct node *node, const char *name, struct node_dir *dir);

#endif
