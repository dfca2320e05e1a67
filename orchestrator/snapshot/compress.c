/*
 * compress: which way, as the user says it.
 */
#include "snapshot/compress.h"

#include "base/mem.h"

#include <string.h>

int compress_parse(const char *text, struct compress_choice *out, struct err *err)
{
	static const struct {
		const char *name;
		enum compress_kind kind;
		int usual;
		unsigned max;
	} kinds[] = { { "none", COMPRESS_NONE, 0, 0 },
		      { "zstd", COMPRESS_ZSTD, 3, 19 },
		      { "gzip", COMPRESS_GZIP, 6, 9 } };
	size_t len = strcspn(text, ":");

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		uint64_t level = 0;
		if (strlen(kinds[i].name) != len || strncmp(kinds[i].name, text, len) != 0)
			continue;
		if (text[len] && (parse_uint(text + len + 1, kinds[i].max, &level) || !level))
			return err_set(err, ERR_USAGE, "--compress=%s: a level from 1 to %u", text,
				       kinds[i].max);
		*out = (struct compress_choice){ kinds[i].kind,
						 level ? (int)level : kinds[i].usual };
		return 0;
	}
	return err_set(err, ERR_USAGE, "--compress=%s: none, zstd[:1-19] or gzip[:1-9]", text);
}
