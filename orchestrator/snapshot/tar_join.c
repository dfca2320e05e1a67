/*
 * tar_join: see tar_join.h.  A header is a block of 512 bytes; the folder goes in front of the 155 bytes of its `prefix`,
 * and its checksum is made anew.  Format: POSIX.1-2017, pax, "ustar Interchange Format".
 */
#include "snapshot/tar_join.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK = 512 };

struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8];
	char type;
	char link[100], magic[6], version[2], uname[32], gname[32], major[8], minor[8];
	char prefix[155], rest[12];
};

_Static_assert(sizeof(struct header) == BLOCK, "a header is one block");

static const char zeros[2 * BLOCK];

/* The sum of all bytes, with the sum's own as blanks. */
static unsigned sum_of(const struct header *h)
{
	struct header copy = *h;
	const unsigned char *at = (const unsigned char *)&copy;
	unsigned sum = 0;

	memset(copy.sum, ' ', sizeof(copy.sum));
	for (size_t i = 0; i < sizeof(copy); i++)
		sum += at[i];
	return sum;
}

static void set_sum(struct header *h)
{
	snprintf(h->sum, sizeof(h->sum), "%06o", sum_of(h));
	h->sum[7] = ' ';
}

/* Octal digits, then blanks or NULs.  -1 when there is anything else. */
static int read_octal(const char *text, size_t size, uint64_t *out)
{
	uint64_t value = 0;
	size_t i = 0;

	while (i < size && text[i] == ' ')
		i++;
	if (i == size || text[i] < '0' || text[i] > '7')
		return -1;
	for (; i < size && text[i] >= '0' && text[i] <= '7'; i++)
		value = value << 3 | (uint64_t)(text[i] - '0');
	for (; i < size; i++)
		if (text[i] != ' ' && text[i])
			return -1;
	*out = value;
	return 0;
}

/* "etc/kubernetes/": relative, and no part of it is ".." */
static bool is_below(const char *path)
{
	if (*path == '/' || !*path)
		return false;
	for (const char *at = path; *at;) {
		size_t len = strcspn(at, "/");
		if (len == 2 && at[0] == '.' && at[1] == '.')
			return false;
		at += len + (at[len] == '/');
	}
	return true;
}

static int check_header(const struct header *h, char path[260], uint64_t *size, struct err *err)
{
	uint64_t sum;

	if (memcmp(h->magic, "ustar", 6) != 0 || memcmp(h->version, "00", 2) != 0 ||
	    read_octal(h->sum, sizeof(h->sum), &sum) || sum != sum_of(h) ||
	    read_octal(h->size, sizeof(h->size), size))
		return err_set(err, ERR_REMOTE, "the archive of its files is damaged");
	snprintf(path, 260, "%.155s%s%.100s", h->prefix, h->prefix[0] ? "/" : "", h->name);
	if (h->type != '0' && h->type != '5')
		return err_set(err, ERR_REMOTE, "%s is neither a file nor a folder", path);
	if (!is_below(path))
		return err_set(err, ERR_REMOTE, "%s is no path below the root", path);
	return 0;
}

static int move_below(struct header *h, const char *folder, const char *path, struct err *err)
{
	char prefix[sizeof(h->prefix) + 1] = "";
	int len = snprintf(prefix, sizeof(prefix), "%s%s%.155s", folder, h->prefix[0] ? "/" : "",
			   h->prefix);

	if (len < 0 || (size_t)len > sizeof(h->prefix))
		return err_set(err, ERR_REMOTE, "%s/%s is too long a path for a tar archive",
			       folder, path);
	memcpy(h->prefix, prefix, sizeof(h->prefix));
	set_sum(h);
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

/* Bytes of contents with what fills the last block. */
static uint64_t padded(uint64_t size)
{
	return (size + BLOCK - 1) / BLOCK * BLOCK;
}

static int put(struct sink *to, const void *data, uint64_t len, struct err *err)
{
	return len ? sink_write(to, data, len, err) : 0;
}

int tar_join_add(struct sink *to, const char *folder, const void *archive, size_t len,
		 struct err *err)
{
	const char *at = archive, *end = len ? at + len : at;
	char path[260];

	if (!is_plain_name(folder))
		return err_set(err, ERR_CONFIG, "\"%s\" cannot be the name of a folder", folder);
	while (end - at >= BLOCK) {
		struct header h;
		uint64_t size;
		if (memcmp(at, zeros, BLOCK) == 0)
			return 0;
		memcpy(&h, at, BLOCK);
		at += BLOCK;
		if (check_header(&h, path, &size, err) || move_below(&h, folder, path, err))
			return -1;
		if (size > (uint64_t)(end - at) || padded(size) > (uint64_t)(end - at))
			break;
		if (sink_write(to, &h, BLOCK, err) || put(to, at, padded(size), err))
			return -1;
		at += padded(size);
	}
	return err_set(err, ERR_REMOTE, "the archive of its files is cut off");
}

int tar_join_file(struct sink *to, const char *name, const void *data, size_t len, uint64_t at,
		  struct err *err)
{
	struct header h = { .mode = "0000600",
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
	set_sum(&h);
	return sink_write(to, &h, BLOCK, err) || put(to, data, len, err) ||
			       put(to, zeros, padded(len) - len, err)
		       ? -1
		       : 0;
}

int tar_join_end(struct sink *to, struct err *err)
{
	return sink_write(to, zeros, sizeof(zeros), err);
}
