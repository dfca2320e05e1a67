/*
 * tar_check: see tar_check.h.
 */
#include "snapshot/tar_check.h"

#include <string.h>

enum { END_BLOCKS = 2 };

static bool is_zero(const struct tar_header *header)
{
	static const struct tar_header zero;

	return memcmp(header, &zero, sizeof(zero)) == 0;
}

static int take_header(struct tar_check *check, struct err *err)
{
	char path[TAR_PATH];
	uint64_t size;

	if (is_zero(&check->header)) {
		check->zeros += check->zeros < END_BLOCKS;
		return 0;
	}
	if (check->zeros)
		return err_set(err, ERR_CORRUPT, "the archive of its files goes on after its end");
	if (tar_header_read(&check->header, ERR_CORRUPT, path, &size, err))
		return -1;
	check->left = tar_padded(size);
	if (check->header.type == '0')
		check->each(check->arg, path);
	return 0;
}

static int check_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	struct tar_check *check = (struct tar_check *)sink;
	const char *at = data;

	while (len) {
		uint64_t want = check->left ? check->left : TAR_BLOCK - check->held;
		size_t now = want < len ? (size_t)want : len;
		if (check->left) {
			check->left -= now;
		} else {
			memcpy((char *)&check->header + check->held, at, now);
			check->held = (check->held + now) % TAR_BLOCK;
			if (!check->held && take_header(check, err))
				return -1;
		}
		at += now;
		len -= now;
	}
	return 0;
}

static int check_end(struct sink *sink, struct err *err)
{
	const struct tar_check *check = (const struct tar_check *)sink;

	return check->zeros == END_BLOCKS && !check->held
		       ? 0
		       : err_set(err, ERR_CORRUPT, "the archive of its files is cut off");
}

void tar_check_init(struct tar_check *check, tar_each *each, void *arg)
{
	*check = (struct tar_check){ .sink = { check_write, check_end }, .each = each, .arg = arg };
}
