/*
 * ssh_tunnel: a direct-tcpip channel behind a local socket, so that libcurl can speak through it.  One thread
 * serves both: the HTTP loop calls step(), which moves bytes between the socket and the channel until neither can
 * go on.
 */
#include "base/mem.h"
#include "node/local_door.h"
#include "node/ssh.h"
#include "node/ssh_session.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Bytes that have left one side and not yet reached the other. */
struct pipe_buf {
	char data[SSH_CHUNK];
	size_t at, end;
};

/* What libssh2 must be called with again before anything else: a packet is half sent. */
enum owed { OWED_NOTHING, OWED_READ, OWED_WRITE };

struct ssh_tunnel {
	struct ssh *ssh;
	LIBSSH2_CHANNEL *channel;
	struct local_door door;
	int ours; /* what curl speaks on, when it has come; -1 before */
	struct pipe_buf down, up;
	enum owed owed;
	bool remote_ended, local_ended, told_remote, told_local;
};

static bool half_sent(const struct ssh_tunnel *t)
{
	return libssh2_session_block_directions(t->ssh->session) & LIBSSH2_SESSION_BLOCK_OUTBOUND;
}

/* channel -> down.  1: moved, 0: not now, -1: err. */
static int read_channel(struct ssh_tunnel *t, struct err *err)
{
	if (t->remote_ended || t->down.at != t->down.end || t->owed == OWED_WRITE)
		return 0;
	ssize_t n = libssh2_channel_read_ex(t->channel, 0, t->down.data, sizeof(t->down.data));
	t->owed = n == LIBSSH2_ERROR_EAGAIN && half_sent(t) ? OWED_READ : OWED_NOTHING;
	if (n == LIBSSH2_ERROR_EAGAIN)
		return 0;
	if (n < 0)
		return ssh_fail(t->ssh, err, "the tunnel");
	if (n == 0) {
		t->remote_ended = libssh2_channel_eof(t->channel);
		return t->remote_ended;
	}
	t->down.at = 0;
	t->down.end = (size_t)n;
	return 1;
}

/* down -> pair. */
static int write_pair(struct ssh_tunnel *t, struct err *err)
{
	if (t->down.at == t->down.end) {
		if (!t->remote_ended || t->told_local)
			return 0;
		shutdown(t->ours, SHUT_WR);
		t->told_local = true;
		return 1;
	}
	ssize_t n = send(t->ours, t->down.data + t->down.at, t->down.end - t->down.at,
			 MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n < 0) { /* nobody listens any more: the request has ended */
		t->down.at = t->down.end;
		t->remote_ended = t->told_local = true;
		return 1;
	}
	(void)err;
	t->down.at += (size_t)n;
	return 1;
}

/* pair -> up. */
static int read_pair(struct ssh_tunnel *t, struct err *err)
{
	if (t->local_ended || t->up.at != t->up.end)
		return 0;
	ssize_t n = recv(t->ours, t->up.data, sizeof(t->up.data), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	(void)err;
	if (n <= 0) {
		t->local_ended = true;
		return 1;
	}
	t->up.at = 0;
	t->up.end = (size_t)n;
	return 1;
}

/* up -> channel. */
static int write_channel(struct ssh_tunnel *t, struct err *err)
{
	if (t->owed == OWED_READ || t->up.at == t->up.end)
		return 0;
	ssize_t n = libssh2_channel_write_ex(t->channel, 0, t->up.data + t->up.at,
					     t->up.end - t->up.at);
	t->owed = n == LIBSSH2_ERROR_EAGAIN && half_sent(t) ? OWED_WRITE : OWED_NOTHING;
	if (n == LIBSSH2_ERROR_EAGAIN)
		return 0;
	if (n < 0) {
		if (libssh2_channel_eof(
			    t->channel)) { /* the other side has closed: let the reader see it */
			t->up.at = t->up.end;
			t->local_ended = true;
			return 1;
		}
		return ssh_fail(t->ssh, err, "the tunnel");
	}
	t->up.at += (size_t)n;
	return 1;
}

static int tunnel_step(void *arg, struct err *err)
{
	struct ssh_tunnel *t = arg;
	static int (*const moves[])(struct ssh_tunnel *, struct err *) = {
		write_channel,
		read_channel,
		write_pair,
		read_pair,
	};

	err->code = ERR_NONE;
	if (t->ours < 0 && local_door_step(&t->door, &t->ours, err))
		return -1;
	if (t->ours < 0)
		return 0;
	for (int round = 0; round < 256; round++) { /* the loop outside has its own work, too */
		int moved = 0;
		for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
			int n = moves[i](t, err);
			if (n < 0)
				return -1;
			moved |= n;
		}
		if (!moved)
			break;
	}
	return 0;
}

static int tunnel_fds(void *arg, struct pollfd fds[4])
{
	struct ssh_tunnel *t = arg;
	short ssh_events = 0, pair_events = 0;

	if (t->ours < 0) {
		fds[0] = (struct pollfd){ t->door.fd, POLLIN, 0 };
		return 1;
	}
	if (!t->remote_ended && t->down.at == t->down.end)
		ssh_events |= POLLIN;
	if (t->up.at != t->up.end)
		ssh_events |= POLLIN; /* a window adjustment may be what it waits for */
	if (t->owed != OWED_NOTHING)
		ssh_events |= POLLOUT;
	if (t->down.at != t->down.end)
		pair_events |= POLLOUT;
	if (!t->local_ended && t->up.at == t->up.end)
		pair_events |= POLLIN;
	fds[0] = (struct pollfd){ t->ssh->fd, ssh_events, 0 };
	fds[1] = (struct pollfd){ t->ours, pair_events, 0 };
	return pair_events ? 2 : 1;
}

static LIBSSH2_CHANNEL *open_channel(struct ssh *ssh, const char *host, unsigned port,
				     struct err *err)
{
	LIBSSH2_CHANNEL *channel;
	long rc;

	SSH(ssh, err, rc,
	    (channel = libssh2_channel_direct_tcpip_ex(ssh->session, host, (int)port, "127.0.0.1",
						       22))
		    ? 0
		    : libssh2_session_last_errno(ssh->session));
	if (channel)
		return channel;
	if (!err->code && rc == LIBSSH2_ERROR_CHANNEL_FAILURE) {
		/* the session itself is well: nobody listens there, or sshd forbids it */
		err_set(err, ERR_SSH, "no connection to %s port %u from the node", host, port);
		err_hint(err, "if something does listen there, sshd on the node may have "
			      "AllowTcpForwarding no");
		return NULL;
	}
	ssh_fail(ssh, err, "opening a tunnel");
	return NULL;
}

int ssh_tunnel(struct ssh *ssh, const char *host, unsigned port, uint64_t deadline,
	       struct http_carrier *carrier, struct err *err)
{
	struct local_door door;

	ssh_begin(ssh, deadline, err);
	if (ssh->tunnel)
		return err_set(err, ERR_BUG, "a tunnel is open already");
	LIBSSH2_CHANNEL *channel = open_channel(ssh, host, port, err);
	if (!channel)
		return -1;
	if (local_door_open(&door, err)) {
		ssh->broken = true;
		return -1;
	}
	struct ssh_tunnel *t = mem_zalloc(sizeof(*t));
	t->ssh = ssh;
	t->channel = channel;
	t->door = door;
	t->ours = -1;
	ssh->tunnel = t;
	*carrier = (struct http_carrier){ t->door.name, t, tunnel_step, tunnel_fds };
	return 0;
}

void ssh_tunnel_close(struct ssh *ssh)
{
	struct ssh_tunnel *t = ssh->tunnel;

	if (!t)
		return;
	ssh->tunnel = NULL;
	local_door_close(&t->door);
	if (t->ours >= 0)
		close(t->ours);
	if (!ssh->broken && t->owed == OWED_NOTHING) {
		struct err err = ERR_INIT;
		long rc;
		ssh_begin(ssh, deadline_in(5000), &err);
		SSH(ssh, &err, rc, libssh2_channel_free(t->channel));
		if (err.code || rc)
			ssh->broken = true;
	} else {
		ssh->broken = true; /* a packet is half sent: the session cannot go on */
	}
	mem_wipe(&t->down, sizeof(t->down));
	mem_wipe(&t->up, sizeof(t->up));
	free(t);
}
