/*
 * ssh: see ssh.h.  The session is non-blocking; ssh_wait() is the one place that waits, so that every
 * call is a line.  Connecting and logging in is in ssh_login.c, the tunnel in ssh_tunnel.c.
 */
#include "node/ssh.h"

#include "base/mem.h"
#include "node/quote.h"
#include "node/ssh_session.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	LINE_MAX_BYTES = 512 * 1024,
	SLICE_MS = 250, /* libssh2 may have what is waited for already: it is asked again */
	WENT_WELL = 77, /* on the line: a command that ended with 0; see make_line */
};

void ssh_init(void)
{
	libssh2_init(0);
}

void ssh_begin(struct ssh *ssh, uint64_t deadline, struct err *err)
{
	ssh->deadline = deadline;
	err->code = ERR_NONE;
}

bool ssh_wait(struct ssh *ssh, long rc, struct err *err)
{
	if (rc != LIBSSH2_ERROR_EAGAIN)
		return false;
	int dir = libssh2_session_block_directions(ssh->session);
	short events = 0;
	if (dir & LIBSSH2_SESSION_BLOCK_INBOUND || !dir)
		events |= POLLIN;
	if (dir & LIBSSH2_SESSION_BLOCK_OUTBOUND)
		events |= POLLOUT;
	struct pollfd fds[] = { { ssh->fd, events, 0 }, { ssh->cancel_fd, POLLIN, 0 } };
	int left = ms_until(ssh->deadline);
	int n = poll(fds, 2, left < SLICE_MS ? left : SLICE_MS);
	if (n < 0 && errno != EINTR)
		return err_errno(err, ERR_SSH, "poll"), false;
	if (fds[1].revents)
		return err_set(err, ERR_CANCELLED, "interrupted"), false;
	/* also when bytes keep coming: what comes may never be the answer */
	if (!ms_until(ssh->deadline))
		return err_set(err, ERR_TIMEOUT, "no answer in time"), false;
	return true;
}

int ssh_look_up(const struct ssh *ssh, struct err *err)
{
	struct pollfd cancel = { ssh->cancel_fd, POLLIN, 0 };

	if (poll(&cancel, 1, 0) > 0)
		return err_set(err, ERR_CANCELLED, "interrupted");
	return ms_until(ssh->deadline) ? 0 : err_set(err, ERR_TIMEOUT, "no end in time");
}

int ssh_fail(struct ssh *ssh, struct err *err, const char *what)
{
	char *message = NULL;

	ssh->broken = true;
	if (err->code != ERR_NONE)
		return err_in(err, "%s", what);
	int rc = libssh2_session_last_error(ssh->session, &message, NULL, 0);
	return err_set(err, ERR_SSH, "%s: %s (libssh2 %d)", what,
		       message && *message ? message : "the connection was closed", rc);
}

const char *ssh_host_key(const struct ssh *ssh)
{
	return buf_str(&ssh->host_key);
}

bool ssh_broken(const struct ssh *ssh)
{
	return ssh->broken;
}

/* The next piece of a command's input. */
struct feed {
	const struct ssh_input *input;
	char chunk[SSH_CHUNK];
	size_t have, at; /* in chunk */
	uint64_t taken;  /* of the input, from its start */
	bool closed;     /* end of file sent, or nobody reads any more */
};

static int feed_fill(struct feed *feed, struct err *err)
{
	const struct ssh_input *input = feed->input;
	uint64_t left = input->len - feed->taken;
	size_t want = left < sizeof(feed->chunk) ? (size_t)left : sizeof(feed->chunk);

	if (input->fd < 0) {
		if (input->data)
			memcpy(feed->chunk, (const char *)input->data + feed->taken, want);
	} else {
		ssize_t n = read(input->fd, feed->chunk, want);
		if (n < 0)
			return err_errno(err, ERR_FILE, "cannot read what is to be sent");
		if (n == 0)
			return err_set(err, ERR_FILE, "what is to be sent ended early");
		want = (size_t)n;
	}
	feed->have = want;
	feed->at = 0;
	feed->taken += want;
	return 0;
}

static bool feed_empty(const struct feed *feed)
{
	return feed->at == feed->have && feed->taken == feed->input->len;
}

/* Moves what can be moved without waiting.  1: something moved, 0: nothing, -1: err. */
static int feed_step(struct ssh *ssh, LIBSSH2_CHANNEL *channel, struct feed *feed, struct err *err)
{
	if (feed->at == feed->have && !feed_empty(feed) && feed_fill(feed, err))
		return -1;
	if (feed_empty(feed)) {
		long rc;
		SSH(ssh, err, rc, libssh2_channel_send_eof(channel));
		if (err->code)
			return -1;
		feed->closed = true;
		return 1;
	}
	ssize_t n =
		libssh2_channel_write_ex(channel, 0, feed->chunk + feed->at, feed->have - feed->at);
	if (n == LIBSSH2_ERROR_EAGAIN || n == 0)
		return 0;
	if (n < 0) { /* the command has gone; its exit status and words tell why */
		feed->closed = true;
		return 1;
	}
	feed->at += (size_t)n;
	return 1;
}

/* Reads one of the command's two outputs.  1: got some, 0: nothing now, -1: err. */
static int drain_step(struct ssh *ssh, LIBSSH2_CHANNEL *channel, int stream, struct buf *out,
		      struct err *err)
{
	char chunk[16 * 1024];
	ssize_t n = libssh2_channel_read_ex(channel, stream, chunk, sizeof(chunk));
	int full = 0;

	if (n == LIBSSH2_ERROR_EAGAIN || n == 0)
		return 0;
	if (n < 0)
		return ssh_fail(ssh, err, "reading the command's output");
	if (stream == 0 && out) {
		full = buf_add(out, chunk, (size_t)n);
	} else if (out) { /* the beginning is what says why */
		size_t room = out->max - out->len;
		buf_add(out, chunk, (size_t)n < room ? (size_t)n : room);
	}
	mem_wipe(chunk, (size_t)n); /* it may be a key */
	if (!full)
		return 1;
	ssh->broken = true;
	return err_set(err, ERR_REMOTE, "the command printed more than %zu bytes", out->max);
}

static int pump(struct ssh *ssh, LIBSSH2_CHANNEL *channel, struct feed *feed, struct buf *out,
		struct buf *errs, struct err *err)
{
	for (;;) {
		int moved = 0;
		/*
		 * While a write has a packet half sent libssh2 must be called with that write
		 * again and nothing else, or it refuses with BAD_USE.
		 */
		bool half_sent = false;
		if (!feed->closed) {
			int n = feed_step(ssh, channel, feed, err);
			if (n < 0)
				return -1;
			moved |= n;
			half_sent = n == 0 && libssh2_session_block_directions(ssh->session) &
						      LIBSSH2_SESSION_BLOCK_OUTBOUND;
		}
		if (!half_sent) {
			int n = drain_step(ssh, channel, 0, out, err);
			int m = n < 0 ? n : drain_step(ssh, channel, 1, errs, err);
			if (n < 0 || m < 0)
				return -1;
			moved |= n | m;
			if (!moved && libssh2_channel_eof(channel))
				return 0;
			/* each read takes in what has come for the other, too, and nothing more may come */
			moved |= libssh2_poll_channel_read(channel, 0) > 0 ||
				 libssh2_poll_channel_read(channel, 1) > 0;
		}
		if (moved ? ssh_look_up(ssh, err) != 0
			  : !ssh_wait(ssh, LIBSSH2_ERROR_EAGAIN, err) && err->code)
			return ssh_fail(ssh, err, "running a command");
	}
}

/*
 * libssh2 says 0, too, when the channel was closed and no exit status was told.  So 0 never means that the command went
 * well: the line ends with another number then.  `sh -c`: whatever the user's shell is.
 */
static int make_line(const char *command, struct buf *out, struct err *err)
{
	scoped(buf) struct buf script = BUF_INIT(LINE_MAX_BYTES);

	if (buf_addf(&script, "%s; s=$?; case $s in 0) s=%d;; %d) s=%d;; esac; exit $s", command,
		     WENT_WELL, WENT_WELL, WENT_WELL - 1) ||
	    buf_adds(out, "sh -c ") || quote_word(buf_str(&script), out))
		return err_set(err, ERR_BUG, "a command that is too long");
	return 0;
}

static int exit_status(struct ssh *ssh, LIBSSH2_CHANNEL *channel, int *status, struct err *err)
{
	char *signal_name = NULL;
	int told = libssh2_channel_get_exit_status(channel);

	libssh2_channel_get_exit_signal(channel, &signal_name, NULL, NULL, NULL, NULL, NULL);
	if (signal_name) {
		libssh2_free(ssh->session, signal_name);
		told = 128 + 15;
	}
	if (told == 0) {
		ssh->broken = true;
		err_set(err, ERR_SSH, "the command's end was not told");
		return err_hint(err,
				"sshd closed the channel early, or ran something else: look for "
				"ForceCommand in its sshd_config and command= in "
				"authorized_keys");
	}
	*status = told == WENT_WELL ? 0 : told;
	return 0;
}

static int run_on(struct ssh *ssh, LIBSSH2_CHANNEL *channel, const char *command,
		  const struct ssh_input *input, struct buf *out, struct buf *errs, int *status,
		  struct err *err)
{
	static const struct ssh_input nothing = { .fd = -1 };
	long rc;

	SSH(ssh, err, rc,
	    libssh2_channel_process_startup(channel, "exec", 4, command,
					    (unsigned)strlen(command)));
	if (err->code || rc)
		return ssh_fail(ssh, err, "starting a command");

	struct feed *feed = mem_zalloc(sizeof(*feed));
	feed->input = input ? input : &nothing;
	int failed = pump(ssh, channel, feed, out, errs, err);
	mem_wipe(feed, sizeof(*feed));
	free(feed);
	if (failed) {
		ssh->broken = true;
		return -1;
	}
	SSH(ssh, err, rc, libssh2_channel_close(channel));
	if (err->code || rc)
		return ssh_fail(ssh, err, "ending a command");
	SSH(ssh, err, rc, libssh2_channel_wait_closed(channel));
	if (err->code || rc)
		return ssh_fail(ssh, err, "ending a command");
	return exit_status(ssh, channel, status, err);
}

int ssh_run(struct ssh *ssh, const char *command, const struct ssh_input *input, uint64_t deadline,
	    struct buf *out, struct buf *errs, int *status, struct err *err)
{
	scoped(buf) struct buf line = BUF_INIT(LINE_MAX_BYTES);
	LIBSSH2_CHANNEL *channel;
	long rc;

	ssh_begin(ssh, deadline, err);
	if (make_line(command, &line, err))
		return -1;
	SSH(ssh, err, rc,
	    (channel = libssh2_channel_open_ex(ssh->session, "session", 7, SSH_WINDOW, SSH_PACKET,
					       NULL, 0))
		    ? 0
		    : libssh2_session_last_errno(ssh->session));
	if (!channel)
		return ssh_fail(ssh, err, "opening a channel");
	int failed = run_on(ssh, channel, buf_str(&line), input, out, errs, status, err);
	while (libssh2_channel_free(channel) == LIBSSH2_ERROR_EAGAIN)
		if (ssh->broken) /* closing the session frees it */
			break;
	return failed;
}

void ssh_close(struct ssh *ssh)
{
	if (!ssh)
		return;
	ssh_tunnel_close(ssh);
	if (ssh->session) {
		struct err ignored = ERR_INIT;
		long rc;
		if (!ssh->broken) {
			ssh->deadline = deadline_in(1000);
			SSH(ssh, &ignored, rc,
			    libssh2_session_disconnect_ex(
				    ssh->session, SSH_DISCONNECT_BY_APPLICATION, "done", ""));
		}
		/* the socket is shut first: freeing then never waits for the other side.  It is closed
		 * last: freeing still reads from it, and its number may be another thread's by then. */
		libssh2_session_set_blocking(ssh->session, 1);
		libssh2_session_set_timeout(ssh->session, 500);
		if (ssh->fd >= 0)
			shutdown(ssh->fd, SHUT_RDWR);
		libssh2_session_free(ssh->session);
	}
	if (ssh->fd >= 0)
		close(ssh->fd);
	buf_release(&ssh->host_key);
	free(ssh);
}
