/*
 * store_sftp_url: see store_sftp_url.h.
 */
#include "store/store_sftp_url.h"

#include "base/mem.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

static int bad(const char *url, const char *why, struct err *err)
{
	/* not the part before the '@': it may be a password */
	const char *at = strchr(url, '@');

	err_set(err, ERR_USAGE, "%s%.300s is no store: %s", at ? "sftp://..." : "", at ? at : url,
		why);
	return err_hint(err, "write sftp://USER@HOST[:PORT]/ABSOLUTE/DIRECTORY, or /~/DIRECTORY "
			     "for one in the home");
}

/* "host", "host:22", "[::1]:22" */
static int parse_host(const char *url, const char *text, size_t len, struct sftp_url *out,
		      struct err *err)
{
	scoped(mem) char *copy = mem_printf("%.*s", (int)len, text);
	char *host = copy, *after = copy + strcspn(copy, ":");
	uint64_t port;

	if (*copy == '[') {
		host = copy + 1;
		after = strchr(copy, ']');
		if (!after)
			return bad(url, "a '[' without its ']'", err);
		*after++ = '\0';
	}
	if (*after == ':') {
		*after++ = '\0';
		if (parse_uint(after, 65535, &port) || port == 0)
			return bad(url, "its port is no number from 1 to 65535", err);
		out->port = (unsigned)port;
	} else if (*after) {
		return bad(url, "something stands between the ']' and the path", err);
	}
	if (!*host || host[strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					"0123456789.-_:%")])
		return bad(url, "it has no host name, or one with other characters", err);
	out->host = mem_strdup(host);
	return 0;
}

static int parse_user(const char *url, const char *text, size_t len, struct sftp_url *out,
		      struct err *err)
{
	if (len == 0)
		return bad(url, "an empty user name", err);
	if (memchr(text, ':', len)) {
		bad(url, "it has a password in it", err);
		return err_hint(err, "only keys are used, from a file or the agent: leave it out");
	}
	out->user = store_url_decode(text, len, err);
	return out->user ? 0 : -1;
}

static int parse_path(const char *text, struct sftp_url *out, struct err *err)
{
	scoped(mem) char *path = store_url_decode(text, strlen(text), err);

	if (!path)
		return -1;
	for (size_t len = strlen(path); len > 1 && path[len - 1] == '/'; len--)
		path[len - 1] = '\0';
	const char *from = path;
	if (strcmp(path, "/~") == 0)
		from = ".";
	else if (strncmp(path, "/~/", 3) == 0)
		from = path + 2 + strspn(path + 2, "/");
	out->path = mem_strdup(from);
	return 0;
}

static int parse(const char *url, struct sftp_url *out, struct err *err)
{
	const char *host = url + strlen("sftp://");
	size_t len = strcspn(host, "/");
	const char *path = host + len, *at = memrchr(host, '@', len);

	if (strpbrk(url, "?#"))
		return bad(url, "'?' and '#' have no place in it (%3F and %23 in a path)", err);
	if (!*path)
		return bad(url, "it has no directory", err);
	if (at && parse_user(url, host, (size_t)(at - host), out, err))
		return -1;
	if (at) {
		len -= (size_t)(at + 1 - host);
		host = at + 1;
	}
	return parse_host(url, host, len, out, err) || parse_path(path, out, err) ? -1 : 0;
}

int sftp_url_parse(const char *url, struct sftp_url *out, struct err *err)
{
	struct sftp_url found = { NULL, NULL, 0, NULL };

	if (parse(url, &found, err)) {
		sftp_url_release(&found);
		return -1;
	}
	*out = found;
	return 0;
}

void sftp_url_release(struct sftp_url *url)
{
	free(url->user);
	free(url->host);
	free(url->path);
	*url = (struct sftp_url){ NULL, NULL, 0, NULL };
}
