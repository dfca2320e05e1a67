/*
 * tar_join: see tar_join.h.  The folder goes in front of the 155 bytes of a header's `prefix`, and its checksum is made anew.
 */
#include "snapshot/tar_join.h"

#include "snapshot/tar_header.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char zeros[2 * TAR_BLOCK];

static int move_below(struct tar_header *h, const char *folder, const char *path, struct err *err)
{
	char prefix[sizeof(h->prefix) + 1] = "";
	int len = snprintf(prefix, sizeof(prefix), "%s%s%.155s", folder, h->prefix[0] ? "/" : "",
			   h->prefix);

	if (len < 0 || (size_t)len > sizeof(h->prefix))
		return err_set(err, ERR_REMOTE, "%s/%s is too long a path for a tar archive",
			       folder, path);
	memcpy(h->prefix, prefix, sizeof(h->prefix));
	tar_header_sum(h);
	return 0;
}

static bool is_plain_name(const char *name)
{
	if (!*name || *name == '.' || strlen(name) > 155)
		return false;
	for (const char *at = name; *at; at++)
		if ((unsigned char)*at <= ' ' || *at == '/' || *at == 0x7f)
			return false;
	return true;
}

static int put(struct sink *to, const void *data, uint64_t len, struct err *err)
{
	return len ? sink_write(to, data, len, err) : 0;
}

int tar_join_add(struct sink *to, const char *folder, const void *archive, size_t len,
		 struct err *err)
{
	const char *at = archive, *end = len ? at + len : at;
	char path[TAR_PATH];

	if (!is_plain_name(folder))
		return err_set(err, ERR_CONFIG, "\"%s\" cannot be the name of a folder", folder);
	while (end - at >= TAR_BLOCK) {
		struct tar_header h;
		uint64_t size;
		if (memcmp(at, zeros, TAR_BLOCK) == 0)
			return 0;
		memcpy(&h, at, TAR_BLOCK);
		at += TAR_BLOCK;
		if (tar_header_read(&h, ERR_REMOTE, path, &size, err) ||
		    move_below(&h, folder, path, err))
			return -1;
		if (size > (uint64_t)(end - at) || tar_padded(size) > (uint64_t)(end - at))
			break;
		if (sink_write(to, &h, TAR_BLOCK, err) || put(to, at, tar_padded(size), err))
			return -1;
		at += tar_padded(size);
	}
	return err_set(err, ERR_REMOTE, "the archive of its files is cut off");
}

int tar_join_file(struct sink *to, const char *name, const void *data, size_t len, uint64_t at,
		  struct err *err)
{
	struct tar_header h = { .mode = "0000600",
				.uid = "0000000",
				.gid = "0000000",
				.type = '0',
				.magic = "ustar",
				.version = { '0', '0' } };

	if (!is_plain_name(name) || strlen(name) >= sizeof(h.name))
		return err_set(err, ERR_CONFIG, "\"%s\" cannot be the name of a file", name);
	memcpy(h.name, name, strlen(name));
	snprintf(h.size, sizeof(h.size), "%011llo", (unsigned long long)len);
	snprintf(h.mtime, sizeof(h.mtime), "%011llo", (unsigned long long)at);
	tar_header_sum(&h);
	return sink_write(to, &h, TAR_BLOCK, err) || put(to, data, len, err) ||
			       put(to, zeros, tar_padded(len) - len, err)
		       ? -1
		       : 0;
}

int tar_join_end(struct sink *to, struct err *err)
{
	return sink_write(to, zeros, sizeof(zeros), err);
}
