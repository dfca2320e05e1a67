/*
 * fake_node: three directories that look like kubeadm nodes, with a kubelet, an etcd, an API server and an etcdutl
 * that are a few flags; and a fault that can be put into any command.
 */
#ifndef PLAY_TEST_FAKE_NODE_H
#define PLAY_TEST_FAKE_NODE_H

#include "etcd/cluster.h"
#include "node/fleet.h"
#include "node/node_dir.h"
#include "play/play.h"

enum { FAKE_NODES = 3 };

enum fault { FAULT_NONE, FAULT_BEFORE, FAULT_AFTER };

struct fake_node {
	struct node_dir dir;
	char *root;
	int etcd_pid, api_pid; /* 0: not running */
	int next_pid;
	bool full;     /* dd says that the disk is full */
	bool no_tool;  /* etcd's image has none */
	bool stubborn; /* the API server does not die */
	bool hash_differs;
	bool api_never_ready;
	bool locked_by_other;
	/* the next command fails, before or after it has acted */
	enum fault fault;
	unsigned fault_at; /* commands still to pass first */
	unsigned commands; /* so far */
	bool fault_hit;
};

struct fake_world {
	char *folder;
	struct fake_node nodes[FAKE_NODES];
	struct node fleet_nodes[FAKE_NODES];
	struct fleet *fleet;
	struct cluster cluster;
	struct play_node play_nodes[FAKE_NODES];
	struct play_ctx ctx;
	char *snapshot;
	char initial[512];
};

void fake_world_open(struct fake_world *world);
void fake_world_close(struct fake_world *world);

/* Everything that stands on the nodes but what the kernel shows: names, modes, contents.  A new string. */
char *fake_world_tree(struct fake_world *world);

struct fake_node *fake_of(const struct node *node);

#endif
