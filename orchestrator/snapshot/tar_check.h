/*
 * tar_check: the end of a chain that reads a tar archive (ustar, files and folders only) to its end and keeps nothing of it but
 * what is asked for: the paths.
 */
#ifndef SNAPSHOT_TAR_CHECK_H
#define SNAPSHOT_TAR_CHECK_H

#include "snapshot/stream.h"
#include "snapshot/tar_header.h"

#include <stdbool.h>
#include <stddef.h>

/* Each file, by its path. */
typedef void tar_each(void *arg, const char *path);

struct tar_check {
	struct sink sink;
	tar_each *each;
	void *arg;
	struct tar_header header;
	size_t held;    /* bytes of the header that are there */
	uint64_t left;  /* bytes of contents that are still to come */
	unsigned zeros; /* blocks of zeros in a row: two are the end */
};

/*
 * The sink's -1 is CORRUPT: as tar_header_read, what is cut off before its two blocks of zeros, and what has anything but zeros
 * after them.
 */
void tar_check_init(struct tar_check *check, tar_each *each, void *arg);

#endif
