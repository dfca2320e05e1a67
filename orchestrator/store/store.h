/*
 * store: where snapshots are kept, by URL: a directory (a plain path or file:///dir), s3://bucket/prefix,
 * sftp://user@host[:port]/dir.  Names are flat: one name is one object.  A store is used by one thread at a time; what
 * was put is freed before its store is closed.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/err.h"
#include "node/node_ssh.h"
#include "snapshot/stream.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	STORE_NAME_MAX = 255,
	STORE_OBJECTS_MAX = 100000,
	STORE_PART_OLD_S = 24 * 3600,
	STORE_DOCUMENT_MAX = 1024 * 1024,
};

struct store_s3_settings { /* NULL: from the environment and the profile, see aws_env.h */
	const char *endpoint;
	const char *region;
	const char *profile;
	const char *ca_file;
	const char *sse;        /* "AES256", "aws:kms"; NULL: none asked for */
	const char *kms_key_id; /* with aws:kms */
	int path_style;         /* 1, 0; -1: path style when an endpoint is given */
};

struct store_settings {
	struct store_s3_settings s3;
	struct ssh_settings ssh; /* for sftp:// */
	int cancel_fd;           /* readable: give up with CANCELLED; -1: none */
	uint64_t stall_ms;       /* no byte for that long is an error; 0: 60 s */
	bool shares_memory; /* several such stores are written to at once: each takes less of it */
};

struct store_object {
	const char *name; /* valid for the call */
	uint64_t size;    /* bytes */
	uint64_t at;      /* last change, seconds since 1970 */
};

struct store;

/*
 * Parses the URL and takes the credentials; no driver connects or looks before the first call that needs it.  What
 * settings point to is borrowed for the store's life.  NULL: USAGE (no such URL), CONFIG.
 */
struct store *store_open(const char *url, const struct store_settings *settings, struct err *err);
void store_close(struct store *store); /* NULL is allowed */
void store_scoped(struct store **store);

/* True for what store_open takes as a remote store (s3://, sftp://). */
bool store_is_remote(const char *url);

/*
 * 0 when this can be an object's name: 1 to STORE_NAME_MAX bytes of UTF-8 without control characters, '/', "..", a
 * dot in front or ".part" at the end.  -1: USAGE.  Every function below asks this first; store_list leaves out
 * what has another name.
 */
int store_name_check(const char *name, struct err *err);

/*
 * A new object.  Bytes go to the sink; its `end` makes the object durable and gives it its name, which is never
 * overwritten (STORE, "exists already", before or after the bytes were sent).  Then, or instead, store_put_free:
 * without an `end` that returned 0 it removes every trace, also from the server (an upload in parts is aborted).
 * The first put of a store also removes what killed runs have left in it (store_part_is_left), when it can.
 */
struct store_put;
struct store_put *store_put(struct store *store, const char *name, struct err *err);
struct sink *store_put_sink(struct store_put *put);
/* From any thread: nothing more will come of it, so what another thread is waiting for in it ends soon.  NULL is allowed. */
void store_put_stop(struct store_put *put);
void store_put_free(struct store_put *put); /* NULL is allowed */
void store_put_scoped(struct store_put **put);

/*
 * A small document that takes the place of what has its name, if anything has: at once, and without the right to remove.
 * Not for a snapshot: more than STORE_DOCUMENT_MAX bytes are a BUG.  -1: as store_put, and what was there stays as it was;
 * when only the answer was lost, the new one may be there instead, whole, too.
 * An SFTP server without posix-rename@openssh.com has neither under that name for a moment.
 */
int store_replace(struct store *store, const char *name, const void *data, size_t len,
		  struct err *err);

/*
 * Streams an object into the sink and ends it, but only when all its bytes came.  -1: STORE (no such object, refused),
 * SSH, TIMEOUT, CANCELLED, the sink's own.
 */
int store_get(struct store *store, const char *name, struct sink *to, struct err *err);

/*
 * Each object whose name begins with prefix ("" for all), in no order; nothing half-written.  -1 from `each` ends it;
 * more than STORE_OBJECTS_MAX are an error (STORE).  `each` must not use the store.
 */
int store_list(struct store *store, const char *prefix,
	       int (*each)(void *arg, const struct store_object *object, struct err *err),
	       void *arg, struct err *err);

/* 0 and *out (its name is the one given), or -1: STORE, with *missing true when there is no such object. */
int store_stat(struct store *store, const char *name, struct store_object *out, bool *missing,
	       struct err *err);

/* Removes one object; 0 also when there was none. */
int store_remove(struct store *store, const char *name, struct err *err);

/*
 * A driver: the same functions behind one scheme.  `put_end` and `put_free` as for the sink above; with `replaces` as
 * for store_replace.  Drivers are store_dir.c, store_s3.c, store_sftp.c; each has one `const struct store_driver`.
 */
struct store_driver {
	const char *scheme; /* "file", "s3", "sftp" */
	void *(*open)(const char *url, const struct store_settings *settings, struct err *err);
	void (*close)(void *impl);
	void *(*put_begin)(void *impl, const char *name, bool replaces, struct err *err);
	int (*put_write)(void *put, const void *data, size_t len, struct err *err);
	int (*put_end)(void *put, struct err *err);
	void (*put_stop)(void *put); /* NULL: it never waits long */
	void (*put_free)(void *put);
	int (*get)(void *impl, const char *name, struct sink *to, struct err *err);
	int (*list)(void *impl, const char *prefix,
		    int (*each)(void *arg, const struct store_object *object, struct err *err),
		    void *arg, struct err *err);
	int (*stat)(void *impl, const char *name, struct store_object *out, bool *missing,
		    struct err *err);
	int (*remove)(void *impl, const char *name, struct err *err);
};

/*
 * For drivers.  The name beside `name` under which a new object is written, ".NAME.part-0123456789abcdef" with a
 * random end, NAME cut so that it fits a file system; the caller frees.
 */
char *store_part_name(const char *name);

/*
 * True for such a name when its file was last written more than STORE_PART_OLD_S ago: what a run left that was killed.
 * Both times are the store's own clock's, not this machine's.
 */
bool store_part_is_left(const char *name, uint64_t written, uint64_t now);

/* `len` bytes of a URL with %XX undone; NULL (USAGE): bad digits, a control character.  The caller frees. */
char *store_url_decode(const char *text, size_t len, struct err *err);

extern const struct store_driver store_dir_driver;
extern const struct store_driver store_s3_driver;
extern const struct store_driver store_sftp_driver;

#endif
