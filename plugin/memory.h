/*
 * memory: the end of a chain: memory that has a descriptor.  For a snapshot's plaintext, which never comes to a disk of
 * this machine.
 */
#ifndef PLUGIN_MEMORY_H
#define PLUGIN_MEMORY_H

#include "snapshot/stream.h"

#include <stdint.h>

/* etcd itself warns above 8 GiB: what is larger than this is no snapshot. */
#define MEMORY_MAX (32ull << 30)

struct memory {
	struct sink sink;
	int fd; /* -1: not open, or taken */
	uint64_t size, max, room;
};

/* At most `max` bytes go in: one more is CORRUPT; more than is free here is FILE.  -1: FILE.  memory_release in either case. */
int memory_open(struct memory *memory, uint64_t max, struct err *err);

/*
 * Memory that can be spared for a snapshot, in bytes: what the machine has available, or what is left of the limit of this
 * process's control group, as a container sees it; UINT64_MAX when neither is said.  `root` stands before /proc and /sys: "".
 */
uint64_t memory_room(const char *root);

/* The descriptor, which the caller closes from now on. */
int memory_take(struct memory *memory);
void memory_release(struct memory *memory);
void memory_scoped(struct memory *memory);

#endif
