/*
 * source: see source.h.
 */
#include "plugin/source.h"

#include "base/mem.h"
#include "plugin/latest.h"
#include "plugin/store_flags.h"
#include "snapshot/age_keyfile.h"
#include "snapshot/tap.h"
#include "snapshot/unseal.h"
#include "store/catalog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where it is: a store and a name there, or a local path (store NULL). */
struct where {
	struct store *store;
	const char *name;
};

static void where_scoped(struct where *where)
{
	store_close(where->store);
}

static int find_latest(struct store *store, const char *url, struct source *out,
		       struct where *where, struct err *err)
{
	scoped(catalog) struct catalog catalog = { .arena = NULL };

	if (catalog_read(store, &catalog, err))
		return -1;
	const struct catalog_entry *newest = latest_find(&catalog, url, err);
	if (!newest)
		return -1;
	where->name = out->name = arena_strdup(out->arena, newest->name);
	return 0;
}

static int find_where(const struct opts *opts, const char *name, struct source *out,
		      struct where *where, struct err *err)
{
	const char *slash = strrchr(name, '/'), *url = opts->from;

	if (strstr(name, "://")) {
		url = arena_printf(out->arena, "%.*s", (int)(slash - name), name);
		where->name = slash + 1;
	} else if (url) {
		where->name = name;
	} else {
		return 0;
	}
	out->shown = arena_printf(out->arena, "%s/%s", url, where->name);
	out->place = arena_strdup(out->arena, url);
	out->name = where->name;
	if (store_from_opts(opts, url, -1, &where->store, err))
		return -1;
	if (strcmp(where->name, "latest") != 0)
		return 0;
	if (find_latest(where->store, url, out, where, err))
		return err_in(err, "%s", url);
	out->shown = arena_printf(out->arena, "%s/%s", url, where->name);
	return 0;
}

/* The recipe in a store; an object without one is taken as it is. */
static int find_in_store(struct where *where, struct source *out, struct err *err)
{
	struct store_object object;
	struct catalog_entry entry;
	bool missing = false;

	if (!catalog_find(where->store, out->arena, where->name, &entry, err)) {
		if (entry.state == CATALOG_UNREAD)
			return err_set(err, ERR_CONFIG, "its recipe: %s", entry.trouble);
		out->recipe = entry.recipe;
		out->has_recipe = true;
		where->name = entry.object;
		out->name = entry.name;
		return 0;
	}
	if (err->code != ERR_STORE)
		return -1;
	struct err first = *err;
	*err = ERR_INIT;
	if (!store_stat(where->store, where->name, &object, &missing, err))
		return 0;
	if (missing) /* neither a recipe nor an object */
		*err = first;
	return -1;
}

static int read_recipe(const char *path, struct source *out, bool *found, struct err *err)
{
	scoped(mem) char *text = mem_alloc(RECIPE_MAX + 1);
	scoped(fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t len = 0;
	ssize_t n;

	*found = fd >= 0;
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return err_errno(err, ERR_FILE, "%s", path);
	while (len <= RECIPE_MAX && (n = read(fd, text + len, RECIPE_MAX + 1 - len)) > 0)
		len += (size_t)n;
	if (recipe_read(out->arena, text, len, &out->recipe, err))
		return err_in(err, "%s", path);
	return 0;
}

/* FILE.json; or NAME.json beside NAME.db.zst.age, when it says that it is of this file. */
static int find_local(const char *path, struct source *out, struct err *err)
{
	static const char *const endings[] = { ".age", ".zst", ".gz", ".db" };
	char *stem = arena_strdup(out->arena, path);
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;

	/* "./x", and not "x": a relative path with a colon in it is no URL */
	out->place = slash ? arena_strndup(out->arena, path, (size_t)(slash - path) + 1) : "./";
	out->name = arena_strdup(out->arena, base);
	if (read_recipe(arena_printf(out->arena, "%s.json", path), out, &out->has_recipe, err))
		return -1;
	if (out->has_recipe)
		return 0;
	for (size_t i = 0; i < 4; i++) {
		size_t len = strlen(stem), size = strlen(endings[i]);
		if (len > size && strcmp(stem + len - size, endings[i]) == 0)
			stem[len - size] = '\0';
	}
	struct err odd = ERR_INIT;
	bool found;
	out->has_recipe =
		!read_recipe(arena_printf(out->arena, "%s.json", stem), out, &found, &odd) &&
		found && out->recipe.stored.name && strcmp(out->recipe.stored.name, base) == 0;
	if (out->has_recipe)
		out->name = strrchr(stem, '/') ? strrchr(stem, '/') + 1 : stem;
	return 0;
}

static int stream_file(const char *path, struct sink *to, struct err *err)
{
	enum { CHUNK = 256 * 1024 };
	scoped(mem) char *chunk = mem_alloc(CHUNK);
	scoped(fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = 0;

	if (fd < 0)
		return err_errno(err, ERR_FILE, "%s", path);
	while ((n = read(fd, chunk, CHUNK)) > 0)
		if (sink_write(to, chunk, (size_t)n, err))
			return -1;
	if (n < 0)
		return err_errno(err, ERR_FILE, "%s", path);
	return sink_end(to, err);
}

/* All of it through the chain, into memory. */
static int fetch(const struct where *where, const char *path, const struct unseal_settings *keys,
		 struct source *out, struct memory *memory, struct err *err)
{
	struct unseal *unseal = unseal_new(keys, &memory->sink);
	struct tap tap;

	tap_init(&tap, unseal_sink(unseal));
	int failed = where->store ? store_get(where->store, where->name, &tap.sink, err)
				  : stream_file(path, &tap.sink, err);
	out->stored_size = tap.size;
	memcpy(out->stored_sha256, tap.sha256, sizeof(out->stored_sha256));
	out->compression = unseal_compression(unseal);
	out->encryption = unseal_encryption(unseal);
	tap_release(&tap);
	unseal_free(unseal);
	return failed ? -1 : 0;
}

int source_keys_read(const struct opts *opts, struct age_identities *identities,
		     struct buf *passphrase, struct err *err)
{
	for (size_t i = 0; i < opts->identities.count; i++)
		if (age_identities_file(identities, opts->identities.items[i], err))
			return err_in(err, "--identity");
	if (opts->passphrase_file && age_passphrase_file(opts->passphrase_file, passphrase, err))
		return err_in(err, "--passphrase-file");
	return 0;
}

int source_from_memory(struct memory *memory, struct source *out, struct err *err)
{
	int fd = memory_take(memory);

	out->path = arena_printf(out->arena, "/proc/self/fd/%d", fd);
	return snapshot_file_take(fd, out->shown, &out->file, err);
}

static int fetch_opened(const struct where *where, const char *path, const struct source_keys *keys,
			struct source *out, struct err *err)
{
	struct unseal_settings settings = { .identities = keys->identities,
					    .passphrase = keys->passphrase,
					    .max = out->has_recipe ? out->recipe.size
								   : MEMORY_MAX };
	scoped(memory) struct memory memory = { .fd = -1 };

	if (memory_open(&memory, settings.max, err) ||
	    fetch(where, path, &settings, out, &memory, err))
		return err_in(err, "%s", out->shown);
	return source_from_memory(&memory, out, err);
}

static int fetch_with_keys(const struct opts *opts, const struct source_keys *read,
			   const struct where *where, const char *path, struct source *out,
			   struct err *err)
{
	scoped(age_identities) struct age_identities identities = { .count = 0 };
	scoped(buf) struct buf passphrase = BUF_SECRET(AGE_PASSPHRASE_MAX);
	struct source_keys keys = { &identities, &passphrase };

	if (!read && source_keys_read(opts, &identities, &passphrase, err))
		return -1;
	return fetch_opened(where, path, read ? read : &keys, out, err);
}

/* A plain local file is read where it is. */
static int is_packed(const char *path, bool *packed, struct err *err)
{
	scoped(fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char head[UNSEAL_HEAD];
	struct stat st;
	ssize_t len;

	*packed = false;
	if (fd < 0 || fstat(fd, &st))
		return err_errno(err, ERR_FILE, "cannot open %s", path);
	if (!S_ISREG(st.st_mode) || (len = read(fd, head, sizeof(head))) < 0)
		return 0; /* snapshot_file_open has the words for it */
	*packed = unseal_kind(head, (size_t)len) != UNSEAL_PLAIN;
	return 0;
}

static int open_plain(const char *path, struct source *out, struct err *err)
{
	if (snapshot_file_open(path, &out->file, err))
		return -1;
	out->path = arena_strdup(out->arena, path);
	out->stored_size = out->file.size;
	memcpy(out->stored_sha256, out->file.sha256, sizeof(out->stored_sha256));
	return 0;
}

/* Which of the two is wrong cannot be told from here. */
__attribute__((format(printf, 3, 4))) static int differs(const struct source *s, struct err *err,
							 const char *fmt, ...)
{
	char words[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	err_set(err, ERR_CORRUPT, "%s: %s: the snapshot or its recipe was replaced or damaged",
		s->shown, words);
	return err_hint(err,
			"put a good copy of the snapshot and of %s.json there, or use another "
			"snapshot",
			s->name);
}

/* `unpacked`: a plain file of this machine, which may have been made of the object that the recipe names. */
static int check_recipe(const struct source *s, bool unpacked, struct err *err)
{
	const struct recipe *r = &s->recipe;

	if (!s->has_recipe)
		return 0;
	if (strcmp(r->sha256, s->file.sha256) != 0)
		return differs(s, err,
			       "it is another snapshot than its recipe says (the sha256 differs)");
	if (r->revision != s->file.facts.revision)
		return differs(s, err, "its revision is %llu, and its recipe says %llu",
			       (unsigned long long)s->file.facts.revision,
			       (unsigned long long)r->revision);
	if (r->size != s->file.size)
		return differs(s, err, "its size is %llu bytes, and its recipe says %llu",
			       (unsigned long long)s->file.size, (unsigned long long)r->size);
	if (!r->stored.name || unpacked)
		return 0;
	if (strcmp(r->stored.sha256, s->stored_sha256) != 0)
		return differs(s, err, "its SHA-256 as it is stored is not the one in its recipe");
	if (r->stored.size != s->stored_size)
		return differs(
			s, err, "its size as it is stored is %llu bytes, and its recipe says %llu",
			(unsigned long long)s->stored_size, (unsigned long long)r->stored.size);
	return 0;
}

/* Whoever gives the name of a snapshot in a store has forgotten the store. */
static int hint_store(const char *name, struct err *err)
{
	struct stat st;

	if (!strchr(name, '/') && lstat(name, &st) && errno == ENOENT)
		err_hint(err, "a snapshot of a store is named with --from URL beside it: --from "
			      "URL latest is the newest");
	return -1;
}

static int open_it(const struct opts *opts, const char *name, const struct source_keys *keys,
		   struct source *out, struct err *err)
{
	scoped(where) struct where where = { .store = NULL };
	bool packed = true;

	if (find_where(opts, name, out, &where, err))
		return -1;
	if (where.store ? find_in_store(&where, out, err) : is_packed(name, &packed, err))
		return where.store ? err_in(err, "%s", out->shown) : hint_store(name, err);
	if (!where.store && packed && find_local(name, out, err))
		return -1;
	if (packed ? fetch_with_keys(opts, keys, &where, name, out, err)
		   : open_plain(name, out, err))
		return -1;
	if (!where.store && !packed && find_local(name, out, err))
		return -1;
	return check_recipe(out, !where.store && !packed, err);
}

static struct source source_new(const char *shown)
{
	return (struct source){ .arena = arena_new(),
				.file.fd = -1,
				.shown = shown,
				.compression = "none",
				.encryption = "none" };
}

int source_damaged(struct err *err)
{
	if (err->code == ERR_CORRUPT && !err->hint[0])
		err_hint(err, "fetch it again, or use another copy of it or another snapshot: "
			      "verify tells of each whether it is whole");
	return -1;
}

int source_open(const struct opts *opts, const char *name, const struct source_keys *keys,
		struct source *out, struct err *err)
{
	struct source source = source_new(name);

	if (open_it(opts, name, keys, &source, err)) {
		source_release(&source);
		return source_damaged(err);
	}
	*out = source;
	return 0;
}

int source_open_stored(struct store *store, const char *path, const struct recipe *recipe,
		       const struct source_keys *keys, struct source *out, struct err *err)
{
	struct source source = source_new(path ? path : recipe->stored.name);
	const struct where where = { store, recipe->stored.name };

	source.recipe = *recipe;
	source.has_recipe = true;
	if (path ? open_plain(path, &source, err)
		 : fetch_opened(&where, source.shown, keys, &source, err)) {
		source_release(&source);
		return -1;
	}
	*out = source;
	return 0;
}

void source_release(struct source *source)
{
	snapshot_file_close(&source->file);
	arena_free(source->arena);
	source->arena = NULL;
}

void source_scoped(struct source *source)
{
	source_release(source);
}
