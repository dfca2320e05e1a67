/*
 * store_sftp: a store that is a directory on an SFTP server.  As store_dir: written beside, made durable where the
 * server can do that, and named by a rename that fails when the name is taken (store_sftp_put.c).  One session a
 * store; one that broke, or that the server has ended while nobody used it, is replaced before the next call begins,
 * never in the middle of one.
 */
#include "store/store_sftp.h"

#include "base/log.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum {
	STALL_MS = 60 * 1000,
	IDLE_MS = 5 * 1000, /* a session unused for longer is tried before it is used */
};

void sftp_link_release(struct sftp_link *link)
{
	if (!link || --link->users)
		return;
	ssh_sftp_close(link->sftp);
	ssh_close(link->ssh);
	free(link);
}

struct sftp_link *sftp_connect(const struct sftp_store *store, int cancel_fd, uint64_t ms,
			       struct err *err)
{
	struct ssh_target target = { .host = store->url.host,
				     .port = store->url.port,
				     .user = store->user,
				     .key = store->settings.key,
				     .known_hosts = store->settings.known_hosts,
				     .cancel_fd = cancel_fd };
	struct ssh *ssh = ssh_open(&target, deadline_in(ms), err);
	struct ssh_sftp *sftp = ssh ? ssh_sftp_open(ssh, ms, err) : NULL;

	if (!sftp) {
		ssh_close(ssh);
		err_in(err, "store %s", store->shown);
		return NULL;
	}
	struct sftp_link *link = mem_zalloc(sizeof(*link));
	*link = (struct sftp_link){ .ssh = ssh, .sftp = sftp, .used = now_ms(), .users = 1 };
	return link;
}

/* Whether the session can be used: it is not broken, and has not been ended by the server meanwhile. */
static bool is_alive(struct sftp_link *link)
{
	struct err ignored = ERR_INIT;
	struct ssh_sftp_facts facts;

	if (!ssh_broken(link->ssh) && now_ms() - link->used > IDLE_MS)
		ssh_sftp_stat(link->sftp, ".", &facts, &ignored);
	return !ssh_broken(link->ssh);
}

struct ssh_sftp *sftp_session(struct sftp_store *store, struct err *err)
{
	if (store->link && !is_alive(store->link)) {
		log_at(2, "%s: the session has ended; connecting again", store->shown);
		sftp_link_release(store->link);
		store->link = NULL;
	}
	if (!store->link)
		store->link = sftp_connect(store, store->cancel_fd, store->stall_ms, err);
	if (!store->link)
		return NULL;
	store->link->used = now_ms();
	err->code = ERR_NONE;
	return store->link->sftp;
}

char *sftp_path_in(const struct sftp_store *store, const char *name)
{
	const char *folder = store->url.path;

	return mem_printf("%s%s%s", folder, strcmp(folder, "/") == 0 ? "" : "/", name);
}

int sftp_failed(const struct sftp_store *store, const char *name, struct err *err)
{
	if (err->code == ERR_REMOTE)
		err->code = ERR_STORE;
	return name ? err_in(err, "%s/%s", store->shown, name)
		    : err_in(err, "store %s", store->shown);
}

bool sftp_missing(struct ssh_sftp *sftp, const struct err *err)
{
	return err->code == ERR_REMOTE && ssh_sftp_answer(sftp) == SSH_SFTP_MISSING;
}

static void sftp_close(void *impl)
{
	struct sftp_store *store = impl;

	sftp_link_release(store->link);
	sftp_url_release(&store->url);
	free(store->user);
	free(store->shown);
	free(store);
}

static void *sftp_open(const char *url, const struct store_settings *settings, struct err *err)
{
	struct sftp_url parsed;

	if (sftp_url_parse(url, &parsed, err))
		return NULL;
	struct sftp_store *store = mem_zalloc(sizeof(*store));
	store->settings = settings->ssh;
	if (parsed.user)
		store->settings.user = parsed.user;
	if (!parsed.port)
		parsed.port = settings->ssh.port ? settings->ssh.port : 22;
	store->url = parsed;
	store->user = ssh_settings_user(&store->settings);
	store->shown = mem_strdup(url);
	for (size_t len = strlen(store->shown); len && store->shown[len - 1] == '/'; len--)
		store->shown[len - 1] = '\0';
	store->cancel_fd = settings->cancel_fd;
	store->stall_ms = settings->stall_ms ? settings->stall_ms : STALL_MS;
	return store;
}

static int look(struct sftp_store *store, struct ssh_sftp *sftp, const char *name,
		struct ssh_sftp_facts *facts, bool *missing, struct err *err)
{
	scoped(mem) char *path = sftp_path_in(store, name);

	*missing = false;
	if (ssh_sftp_stat(sftp, path, facts, err)) {
		*missing = sftp_missing(sftp, err);
		return *missing ? err_set(err, ERR_STORE, "%s has no object %s", store->shown, name)
				: sftp_failed(store, name, err);
	}
	if (facts->regular)
		return 0;
	return err_set(err, ERR_STORE, "%s/%s is no regular file", store->shown, name);
}

static int sftp_stat(void *impl, const char *name, struct store_object *out, bool *missing,
		     struct err *err)
{
	struct sftp_store *store = impl;
	struct ssh_sftp *sftp = sftp_session(store, err);
	struct ssh_sftp_facts facts;

	if (!sftp || look(store, sftp, name, &facts, missing, err))
		return -1;
	*out = (struct store_object){ name, facts.size, facts.at };
	return 0;
}

static int copy_out(struct sftp_store *store, struct ssh_sftp_file *file, const char *name,
		    uint64_t size, struct sink *to, struct err *err)
{
	scoped(mem) char *chunk = mem_alloc(2 * (size_t)SSH_SFTP_CHUNK);
	uint64_t total = 0;
	size_t got;

	do {
		if (ssh_sftp_read(file, chunk, 2 * (size_t)SSH_SFTP_CHUNK, &got, err))
			return sftp_failed(store, name, err);
		if (got && sink_write(to, chunk, got, err))
			return -1;
		total += got;
	} while (got);
	if (total != size)
		return err_set(err, ERR_STORE, "%s/%s: %llu bytes came, and it has %llu",
			       store->shown, name, (unsigned long long)total,
			       (unsigned long long)size);
	return sink_end(to, err);
}

static int sftp_get(void *impl, const char *name, struct sink *to, struct err *err)
{
	struct sftp_store *store = impl;
	struct ssh_sftp *sftp = sftp_session(store, err);
	struct ssh_sftp_facts facts;
	bool ignored;

	/* looked at first: opening a fifo would make the server wait */
	if (!sftp || look(store, sftp, name, &facts, &ignored, err))
		return -1;
	scoped(mem) char *path = sftp_path_in(store, name);
	struct ssh_sftp_file *file = ssh_sftp_read_open(sftp, path, err);
	if (!file)
		return sftp_failed(store, name, err);
	struct sftp_link *link =
		store->link; /* the sink may use the store, and so replace its session */
	link->users++;
	int rc = copy_out(store, file, name, facts.size, to, err);
	ssh_sftp_file_close(file);
	sftp_link_release(link);
	return rc;
}

struct listing {
	const char *prefix;
	int (*each)(void *arg, const struct store_object *object, struct err *err);
	void *arg;
	bool stopped; /* by each, not by the server */
};

static int list_one(void *arg, const char *name, const struct ssh_sftp_facts *facts,
		    struct err *err)
{
	struct listing *listing = arg;
	struct store_object object = { name, facts->size, facts->at };

	if (name[0] == '.' || !facts->regular ||
	    strncmp(name, listing->prefix, strlen(listing->prefix)) != 0)
		return 0;
	if (!listing->each(listing->arg, &object, err))
		return 0;
	listing->stopped = true;
	return -1;
}

static int sftp_list(void *impl, const char *prefix,
		     int (*each)(void *arg, const struct store_object *object, struct err *err),
		     void *arg, struct err *err)
{
	struct sftp_store *store = impl;
	struct listing listing = { prefix, each, arg, false };
	struct ssh_sftp *sftp = sftp_session(store, err);

	if (!sftp)
		return -1;
	if (!ssh_sftp_list(sftp, store->url.path, list_one, &listing, err))
		return 0;
	return listing.stopped ? -1 : sftp_failed(store, NULL, err);
}

static int sftp_remove(void *impl, const char *name, struct err *err)
{
	struct sftp_store *store = impl;
	struct ssh_sftp *sftp = sftp_session(store, err);
	scoped(mem) char *path = sftp_path_in(store, name);

	if (!sftp)
		return -1;
	if (!ssh_sftp_unlink(sftp, path, err))
		return 0;
	if (!sftp_missing(sftp, err))
		return sftp_failed(store, name, err);
	*err = ERR_INIT;
	return 0;
}

const struct store_driver store_sftp_driver = {
	.scheme = "sftp",
	.open = sftp_open,
	.close = sftp_close,
	.put_begin = sftp_put_begin,
	.put_write = sftp_put_write,
	.put_end = sftp_put_end,
	.put_free = sftp_put_free,
	.get = sftp_get,
	.list = sftp_list,
	.stat = sftp_stat,
	.remove = sftp_remove,
};
