/*
 * ssh_session: what ssh.c, ssh_login.c, ssh_tunnel.c, ssh_sftp.c and ssh_rename.c share of a session.  For those only.
 */
#ifndef NODE_SSH_SESSION_H
#define NODE_SSH_SESSION_H

#include "base/err.h"
#include "node/ssh.h"

#include <libssh2.h>
#include <libssh2_sftp.h>
#include <stdbool.h>
#include <stdint.h>

enum { SSH_WINDOW = 2 * 1024 * 1024, SSH_PACKET = 32 * 1024, SSH_CHUNK = 64 * 1024 };

struct ssh_tunnel;

struct ssh {
	LIBSSH2_SESSION *session;
	int fd;
	int cancel_fd;
	uint64_t deadline;
	bool broken;
	struct ssh_tunnel *tunnel;
	struct buf host_key; /* "ssh-ed25519 AAAA..." */
};

/*
 * The one place that waits.  True: the socket is ready, call libssh2 again.  False: the call has
 * ended (rc is its answer), or err is set (deadline, cancel).
 */
bool ssh_wait(struct ssh *ssh, long rc, struct err *err);

/* While bytes move nobody waits: Ctrl-C and the deadline must count all the same.  -1: CANCELLED, TIMEOUT. */
int ssh_look_up(const struct ssh *ssh, struct err *err);

/* Repeats a libssh2 call until it has ended; err->code tells whether waiting failed. */
#define SSH(ssh, err, rc, call) \
	do {                    \
		(rc) = (call);  \
	} while (ssh_wait((ssh), (long)(rc), (err)))

/* Sets err from libssh2's last error unless waiting has set it; marks the session broken. */
int ssh_fail(struct ssh *ssh, struct err *err, const char *what);

/* Starts a call with a new deadline: err is cleared, so that err->code tells of this call. */
void ssh_begin(struct ssh *ssh, uint64_t deadline, struct err *err);

/*
 * posix-rename@openssh.com, within a call that was begun.  0 with *status: the server's answer, LIBSSH2_FX_OK or why not;
 * -1: SSH, TIMEOUT, CANCELLED, and the session is broken.
 */
int ssh_posix_rename(struct ssh *ssh, const char *from, const char *to, unsigned long *status,
		     struct err *err);

#endif
