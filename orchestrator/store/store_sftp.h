/*
 * store_sftp: what store_sftp.c and store_sftp_put.c share.  For those only.
 */
#ifndef STORE_STORE_SFTP_H
#define STORE_STORE_SFTP_H

#include "node/ssh.h"
#include "node/ssh_sftp.h"
#include "store/store.h"
#include "store/store_sftp_url.h"

#include <stdbool.h>
#include <stdint.h>

/* A session, shared by the store and what is open in it; the last one ends it. */
struct sftp_link {
	struct ssh *ssh;
	struct ssh_sftp *sftp;
	uint64_t used; /* monotonic ms */
	unsigned users;
};

struct sftp_store {
	struct sftp_url url;
	struct ssh_settings settings;
	char *user, *shown; /* shown: for messages */
	int cancel_fd;
	uint64_t stall_ms;
	struct sftp_link *link; /* NULL: none yet */
	bool swept;             /* looked for what killed runs have left */
};

/* A session of its own, for one user; NULL with the session's error. */
struct sftp_link *sftp_connect(const struct sftp_store *store, int cancel_fd, uint64_t ms,
			       struct err *err);
void sftp_link_release(struct sftp_link *link); /* NULL is allowed */

/* The store's session, a new one when need be; borrowed from store->link. */
struct ssh_sftp *sftp_session(struct sftp_store *store, struct err *err);

/* A name's path on the server; the caller frees. */
char *sftp_path_in(const struct sftp_store *store, const char *name);

/* Adds which store and which name (NULL: none); a server's refusal becomes STORE.  Returns -1. */
int sftp_failed(const struct sftp_store *store, const char *name, struct err *err);

/* Whether the last call failed because there is no such file. */
bool sftp_missing(struct ssh_sftp *sftp, const struct err *err);

/* Of the driver; see store.h. */
void *sftp_put_begin(void *impl, const char *name, bool replaces, struct err *err);
int sftp_put_write(void *arg, const void *data, size_t len, struct err *err);
int sftp_put_end(void *arg, struct err *err);
void sftp_put_free(void *arg);

#endif
