/*
 * store_sftp_url: sftp://[user@]host[:port]/absolute/directory; /~/directory is relative to the user's home.
 */
#ifndef STORE_STORE_SFTP_URL_H
#define STORE_STORE_SFTP_URL_H

#include "base/err.h"

struct sftp_url {
	char *user;    /* NULL: not given */
	char *host;    /* without the brackets of an IPv6 address */
	unsigned port; /* 0: not given */
	char *path;    /* without a '/' at the end, unless it is "/"; "." is the home */
};

/* -1: USAGE; also for a password, which has no place in a URL.  sftp_url_release frees what is in it. */
int sftp_url_parse(const char *url, struct sftp_url *out, struct err *err);
void sftp_url_release(struct sftp_url *url);

#endif
