/*
 * tar_header: the block before every entry of a tar archive in the ustar form (POSIX.1-2017, pax, "ustar Interchange
 * Format"), read with all doubt: it comes from outside.
 */
#ifndef SNAPSHOT_TAR_HEADER_H
#define SNAPSHOT_TAR_HEADER_H

#include "base/err.h"

#include <stdint.h>

enum { TAR_BLOCK = 512, TAR_PATH = 260 };

struct tar_header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8];
	char type; /* '0' a file, '5' a folder */
	char link[100], magic[6], version[2], uname[32], gname[32], major[8], minor[8];
	char prefix[155], rest[12];
};

/*
 * The path and the size of a file or folder.  -1 (code): the header is damaged, is of anything else, or its path would lead out
 * of the folder that the archive is unpacked in.
 */
int tar_header_read(const struct tar_header *header, enum err_code code, char path[TAR_PATH],
		    uint64_t *size, struct err *err);

/* Makes its checksum anew. */
void tar_header_sum(struct tar_header *header);

/* Bytes of contents with what fills the last block. */
uint64_t tar_padded(uint64_t size);

#endif
