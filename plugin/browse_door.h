/*
 * browse_door: a port of this machine's loopback interface behind which is a port of a node's, through SSH.
 */
#ifndef PLUGIN_BROWSE_DOOR_H
#define PLUGIN_BROWSE_DOOR_H

#include "node/node_ssh.h"

#include <poll.h>

struct browse_door;

enum { BROWSE_DOOR_FDS = 96 };

/* Listens on a port of the kernel's choice.  Each connection has an SSH session of its own to the node; strings are borrowed.  NULL: BUG. */
struct browse_door *browse_door_open(const char *name, const char *address,
				     const struct ssh_settings *settings, unsigned port,
				     struct err *err);
unsigned browse_door_port(const struct browse_door *door);

/* What to wait for; returns the count. */
size_t browse_door_fds(const struct browse_door *door, struct pollfd fds[BROWSE_DOOR_FDS]);

/* Moves what can be moved.  A connection that fails ends; why is told on stderr. */
void browse_door_step(struct browse_door *door);

void browse_door_close(struct browse_door *door); /* NULL is allowed */

#endif
