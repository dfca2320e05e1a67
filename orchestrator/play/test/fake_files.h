/*
 * fake_files: files and folders of fake nodes, handled in this process.  What cannot be done ends the test.
 */
#ifndef PLAY_TEST_FAKE_FILES_H
#define PLAY_TEST_FAKE_FILES_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* A folder for tests, where it costs no disk if that can be had.  A new string. */
char *fake_folder(const char *name);

/* The names in a folder, sorted; count 0 when there is no such folder. */
struct fake_names {
	char **list;
	size_t count;
};
struct fake_names fake_list(const char *folder);
void fake_names_scoped(struct fake_names *names);

void fake_make_folders(const char *path); /* it and those above it, 0700 */
void fake_write(const char *path, const void *data, size_t len, unsigned mode);
bool fake_read(const char *path, struct buf *out); /* false: not there */
bool fake_exists(const char *path);

/* A whole tree; of `limit` things at most when that is not negative.  Returns how many were there. */
size_t fake_remove(const char *path, long limit);
void fake_copy(const char *from, const char *to);

/* Appends a line a thing: name, kind, mode, contents; without folders called "proc".  Times do not count. */
void fake_tree(const char *folder, struct buf *out);

#endif
