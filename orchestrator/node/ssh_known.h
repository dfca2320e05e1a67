/*
 * ssh_known: known_hosts and a host's key to yes, no, changed or revoked; and which key types to ask
 * a host for, so that a host whose known key is of one type does not answer with another.  Pure.
 * Format: sshd(8), SSH_KNOWN_HOSTS FILE FORMAT.
 */
#ifndef NODE_SSH_KNOWN_H
#define NODE_SSH_KNOWN_H

#include <stddef.h>

enum ssh_known {
	SSH_KNOWN_YES,
	SSH_KNOWN_NO,      /* no line names the host with a key of its own */
	SSH_KNOWN_CHANGED, /* lines of the host have other keys */
	SSH_KNOWN_REVOKED, /* an @revoked line has this very key */
};

/*
 * Looks a key up.  host is what the user calls it; port 22 is looked up as "host", others as
 * "[host]:port".  key_type as in the file ("ssh-ed25519"), blob in binary.  *line gets the line (from 1)
 * that decided, 0 for NO.
 */
enum ssh_known ssh_known_check(const char *text, size_t len, const char *host, unsigned port,
			       const char *key_type, const void *blob, size_t blob_len,
			       size_t *line);

/*
 * Writes the key types of the host's lines, comma separated, each once, in the file's order; "" when
 * there are none.  At most size bytes with the end; types that do not fit are left out.
 */
void ssh_known_types(const char *text, size_t len, const char *host, unsigned port, char *out,
		     size_t size);

#endif
