/*
 * ssh_rename: a rename over what is there, posix-rename@openssh.com.  libssh2 1.10 has no call for it, and lets nobody
 * else ask on the channel that it reads from: the few packets that it takes (SFTP version 3) go over a channel of their
 * own.
 */
#include "base/buf.h"
#include "base/mem.h"
#include "node/ssh_session.h"

#include <string.h>

enum { HELLO = 1, VERSION = 2, STATUS = 101, EXTENDED = 200 };
enum {
	PROTOCOL = 3,
	REQUEST = 1,
	HEAD = 5,
	NUMBER = 4,
	SENT_MAX = 32 * 1024,
	ANSWER_MAX = 16 * 1024
};

static int add_number(struct buf *out, size_t number)
{
	unsigned char bytes[NUMBER] = { (unsigned char)(number >> 24),
					(unsigned char)(number >> 16), (unsigned char)(number >> 8),
					(unsigned char)number };

	return buf_add(out, bytes, sizeof(bytes));
}

static int add_string(struct buf *out, const char *text)
{
	return add_number(out, strlen(text)) || buf_adds(out, text) ? -1 : 0;
}

static unsigned long number_at(const struct buf *in, size_t at)
{
	const unsigned char *bytes = (const unsigned char *)in->data + at;

	return (unsigned long)bytes[0] << 24 | (unsigned long)bytes[1] << 16 |
	       (unsigned long)bytes[2] << 8 | bytes[3];
}

/* libssh2 says 0 also when there is nothing to be done now. */
static long unless_idle(LIBSSH2_CHANNEL *channel, long rc)
{
	return rc == 0 && !libssh2_channel_eof(channel) ? LIBSSH2_ERROR_EAGAIN : rc;
}

static int failed(struct ssh *ssh, long rc, struct err *err)
{
	if (rc == 0 && !err->code)
		err_set(err, ERR_SSH, "the SFTP server has ended");
	return ssh_fail(ssh, err, "replacing a file");
}

static int send_packet(struct ssh *ssh, LIBSSH2_CHANNEL *channel, unsigned char type,
		       const struct buf *body, struct err *err)
{
	scoped(buf) struct buf packet = BUF_INIT(HEAD + SENT_MAX);
	long rc;

	if (add_number(&packet, 1 + body->len) || buf_add(&packet, &type, 1) ||
	    buf_add(&packet, body->data, body->len))
		return err_set(err, ERR_BUG, "a packet that is too long");
	for (size_t at = 0; at < packet.len; at += (size_t)rc) {
		SSH(ssh, err, rc,
		    unless_idle(channel,
				libssh2_channel_write(channel, packet.data + at, packet.len - at)));
		if (err->code || rc <= 0)
			return failed(ssh, rc, err);
	}
	return 0;
}

/* Adds exactly so many bytes. */
static int receive(struct ssh *ssh, LIBSSH2_CHANNEL *channel, size_t len, struct buf *out,
		   struct err *err)
{
	char chunk[1024];

	while (len) {
		size_t want = len < sizeof(chunk) ? len : sizeof(chunk);
		long rc;
		SSH(ssh, err, rc, unless_idle(channel, libssh2_channel_read(channel, chunk, want)));
		if (err->code || rc <= 0 || buf_add(out, chunk, (size_t)rc))
			return failed(ssh, rc, err);
		len -= (size_t)rc;
	}
	return 0;
}

/* What follows the type, at least `least` bytes. */
static int receive_packet(struct ssh *ssh, LIBSSH2_CHANNEL *channel, unsigned char type,
			  size_t least, struct buf *body, struct err *err)
{
	scoped(buf) struct buf head = BUF_INIT(HEAD);

	if (receive(ssh, channel, HEAD, &head, err))
		return -1;
	unsigned long len = number_at(&head, 0);
	if ((unsigned char)head.data[NUMBER] != type || len < 1 + least || len > ANSWER_MAX) {
		err_set(err, ERR_SSH, "an answer that is none of SFTP");
		return ssh_fail(ssh, err, "replacing a file");
	}
	return receive(ssh, channel, len - 1, body, err);
}

static int ask(struct ssh *ssh, LIBSSH2_CHANNEL *channel, const char *from, const char *to,
	       unsigned long *status, struct err *err)
{
	scoped(buf) struct buf hello = BUF_INIT(NUMBER), version = BUF_INIT(ANSWER_MAX);
	scoped(buf) struct buf request = BUF_INIT(SENT_MAX), answer = BUF_INIT(ANSWER_MAX);
	long rc;

	if (add_number(&hello, PROTOCOL) || add_number(&request, REQUEST) ||
	    add_string(&request, "posix-rename@openssh.com") || add_string(&request, from) ||
	    add_string(&request, to))
		return err_set(err, ERR_BUG, "paths that are too long");
	SSH(ssh, err, rc, libssh2_channel_process_startup(channel, "subsystem", 9, "sftp", 4));
	if (!err->code &&
	    (rc == LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED || rc == LIBSSH2_ERROR_CHANNEL_FAILURE)) {
		*status = LIBSSH2_FX_OP_UNSUPPORTED; /* one SFTP server a session */
		return 0;
	}
	if (err->code || rc)
		return ssh_fail(ssh, err, "starting SFTP");
	/* whether it was announced is not looked at: who does not know it says so */
	if (send_packet(ssh, channel, HELLO, &hello, err) ||
	    receive_packet(ssh, channel, VERSION, NUMBER, &version, err) ||
	    send_packet(ssh, channel, EXTENDED, &request, err) ||
	    receive_packet(ssh, channel, STATUS, 2 * NUMBER, &answer, err))
		return -1;
	*status = number_at(&answer, NUMBER);
	return 0;
}

int ssh_posix_rename(struct ssh *ssh, const char *from, const char *to, unsigned long *status,
		     struct err *err)
{
	LIBSSH2_CHANNEL *channel;
	long rc;

	SSH(ssh, err, rc,
	    (channel = libssh2_channel_open_session(ssh->session))
		    ? 0
		    : libssh2_session_last_errno(ssh->session));
	if (!channel && !err->code && rc == LIBSSH2_ERROR_CHANNEL_FAILURE) {
		*status = LIBSSH2_FX_OP_UNSUPPORTED; /* the server gives one channel a session */
		return 0;
	}
	if (!channel)
		return ssh_fail(ssh, err, "opening a channel");
	int wrong = ask(ssh, channel, from, to, status, err);
	if (!ssh->broken) { /* closing a broken session frees it */
		struct err ignored = ERR_INIT;
		SSH(ssh, &ignored, rc, libssh2_channel_free(channel));
		ssh->broken = rc == LIBSSH2_ERROR_EAGAIN;
	}
	return wrong;
}
