/*
 * file: whole reads and writes of an open file.  A signal in the middle is no failure.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/buf.h"

#include <stddef.h>

/*
 * Adds all that can be read.  -1 with errno; EFBIG when the buffer's maximum would be passed.  Nothing is left behind on
 * the stack of what a secret buffer gets.
 */
int file_read(int fd, struct buf *out);

/* Opens the path for reading and reads it; `flags` besides O_RDONLY and O_CLOEXEC.  -1 with errno, as file_read. */
int file_read_path(const char *path, int flags, struct buf *out);

/* Writes all of it.  -1 with errno. */
int file_write(int fd, const void *data, size_t len);

/* The name of a new or renamed file is on the disk, too: fsync of the folder that the path is in, where its file system
 * can.  -1 with errno. */
int file_sync_folder(const char *path);

#endif
