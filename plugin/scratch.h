/*
 * scratch: a folder of our own (mode 0700) that goes with all that is in it, if not now, then at the next time: a lock
 * that the kernel lets go tells which were left by a run that was killed.
 */
#ifndef PLUGIN_SCRATCH_H
#define PLUGIN_SCRATCH_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct scratch {
	char *path; /* NULL: there is none */
	int fd;     /* of the folder, locked */
};

/* Removes what killed runs of this user have left in `parent`, and makes a new one there.  -1: FILE. */
int scratch_make(const char *parent, struct scratch *out, struct err *err);

/* Bytes that are free there, and whether they are in memory and not on a disk (tmpfs).  -1: FILE. */
int scratch_room(const struct scratch *scratch, uint64_t *free_bytes, bool *memory,
		 struct err *err);

/* A new file in it, mode 0600.  -1: FILE. */
int scratch_write(const struct scratch *scratch, const char *name, const void *data, size_t len,
		  struct err *err);

/* Removes it.  -1 (FILE): something is still there, the text says where. */
int scratch_remove(struct scratch *scratch, struct err *err);
void scratch_scoped(struct scratch *scratch);

#endif
