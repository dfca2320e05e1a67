/*
 * ssh: one SSH session (libssh2): open, run, tunnel, close.  Every call waits in ssh_wait(), with a
 * deadline and the cancel pipe.  After an error a session is not used again but closed: libssh2 may be
 * half-way through a packet.
 */
#ifndef NODE_SSH_H
#define NODE_SSH_H

#include "base/buf.h"
#include "base/err.h"
#include "base/http.h"

#include <stdint.h>

struct ssh;

struct ssh_target {
	const char *host; /* dialled, and looked up in known_hosts */
	unsigned port;
	const char *user;
	const char *key;         /* private key file; NULL: the agent, then ~/.ssh/id_* */
	const char *known_hosts; /* file; NULL: the user's and the system's */
	int cancel_fd;           /* -1: none */
};

/* Once, before any thread. */
void ssh_init(void);

/*
 * Connects, checks the host's key against known_hosts (strictly: an unknown key is refused and its
 * fingerprint given) and logs in by public key.  NULL: SSH, HOSTKEY, TIMEOUT, CANCELLED.
 */
struct ssh *ssh_open(const struct ssh_target *target, uint64_t deadline, struct err *err);

/* Bytes for a command's standard input: from fd when not negative, else from data. */
struct ssh_input {
	int fd;
	const void *data;
	uint64_t len; /* exactly so many */
};

/*
 * Runs a command line by the user's shell on the host.  out (NULL: thrown away) and errs are
 * appended to, at most their maximum; more of out is an error, more of errs is thrown away.  0 with
 * *status: its exit code, or 128 + 15 when a signal ended it.  A channel that closes without telling the
 * command's end is an error (SSH).
 */
int ssh_run(struct ssh *ssh, const char *command, const struct ssh_input *input, uint64_t deadline,
	    struct buf *out, struct buf *errs, int *status, struct err *err);

/* A connection from the host to host:port; one at a time.  See node_tunnel. */
int ssh_tunnel(struct ssh *ssh, const char *host, unsigned port, uint64_t deadline,
	       struct http_carrier *carrier, struct err *err);
void ssh_tunnel_close(struct ssh *ssh);

/* The host's key as it was proved, as in known_hosts: "ssh-ed25519 AAAA..."; valid as long as the session. */
const char *ssh_host_key(const struct ssh *ssh);

/* Whether an error has made the session unusable. */
bool ssh_broken(const struct ssh *ssh);

void ssh_close(struct ssh *ssh); /* NULL is allowed; never waits long */

#endif
