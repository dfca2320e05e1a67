/*
 * found: discover() for tests of commands: the members are those of a lab, asked as the plugin does.
 */
#ifndef E2E_ETCD_FOUND_H
#define E2E_ETCD_FOUND_H

#include "e2e/etcd/lab.h"

struct found_lab {
	struct lab *lab;
	struct etcd *members[8];
	size_t count;
	const char *external; /* what discover() finds, when not NULL */
	unsigned slow_us;     /* of every tunnel, see tcp_node_slow */
};

/* What the next discover() finds. */
extern struct found_lab found_lab;

#endif
