/*
 * local_door: a listening abstract UNIX socket that takes one connection, from this very process.  The name is the
 * kernel's choice; another user of the machine who finds it is turned away by its process id.
 */
#ifndef NODE_LOCAL_DOOR_H
#define NODE_LOCAL_DOOR_H

#include "base/err.h"

struct local_door {
	int fd;        /* listening; -1: closed */
	char name[16]; /* without the leading NUL */
};

int local_door_open(struct local_door *door, struct err *err);

/* Takes the connection if it has come: *fd, non-blocking, the caller's; the door is then closed.  0 or -1. */
int local_door_step(struct local_door *door, int *fd, struct err *err);

void local_door_close(struct local_door *door);

#endif
