/*
 * store: see store.h.  Picks the driver by the URL, refuses bad names before a driver sees them, and makes a sink of
 * a driver's put.
 */
#include "store/store.h"

#include "base/digest.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { PART_KEEP = 200 }; /* bytes of the name in a part's name: 255 is what file systems take */

struct store {
	const struct store_driver *driver;
	void *impl;
};

struct store_put {
	struct sink sink; /* first: the sink is the put */
	const struct store_driver *driver;
	void *impl;
	bool over; /* ended or failed: nothing more is written */
};

static const struct store_driver *const drivers[] = { &store_dir_driver, &store_s3_driver,
						      &store_sftp_driver };

enum { DRIVERS = sizeof(drivers) / sizeof(drivers[0]) };

/* The driver of "scheme:..." when `after` follows its scheme; NULL: none. */
static const struct store_driver *driver_with(const char *url, const char *after)
{
	for (size_t i = 0; i < DRIVERS; i++) {
		size_t len = strlen(drivers[i]->scheme);
		if (strncmp(url, drivers[i]->scheme, len) == 0 &&
		    strncmp(url + len, after, strlen(after)) == 0)
			return drivers[i];
	}
	return NULL;
}

static const struct store_driver *driver_of(const char *url)
{
	const struct store_driver *found = driver_with(url, "://");

	if (found)
		return found;
	/* a path; what only looks like a URL is a mistake, and no directory of that name is made */
	if (!*url || strstr(url, "://") || driver_with(url, ":"))
		return NULL;
	return &store_dir_driver;
}

bool store_is_remote(const char *url)
{
	const struct store_driver *driver = driver_of(url);

	return driver && driver != &store_dir_driver;
}

struct store *store_open(const char *url, const struct store_settings *settings, struct err *err)
{
	const struct store_driver *driver = driver_of(url);

	if (!driver) {
		err_set(err, ERR_USAGE, "%s%s is no store", *url ? "" : "an empty text", url);
		err_hint(err, "a store is a directory, file:///DIRECTORY, s3://BUCKET/PREFIX or "
			      "sftp://USER@HOST/DIRECTORY");
		return NULL;
	}
	void *impl = driver->open(url, settings, err);
	if (!impl)
		return NULL;
	struct store *store = mem_zalloc(sizeof(*store));
	store->driver = driver;
	store->impl = impl;
	return store;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	store->driver->close(store->impl);
	free(store);
}

void store_scoped(struct store **store)
{
	store_close(*store);
}

/* Bytes of the UTF-8 character at `text`; 0: none is there, or one that is a control character. */
static size_t character(const unsigned char *text)
{
	static const uint32_t least[] = { 0, 0x20, 0xa0, 0x800, 0x10000 };
	unsigned char first = *text;
	size_t len = first < 0x80           ? 1
		     : (first >> 5) == 0x06 ? 2
		     : (first >> 4) == 0x0e ? 3
		     : (first >> 3) == 0x1e ? 4
					    : 0;
	uint32_t code = len == 1 ? first : first & (0x7fu >> len);

	for (size_t i = 1; i < len; i++) {
		if ((text[i] & 0xc0) != 0x80) /* the end of the text as well */
			return 0;
		code = code << 6 | (text[i] & 0x3f);
	}
	if (!len || code < least[len] || code == 0x7f || code > 0x10ffff ||
	    (code >= 0xd800 && code <= 0xdfff))
		return 0;
	return len;
}

/* What is wrong with a name; NULL: nothing. */
static const char *name_fault(const char *name)
{
	size_t len = strlen(name);

	if (len == 0)
		return "it is empty";
	if (len > STORE_NAME_MAX)
		return "it has more than 255 bytes";
	for (const char *at = name; *at;) {
		size_t step = character((const unsigned char *)at);
		if (!step)
			return "it has a control character or a byte that is no UTF-8";
		at += step;
	}
	if (strchr(name, '/'))
		return "it has a '/'";
	if (name[0] == '.')
		return "it begins with a dot";
	if (strstr(name, ".."))
		return "it has two dots in a row";
	if (len >= 5 && strcmp(name + len - 5, ".part") == 0)
		return "it ends in .part, as what is half-written does";
	return NULL;
}

int store_name_check(const char *name, struct err *err)
{
	const char *fault = name_fault(name);

	if (!fault)
		return 0;
	return err_set(err, ERR_USAGE, "'%.60s%s' cannot be a name in a store: %s", name,
		       strlen(name) > 60 ? "..." : "", fault);
}

static int put_sink_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	struct store_put *put = (struct store_put *)sink;

	if (put->over)
		return err_set(err, ERR_BUG, "a write to an object that is complete or given up");
	if (len == 0)
		return 0;
	if (!put->driver->put_write(put->impl, data, len, err))
		return 0;
	put->over = true;
	return -1;
}

static int put_sink_end(struct sink *sink, struct err *err)
{
	struct store_put *put = (struct store_put *)sink;

	if (put->over)
		return err_set(err, ERR_BUG, "the end of an object that is complete or given up");
	put->over = true;
	return put->driver->put_end(put->impl, err);
}

static struct store_put *begin(struct store *store, const char *name, bool replaces,
			       struct err *err)
{
	if (store_name_check(name, err))
		return NULL;
	void *impl = store->driver->put_begin(store->impl, name, replaces, err);
	if (!impl)
		return NULL;
	struct store_put *put = mem_zalloc(sizeof(*put));
	put->sink = (struct sink){ .write = put_sink_write, .end = put_sink_end };
	put->driver = store->driver;
	put->impl = impl;
	return put;
}

struct store_put *store_put(struct store *store, const char *name, struct err *err)
{
	return begin(store, name, false, err);
}

int store_replace(struct store *store, const char *name, const void *data, size_t len,
		  struct err *err)
{
	if (len > STORE_DOCUMENT_MAX)
		return err_set(err, ERR_BUG, "%s is too long to replace what is there", name);
	scoped(store_put) struct store_put *put = begin(store, name, true, err);
	if (!put || sink_write(store_put_sink(put), data, len, err))
		return -1;
	return sink_end(store_put_sink(put), err);
}

struct sink *store_put_sink(struct store_put *put)
{
	return &put->sink;
}

void store_put_stop(struct store_put *put)
{
	if (put && put->driver->put_stop)
		put->driver->put_stop(put->impl);
}

void store_put_free(struct store_put *put)
{
	if (!put)
		return;
	put->driver->put_free(put->impl);
	free(put);
}

void store_put_scoped(struct store_put **put)
{
	store_put_free(*put);
}

int store_get(struct store *store, const char *name, struct sink *to, struct err *err)
{
	if (store_name_check(name, err))
		return -1;
	return store->driver->get(store->impl, name, to, err);
}

/* What store_list was given, behind the driver's list. */
struct listing {
	const char *prefix;
	int (*each)(void *arg, const struct store_object *object, struct err *err);
	void *arg;
	size_t count;
};

static int list_one(void *arg, const struct store_object *object, struct err *err)
{
	struct listing *listing = arg;

	if (name_fault(object->name) ||
	    strncmp(object->name, listing->prefix, strlen(listing->prefix)) != 0)
		return 0;
	if (++listing->count > STORE_OBJECTS_MAX)
		return err_set(err, ERR_STORE, "the store has more than %d objects",
			       STORE_OBJECTS_MAX);
	return listing->each(listing->arg, object, err);
}

int store_list(struct store *store, const char *prefix,
	       int (*each)(void *arg, const struct store_object *object, struct err *err),
	       void *arg, struct err *err)
{
	struct listing listing = { prefix, each, arg, 0 };

	return store->driver->list(store->impl, prefix, list_one, &listing, err);
}

int store_stat(struct store *store, const char *name, struct store_object *out, bool *missing,
	       struct err *err)
{
	*missing = false;
	if (store_name_check(name, err))
		return -1;
	if (store->driver->stat(store->impl, name, out, missing, err))
		return -1;
	out->name = name;
	return 0;
}

int store_remove(struct store *store, const char *name, struct err *err)
{
	if (store_name_check(name, err))
		return -1;
	return store->driver->remove(store->impl, name, err);
}

char *store_part_name(const char *name)
{
	size_t keep = strlen(name);
	uint8_t dice[8];
	char text[2 * sizeof(dice) + 1];

	if (keep > PART_KEEP) /* not in the middle of a character: some file systems refuse that */
		for (keep = PART_KEEP; keep > 0 && ((unsigned char)name[keep] & 0xc0) == 0x80;)
			keep--;
	random_bytes(dice, sizeof(dice));
	digest_hex(dice, sizeof(dice), text);
	return mem_printf(".%.*s.part-%s", (int)keep, name, text);
}

bool store_part_is_left(const char *name, uint64_t written, uint64_t now)
{
	static const char mark[] = ".part-";
	enum { MARK = sizeof(mark) - 1, DICE = 16 };
	size_t len = strlen(name);

	if (name[0] != '.' || len < 1 + 1 + MARK + DICE || len > STORE_NAME_MAX)
		return false;
	size_t stem = len - MARK - DICE - 1; /* bytes of NAME */
	const char *end = name + 1 + stem;
	if (memcmp(end, mark, MARK) != 0 || strspn(end + MARK, "0123456789abcdef") != DICE)
		return false;
	scoped(mem) char *object = mem_printf("%.*s", (int)stem, name + 1);
	return !name_fault(object) && now > written && now - written > STORE_PART_OLD_S;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

char *store_url_decode(const char *text, size_t len, struct err *err)
{
	char *out = mem_alloc(len + 1);
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		if (c == '%') {
			int high = i + 2 < len ? hex_digit(text[i + 1]) : -1;
			int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
			if (low < 0) {
				err_set(err, ERR_USAGE, "'%.*s' has a %% without two hex digits",
					(int)len, text);
				free(out);
				return NULL;
			}
			c = (char)(high << 4 | low);
			i += 2;
		}
		if ((unsigned char)c < 0x20 || c == 0x7f) {
			err_set(err, ERR_USAGE, "'%.*s' has a control character", (int)len, text);
			free(out);
			return NULL;
		}
		out[n++] = c;
	}
	out[n] = '\0';
	return out;
}
