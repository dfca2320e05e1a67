/*
 * ssh_login: connecting, proving the host by known_hosts, logging in by public key.  Strict as ssh with
 * StrictHostKeyChecking=yes and BatchMode=yes: nothing is asked, nothing is written.
 */
#include "base/base64.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "node/ssh.h"
#include "node/ssh_known.h"
#include "node/ssh_session.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KNOWN_HOSTS_MAX = 16 * 1024 * 1024, CONNECT_MS = 10 * 1000, HOST_KEY_MAX = 2000 };

/* A node that has lost its power says nothing: that is noticed after two minutes, whatever a step's own limit is. */
static void watch_peer(int fd)
{
	static const struct {
		int level, option, value;
	} options[] = { { SOL_SOCKET, SO_KEEPALIVE, 1 },
			{ IPPROTO_TCP, TCP_KEEPIDLE, 60 },
			{ IPPROTO_TCP, TCP_KEEPINTVL, 15 },
			{ IPPROTO_TCP, TCP_KEEPCNT, 4 },
			{ IPPROTO_TCP, TCP_USER_TIMEOUT, 120 * 1000 } };

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		setsockopt(fd, options[i].level, options[i].option, &options[i].value, sizeof(int));
}

/* Waits for a connect to end, on one address. */
static int connect_one(const struct addrinfo *ai, const struct ssh_target *target,
		       uint64_t deadline, struct err *err)
{
	int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int error = 0, one = 1;
	socklen_t len = sizeof(error);

	if (fd < 0)
		return err_errno(err, ERR_SSH, "socket");
	if (connect(fd, ai->ai_addr, ai->ai_addrlen) && errno != EINPROGRESS) {
		err_errno(err, ERR_SSH, "connect to %s port %u", target->host, target->port);
		close(fd);
		return -1;
	}
	struct pollfd fds[] = { { fd, POLLOUT, 0 }, { target->cancel_fd, POLLIN, 0 } };
	int n;
	do
		n = poll(fds, 2, ms_until(deadline));
	while (n < 0 && errno == EINTR);
	if (n > 0 && fds[1].revents) {
		err_set(err, ERR_CANCELLED, "interrupted");
	} else if (n <= 0) {
		err_set(err, ERR_TIMEOUT, "connect to %s port %u: no answer in time", target->host,
			target->port);
	} else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) || error) {
		errno = error;
		err_errno(err, ERR_SSH, "connect to %s port %u", target->host, target->port);
	} else {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		watch_peer(fd);
		return fd;
	}
	close(fd);
	return -1;
}

static int tcp_connect(const struct ssh_target *target, uint64_t deadline, struct err *err)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
	char port[16];
	int fd = -1;

	snprintf(port, sizeof(port), "%u", target->port);
	int rc = getaddrinfo(target->host, port, &hints, &list);
	if (rc)
		return err_set(err, ERR_SSH, "%s: %s", target->host, gai_strerror(rc));
	for (struct addrinfo *ai = list; ai && fd < 0 && err->code != ERR_CANCELLED;
	     ai = ai->ai_next) {
		*err = ERR_INIT;
		/* one that is silent leaves time for the next */
		fd = connect_one(ai, target, deadline_sooner(deadline, CONNECT_MS), err);
	}
	freeaddrinfo(list);
	return fd;
}

/* Adds a file that may be missing.  One that is too long would hide keys: an error. */
static int add_file(const char *path, struct buf *out, struct err *err)
{
	if (!file_read_path(path, 0, out) || errno == ENOENT || errno == ENOTDIR || errno == EACCES)
		return 0;
	return errno == EFBIG ? err_set(err, ERR_CONFIG, "%s: more than %zu bytes of known hosts",
					path, out->max)
			      : err_errno(err, ERR_CONFIG, "%s", path);
}

static char *home_path(const char *name)
{
	const char *home = getenv("HOME");
	struct passwd entry, *found = NULL;
	char room[4096];

	if (!home || !*home)
		if (!getpwuid_r(getuid(), &entry, room, sizeof(room), &found) && found)
			home = entry.pw_dir;
	return mem_printf("%s/.ssh/%s", home ? home : "", name);
}

static int known_text(const struct ssh_target *target, struct buf *out, struct err *err)
{
	if (target->known_hosts) {
		if (access(target->known_hosts, R_OK))
			return err_errno(err, ERR_CONFIG, "%s", target->known_hosts);
		return add_file(target->known_hosts, out, err);
	}
	scoped(mem) char *path = home_path("known_hosts");
	return add_file(path, out, err) || add_file("/etc/ssh/ssh_known_hosts", out, err) ? -1 : 0;
}

/*
 * Prefers the methods of a comma separated list, in its order.  Only names that libssh2 knows are given to it: its own
 * trimming of others (1.10) copies over itself.
 */
static void prefer(struct ssh *ssh, int method, const char *wanted)
{
	const char **known = NULL;
	char list[600] = "";
	size_t n = 0;
	int count = libssh2_session_supported_algs(ssh->session, method, &known);

	for (const char *at = wanted; *at;) {
		size_t len = strcspn(at, ",");
		for (int i = 0; i < count; i++)
			if (strlen(known[i]) == len && memcmp(known[i], at, len) == 0 &&
			    n + len + 2 < sizeof(list))
				n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s",
						      n ? "," : "", known[i]);
		at += len + (at[len] == ',');
	}
	if (count > 0)
		libssh2_free(ssh->session, (void *)(uintptr_t)known);
	if (n)
		libssh2_session_method_pref(ssh->session, method, list);
}

/* Only key types that known_hosts has: with another one a good host would look changed. */
static void prefer_host_keys(struct ssh *ssh, const char *types)
{
	char list[600] = "";
	size_t n = 0;

	for (const char *at = types; *at;) {
		size_t len = strcspn(at, ",");
		bool rsa = len == 7 && memcmp(at, "ssh-rsa", 7) == 0;
		n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s%.*s", n ? "," : "",
				      rsa ? "rsa-sha2-512,rsa-sha2-256," : "", (int)len, at);
		if (n >= sizeof(list))
			return;
		at += len + (at[len] == ',');
	}
	prefer(ssh, LIBSSH2_METHOD_HOSTKEY, list);
}

/* Ciphers that processors have instructions for come first. */
static void prefer_ciphers(struct ssh *ssh)
{
	static const char ciphers[] =
		"aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes128-ctr,aes192-ctr,"
		"aes256-ctr,chacha20-poly1305@openssh.com";

	prefer(ssh, LIBSSH2_METHOD_CRYPT_CS, ciphers);
	prefer(ssh, LIBSSH2_METHOD_CRYPT_SC, ciphers);
}

/* The type's name is the first string of the key itself (RFC 4253, 6.6). */
static bool key_type(const char *blob, size_t len, char out[64])
{
	if (len < 4)
		return false;
	size_t n = (size_t)(unsigned char)blob[0] << 24 | (size_t)(unsigned char)blob[1] << 16 |
		   (size_t)(unsigned char)blob[2] << 8 | (size_t)(unsigned char)blob[3];
	if (n == 0 || n > 63 || n > len - 4)
		return false;
	memcpy(out, blob + 4, n);
	out[n] = '\0';
	return true;
}

static void fingerprint(const char *blob, size_t len, char out[64])
{
	uint8_t sum[SHA256_SIZE];
	scoped(buf) struct buf text = BUF_INIT(64);

	digest_sha256(blob, len, sum);
	base64_encode(sum, sizeof(sum), false, &text);
	snprintf(out, 64, "SHA256:%s", buf_str(&text));
}

static int check_host_key(struct ssh *ssh, const struct ssh_target *target, const struct buf *known,
			  struct err *err)
{
	size_t len = 0, line = 0;
	int ignored;
	const char *blob = libssh2_session_hostkey(ssh->session, &len, &ignored);
	char type[64], print[64];
	const char *file = target->known_hosts ? target->known_hosts : "~/.ssh/known_hosts";
	char port[24] = "";
	scoped(mem) char *known_as = target->port != 22
					     ? mem_printf("[%s]:%u", target->host, target->port)
					     : mem_strdup(target->host);

	if (!blob || !key_type(blob, len, type))
		return err_set(err, ERR_HOSTKEY, "%s sent no host key", target->host);
	if (target->port != 22)
		snprintf(port, sizeof(port), " -p %u", target->port);
	fingerprint(blob, len, print);
	switch (ssh_known_check(buf_str(known), known->len, target->host, target->port, type, blob,
				len, &line)) {
	case SSH_KNOWN_YES:
		log_at(4, "%s: host key %s %s is on line %zu of known_hosts", target->host, type,
		       print, line);
		ssh->host_key = (struct buf)BUF_INIT(HOST_KEY_MAX);
		if (buf_addf(&ssh->host_key, "%s ", type) ||
		    base64_encode(blob, len, true, &ssh->host_key))
			buf_release(&ssh->host_key);
		return 0;
	case SSH_KNOWN_NO:
		err_set(err, ERR_HOSTKEY, "the host key of %s is not known: %s %s", target->host,
			type, print);
		return err_hint(err,
				"compare the fingerprint with the node's own, then: ssh-keyscan%s "
				"-t %s %s >> %s",
				port,
				strncmp(type, "ecdsa", 5) == 0 ? "ecdsa"
				: strcmp(type, "ssh-rsa") == 0 ? "rsa"
							       : "ed25519",
				target->host, file);
	case SSH_KNOWN_CHANGED:
		err_set(err, ERR_HOSTKEY,
			"the host key of %s has CHANGED: it is now %s %s, and line %zu of %s has "
			"another",
			target->host, type, print, line, file);
		return err_hint(err,
				"somebody may be between you and the node; if the node was made "
				"anew: ssh-keygen -f %s -R '%s', then add the new key",
				file, known_as);
	case SSH_KNOWN_REVOKED:
		return err_set(err, ERR_HOSTKEY,
			       "the host key of %s, %s %s, is revoked by line %zu of %s",
			       target->host, type, print, line, file);
	}
	return err_set(err, ERR_BUG, "no answer about a host key");
}

/* libssh2's agent calls speak to the agent's socket, which is local, and wait for it themselves. */
static bool login_agent(struct ssh *ssh, const char *user, struct err *err)
{
	LIBSSH2_AGENT *agent = libssh2_agent_init(ssh->session);
	struct libssh2_agent_publickey *key = NULL, *prev = NULL;
	bool in = false;
	long rc;

	if (!agent)
		return false;
	if (!libssh2_agent_connect(agent)) {
		if (!libssh2_agent_list_identities(agent))
			while (!in && !err->code &&
			       !libssh2_agent_get_identity(agent, &key, prev)) {
				SSH(ssh, err, rc, libssh2_agent_userauth(agent, user, key));
				in = rc == 0 && !err->code;
				prev = key;
			}
		libssh2_agent_disconnect(agent);
	}
	libssh2_agent_free(agent);
	return in;
}

/* 1: in, 0: not with this key, -1: err. */
static int login_file(struct ssh *ssh, const char *user, const char *path, struct err *err)
{
	struct stat st;
	long rc;

	if (stat(path, &st))
		return 0;
	if (st.st_mode & 077 && st.st_uid == getuid()) {
		err_set(err, ERR_CONFIG, "%s can be read by others (mode %04o)", path,
			(unsigned)(st.st_mode & 07777));
		return err_hint(err, "chmod 600 %s", path);
	}
	SSH(ssh, err, rc,
	    libssh2_userauth_publickey_fromfile_ex(ssh->session, user, (unsigned)strlen(user), NULL,
						   path, NULL));
	if (err->code)
		return -1;
	log_at(4, "key %s: %s", path, rc == 0 ? "accepted" : "not accepted");
	return rc == 0;
}

static int login(struct ssh *ssh, const struct ssh_target *target, struct err *err)
{
	static const char *const names[] = { "id_ed25519", "id_ecdsa", "id_rsa" };

	if (target->key) {
		if (access(target->key, R_OK))
			return err_errno(err, ERR_CONFIG, "%s", target->key);
		int rc = login_file(ssh, target->user, target->key, err);
		if (rc)
			return rc < 0 ? -1 : 0;
	}
	if (login_agent(ssh, target->user, err))
		return 0;
	for (size_t i = 0; !target->key && !err->code && i < 3; i++) {
		scoped(mem) char *path = home_path(names[i]);
		int rc = login_file(ssh, target->user, path, err);
		if (rc)
			return rc < 0 ? -1 : 0;
	}
	if (err->code)
		return -1;
	err_set(err, ERR_SSH, "%s@%s: no key was accepted (tried %s and the agent)", target->user,
		target->host, target->key ? target->key : "~/.ssh/id_*");
	return err_hint(err,
			"check with: ssh -o BatchMode=yes -p %u %s@%s true; keys with a passphrase "
			"are used through the agent only; libssh2 %s%s",
			target->port, target->user, target->host, LIBSSH2_VERSION,
			LIBSSH2_VERSION_NUM < 0x010b00
				? " cannot use RSA keys with a new sshd: use ed25519"
				: "");
}

static int handshake(struct ssh *ssh, const struct ssh_target *target, struct err *err)
{
	scoped(buf) struct buf known = BUF_INIT(KNOWN_HOSTS_MAX);
	char types[512];
	long rc;

	if (known_text(target, &known, err))
		return -1;
	ssh_known_types(buf_str(&known), known.len, target->host, target->port, types,
			sizeof(types));
	prefer_host_keys(ssh, types);
	prefer_ciphers(ssh);
	SSH(ssh, err, rc, libssh2_session_handshake(ssh->session, ssh->fd));
	if (err->code || rc) {
		ssh_fail(ssh, err, "SSH handshake");
		return err_in(err, "%s port %u", target->host, target->port);
	}
	return check_host_key(ssh, target, &known, err);
}

struct ssh *ssh_open(const struct ssh_target *target, uint64_t deadline, struct err *err)
{
	struct ssh *ssh = mem_zalloc(sizeof(*ssh));

	ssh->cancel_fd = target->cancel_fd;
	ssh_begin(ssh, deadline, err);
	ssh->fd = tcp_connect(target, deadline, err);
	if (ssh->fd < 0)
		goto failed;
	err->code = ERR_NONE; /* an earlier address may have failed */
	ssh->session = libssh2_session_init_ex(NULL, NULL, NULL, NULL);
	if (!ssh->session)
		abort();
	libssh2_session_set_blocking(ssh->session, 0);
	if (handshake(ssh, target, err) || login(ssh, target, err))
		goto failed;
	return ssh;
failed:
	ssh->broken = true;
	ssh_close(ssh);
	return NULL;
}
