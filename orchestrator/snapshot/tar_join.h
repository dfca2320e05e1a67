/*
 * tar_join: tar archives that came from several nodes to one archive, each below a folder of its own.  POSIX.1-1988
 * (ustar), with folders and regular files only: what `tar --format=ustar --dereference --hard-dereference` writes.
 * Archives come from outside: one that is not in order is refused, also one that would unpack elsewhere.
 */
#ifndef SNAPSHOT_TAR_JOIN_H
#define SNAPSHOT_TAR_JOIN_H

#include "snapshot/stream.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Writes the entries of one archive below `folder`, without its end.  -1: REMOTE when it is cut off, damaged, or has
 * what is neither folder nor file, or a path with "..", or one that is too long; CONFIG when `folder` is no plain name.
 */
int tar_join_add(struct sink *to, const char *folder, const void *archive, size_t len,
		 struct err *err);

/* One more file, mode 0600, owned by root.  -1: CONFIG when the name is longer than 99 bytes; the sink's own. */
int tar_join_file(struct sink *to, const char *name, const void *data, size_t len, uint64_t at,
		  struct err *err);

/* The end of the archive; the sink itself is not ended. */
int tar_join_end(struct sink *to, struct err *err);

#endif
