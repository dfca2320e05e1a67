/*
 * read_back: see read_back.h.
 */
#include "plugin/read_back.h"

#include "base/mem.h"
#include "plugin/prove.h"
#include "plugin/prove_files.h"
#include "snapshot/tap.h"

#include <string.h>

static int nothing_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	(void)sink;
	(void)data;
	(void)len;
	(void)err;
	return 0;
}

static int nothing_end(struct sink *sink, struct err *err)
{
	(void)sink;
	(void)err;
	return 0;
}

int read_back_bytes(struct store *store, const char *object, const char *sha256, struct err *err)
{
	struct sink nothing = { nothing_write, nothing_end };
	struct tap tap;

	tap_init(&tap, &nothing);
	int failed = store_get(store, object, &tap.sink, err);
	tap_release(&tap);
	if (failed)
		return -1;
	return strcmp(tap.sha256, sha256) == 0
		       ? 0
		       : err_set(err, ERR_CORRUPT, "its SHA-256 is not the one in its recipe");
}

int read_back_all(struct store *store, const char *path, const struct recipe *recipe,
		  const struct source_keys *keys, struct err *err)
{
	scoped(arena) struct arena *arena = arena_new();
	scoped(source) struct source source = { .file.fd = -1 };
	struct verification v = { .arena = arena, .shown = recipe->stored.name };

	return source_open_stored(store, path, recipe, keys, &source, err) ||
			       prove_source(&v, &source, NULL, NULL, err)
		       ? -1
		       : 0;
}

int read_back_files(struct store *store, const struct recipe *recipe,
		    const struct source_keys *keys, struct err *err)
{
	scoped(arena) struct arena *arena = arena_new();
	struct verification v = { .arena = arena, .shown = recipe->files.name };

	return prove_files(&v, store, recipe, keys, err);
}
