/*
 * store_sftp_put: a new object on an SFTP server.  What a put that failed has left is removed, over another session
 * when its own has broken.
 */
#include "base/log.h"
#include "base/mem.h"
#include "store/store_sftp.h"

#include <stdlib.h>
#include <string.h>

enum {
	CLEANUP_MS = 10 * 1000, /* for removing what a failed put has left, also after a cancel */
	ROOM = 1024 * 1024,     /* bytes on their way to the server */
	FULL_BELOW = 64 * 1024, /* with less free than this a disk is full */
	SWEEP_MAX = 100,        /* files left by killed runs, of which one put removes so many */
};

struct sftp_put {
	struct sftp_store *store;
	struct sftp_link *link;
	struct ssh_sftp_file *file; /* NULL: closed */
	char *name, *path, *part;   /* path, part: on the server */
	char *aside;                /* there what is replaced may be; NULL: not */
	char *room;                 /* ROOM bytes; those from head to tail are not acknowledged */
	size_t head, tail;
	uint64_t sent;
	bool replaces;
	bool made;   /* there may be a part on the server */
	bool naming; /* the rename was asked for */
	bool done;
};

static int exists_already(const struct sftp_store *store, const char *name, struct err *err)
{
	err_set(err, ERR_STORE, "%s/%s exists already", store->shown, name);
	return err_hint(err, "an object is never overwritten: choose another name");
}

static int must_be_new(const struct sftp_put *put, struct err *err)
{
	struct ssh_sftp *sftp = put->link->sftp;
	struct ssh_sftp_facts facts;

	if (!ssh_sftp_stat(sftp, put->path, &facts, err))
		return exists_already(put->store, put->name, err);
	return sftp_missing(sftp, err) ? 0 : sftp_failed(put->store, put->name, err);
}

/* Makes the store's directory when only that is missing. */
static int make_folder(struct sftp_store *store, struct ssh_sftp *sftp, struct err *err)
{
	struct ssh_sftp_facts facts;

	if (!ssh_sftp_stat(sftp, store->url.path, &facts, err)) {
		if (facts.regular)
			return err_set(err, ERR_STORE, "store %s: it is no directory",
				       store->shown);
		return 0;
	}
	if (!sftp_missing(sftp, err))
		return sftp_failed(store, NULL, err);
	if (!ssh_sftp_mkdir(sftp, store->url.path, 0700, err))
		return 0;
	bool orphan = sftp_missing(sftp, err);
	sftp_failed(store, NULL, err);
	return orphan ? err_hint(err, "its parent directory does not exist either: check the path, "
				      "or make it on the server; a path relative to the home "
				      "begins with /~/")
		      : -1;
}

struct left {
	uint64_t now; /* on the server */
	char *names[SWEEP_MAX];
	size_t count;
};

static int find_left(void *arg, const char *name, const struct ssh_sftp_facts *facts,
		     struct err *err)
{
	struct left *left = arg;

	(void)err;
	if (facts->regular && left->count < SWEEP_MAX &&
	    store_part_is_left(name, facts->at, left->now))
		left->names[left->count++] = mem_strdup(name);
	return 0;
}

/* What killed runs have left goes; what cannot be removed stays, and is no trouble. */
static void sweep(struct sftp_put *put, struct ssh_sftp *sftp)
{
	const struct sftp_store *store = put->store;
	struct left left = { .count = 0 };
	struct ssh_sftp_facts ours;
	struct err ignored = ERR_INIT;

	put->store->swept = true;
	/* our part is new: its time is the server's */
	if (ssh_sftp_stat(sftp, put->part, &ours, &ignored))
		return;
	left.now = ours.at;
	int failed = ssh_sftp_list(sftp, store->url.path, find_left, &left, &ignored);
	for (size_t i = 0; i < left.count; i++) {
		scoped(mem) char *path = sftp_path_in(store, left.names[i]);
		failed = failed || ssh_sftp_unlink(sftp, path, &ignored);
		log_at(1, "%s: %s, left by a run that was killed, %s", store->shown, left.names[i],
		       failed ? "cannot be removed" : "was removed");
		free(left.names[i]);
	}
}

static int begin(struct sftp_put *put, struct err *err)
{
	struct sftp_store *store = put->store;
	struct ssh_sftp *sftp = sftp_session(store, err);

	if (!sftp || make_folder(store, sftp, err))
		return -1;
	put->link = store->link;
	put->link->users++;
	if (!put->replaces && must_be_new(put, err))
		return -1;
	put->file = ssh_sftp_create(sftp, put->part, 0600, err);
	put->made = put->file || err->code != ERR_REMOTE;
	if (!put->file)
		return sftp_failed(store, put->name, err);
	if (!store->swept)
		sweep(put, sftp);
	*err = ERR_INIT;
	return 0;
}

/*
 * Removes what a put has left.  When our part is gone although the rename was not answered, it was done: the name was
 * free before, and is ours.
 */
static void clean_up(struct sftp_put *put, struct ssh_sftp *sftp)
{
	struct err err = ERR_INIT;

	/* refused when ours has the name after all, or nothing was put aside */
	if (put->aside && ssh_sftp_rename(sftp, put->aside, put->path, &err) &&
	    err.code != ERR_REMOTE)
		return;
	if (ssh_sftp_unlink(sftp, put->part, &err) && put->naming && sftp_missing(sftp, &err))
		ssh_sftp_unlink(sftp, put->path, &err);
	if (err.code != ERR_NONE)
		log_at(2, "%s: after a failed put: %s", put->store->shown, err.text);
}

void sftp_put_free(void *arg)
{
	struct sftp_put *put = arg;
	struct err ignored = ERR_INIT;

	ssh_sftp_file_close(put->file);
	if (put->made && !put->done) {
		if (!ssh_broken(put->link->ssh))
			clean_up(put, put->link->sftp);
		if (ssh_broken(put->link->ssh)) { /* not to be cancelled: it takes little time */
			struct sftp_link *link = sftp_connect(put->store, -1, CLEANUP_MS, &ignored);
			if (link)
				clean_up(put, link->sftp);
			sftp_link_release(link);
		}
	}
	sftp_link_release(put->link);
	free(put->name);
	free(put->path);
	free(put->part);
	free(put->aside);
	free(put->room);
	free(put);
}

void *sftp_put_begin(void *impl, const char *name, bool replaces, struct err *err)
{
	struct sftp_put *put = mem_zalloc(sizeof(*put));
	scoped(mem) char *part = store_part_name(name);

	put->store = impl;
	put->name = mem_strdup(name);
	put->path = sftp_path_in(put->store, name);
	put->part = sftp_path_in(put->store, part);
	put->room = mem_alloc(ROOM);
	put->replaces = replaces;
	if (!begin(put, err))
		return put;
	sftp_put_free(put);
	return NULL;
}

/* OpenSSH says no more than "failure" when the disk is full: ask how full it is. */
static int write_failed(struct sftp_put *put, struct err *err)
{
	struct ssh_sftp *sftp = put->link->sftp;
	struct err ignored = ERR_INIT;
	uint64_t room = UINT64_MAX;

	if (err->code != ERR_REMOTE)
		return sftp_failed(put->store, put->name, err);
	bool full = ssh_sftp_answer(sftp) == SSH_SFTP_FULL;
	if (!full && ssh_sftp_answer(sftp) == SSH_SFTP_REFUSED &&
	    !ssh_sftp_room(sftp, put->store->url.path, &room, &ignored))
		full = room < FULL_BELOW;
	if (full)
		err_set(err, ERR_STORE,
			"cannot write: no space left there, or the quota is used up");
	sftp_failed(put->store, put->name, err);
	return err_hint(err, "%s: make room in %s on %s, or choose another store",
			full ? "the disk is full" : "is the disk full, or a quota used up?",
			put->store->url.path, put->store->url.host);
}

/* Until at most `left` bytes are not acknowledged. */
static int send_until(struct sftp_put *put, size_t left, struct err *err)
{
	if (ssh_broken(put->link->ssh)) /* by another call on the same store */
		return err_set(err, ERR_SSH, "%s/%s: the session has broken", put->store->shown,
			       put->name);
	while (put->tail - put->head > left) {
		size_t taken;
		if (ssh_sftp_write(put->file, put->room + put->head, put->tail - put->head, &taken,
				   err))
			return write_failed(put, err);
		put->head += taken;
		put->sent += taken;
	}
	return 0;
}

int sftp_put_write(void *arg, const void *data, size_t len, struct err *err)
{
	struct sftp_put *put = arg;

	put->link->used = now_ms();
	for (size_t at = 0; at < len;) {
		size_t n = len - at < ROOM - put->tail ? len - at : ROOM - put->tail;
		if (n ==
		    0) { /* half of it stays on its way: libssh2 keeps the line busy with that */
			if (send_until(put, ROOM / 2, err))
				return -1;
			memmove(put->room, put->room + put->head, put->tail - put->head);
			put->tail -= put->head;
			put->head = 0;
			continue;
		}
		memcpy(put->room + put->tail, (const char *)data + at, n);
		put->tail += n;
		at += n;
	}
	return 0;
}

static int check_size(struct sftp_put *put, struct err *err)
{
	struct ssh_sftp_facts facts;

	if (ssh_sftp_stat(put->link->sftp, put->part, &facts, err))
		return sftp_failed(put->store, put->name, err);
	if (facts.size == put->sent)
		return 0;
	return err_set(err, ERR_STORE, "%s/%s: the server has %llu bytes, and %llu were sent",
		       put->store->shown, put->name, (unsigned long long)facts.size,
		       (unsigned long long)put->sent);
}

static int give_name(struct sftp_put *put, struct err *err)
{
	struct ssh_sftp *sftp = put->link->sftp;
	struct ssh_sftp_facts facts;
	struct err other = ERR_INIT;

	/* a server may rename over what is there, against the protocol: look first */
	if (must_be_new(put, err))
		return -1;
	put->naming = true;
	if (!ssh_sftp_rename(sftp, put->part, put->path, err))
		return 0;
	if (err->code != ERR_REMOTE)
		return sftp_failed(put->store, put->name, err);
	put->naming = false; /* it was refused, and for certain not done */
	if (!ssh_sftp_stat(sftp, put->path, &facts, &other))
		return exists_already(put->store, put->name, err);
	return sftp_failed(put->store, put->name, err);
}

/* What cannot be replaced at once: put aside, and back by clean_up() when ours does not get the name. */
static int replace_in_steps(struct sftp_put *put, struct err *err)
{
	struct ssh_sftp *sftp = put->link->sftp;
	scoped(mem) char *name = store_part_name(put->name);
	struct ssh_sftp_facts facts;
	struct err ignored = ERR_INIT;

	if (ssh_sftp_stat(sftp, put->path, &facts, err))
		return -1;
	if (!facts.regular)
		return err_set(err, ERR_STORE, "what is there is no regular file");
	put->aside = sftp_path_in(put->store, name);
	if (ssh_sftp_rename(sftp, put->path, put->aside, err) ||
	    ssh_sftp_rename(sftp, put->part, put->path, err))
		return -1;
	if (ssh_sftp_unlink(sftp, put->aside, &ignored))
		log_at(1, "%s: %s stays: %s", put->store->shown, name, ignored.text);
	return 0;
}

/* The plain rename first: where nothing has the name every server can do it. */
static int take_name(struct sftp_put *put, struct err *err)
{
	struct ssh_sftp *sftp = put->link->sftp;

	if (!ssh_sftp_rename(sftp, put->part, put->path, err) ||
	    (err->code == ERR_REMOTE && !ssh_sftp_replace(sftp, put->part, put->path, err)) ||
	    (err->code == ERR_REMOTE && !replace_in_steps(put, err)))
		return 0;
	return sftp_failed(put->store, put->name, err);
}

int sftp_put_end(void *arg, struct err *err)
{
	struct sftp_put *put = arg;
	bool durable;

	put->link->used = now_ms();
	if (send_until(put, 0, err))
		return -1;
	if (ssh_sftp_sync(put->file, &durable, err))
		return write_failed(put, err);
	if (!durable)
		log_at(2, "%s: the server cannot make files durable (no fsync@openssh.com)",
		       put->store->shown);
	ssh_sftp_file_close(put->file);
	put->file = NULL;
	if (check_size(put, err) || (put->replaces ? take_name(put, err) : give_name(put, err)))
		return -1;
	put->done = true;
	*err = ERR_INIT;
	return 0;
}
