/*
 * tar_header: see tar_header.h.
 */
#include "snapshot/tar_header.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

_Static_assert(sizeof(struct tar_header) == TAR_BLOCK, "a header is one block");

/* The sum of all bytes, with the sum's own as blanks. */
static unsigned sum_of(const struct tar_header *h)
{
	struct tar_header copy = *h;
	const unsigned char *at = (const unsigned char *)&copy;
	unsigned sum = 0;

	memset(copy.sum, ' ', sizeof(copy.sum));
	for (size_t i = 0; i < sizeof(copy); i++)
		sum += at[i];
	return sum;
}

void tar_header_sum(struct tar_header *h)
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

int tar_header_read(const struct tar_header *h, enum err_code code, char path[TAR_PATH],
		    uint64_t *size, struct err *err)
{
	uint64_t sum;

	if (memcmp(h->magic, "ustar", 6) != 0 || memcmp(h->version, "00", 2) != 0 ||
	    read_octal(h->sum, sizeof(h->sum), &sum) || sum != sum_of(h) ||
	    read_octal(h->size, sizeof(h->size), size))
		return err_set(err, code, "the archive of its files is damaged");
	snprintf(path, TAR_PATH, "%.155s%s%.100s", h->prefix, h->prefix[0] ? "/" : "", h->name);
	if (h->type != '0' && h->type != '5')
		return err_set(err, code, "%s is neither a file nor a folder", path);
	if (!is_below(path))
		return err_set(err, code, "%s is no path below the root", path);
	return 0;
}

uint64_t tar_padded(uint64_t size)
{
	return (size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
}
