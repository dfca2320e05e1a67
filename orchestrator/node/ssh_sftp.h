/*
 * ssh_sftp: files on the host of an SSH session, by its SFTP subsystem.  Every call waits in ssh_wait(), and ends with
 * TIMEOUT when for stall_ms nothing could be done.  Errors: REMOTE when the server refused (ssh_sftp_answer says how;
 * the session is still good), SSH, TIMEOUT, CANCELLED when the session is broken (ssh_broken) and is to be closed.
 * Messages tell what failed, not of which path: the caller knows that.
 */
#ifndef NODE_SSH_SFTP_H
#define NODE_SSH_SFTP_H

#include "base/err.h"
#include "node/ssh.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes and reads are pipelined by libssh2 when they are large: give it at least this much. */
enum { SSH_SFTP_CHUNK = 256 * 1024 };

struct ssh_sftp;
struct ssh_sftp_file;

/* What the server answered to the last call that it refused. */
enum ssh_sftp_answer {
	SSH_SFTP_REFUSED, /* "failure", or anything not below: the server did not say why */
	SSH_SFTP_MISSING,
	SSH_SFTP_EXISTS,
	SSH_SFTP_DENIED,
	SSH_SFTP_FULL,
	SSH_SFTP_UNSUPPORTED,
};

struct ssh_sftp_facts {
	uint64_t size;
	uint64_t at; /* last change, seconds since 1970 */
	bool regular, folder;
};

/* Starts the subsystem; the session is borrowed and must outlive it.  NULL: SSH (no such subsystem), ... */
struct ssh_sftp *ssh_sftp_open(struct ssh *ssh, uint64_t stall_ms, struct err *err);

/* Before ssh_close, after the last file; NULL is allowed. */
void ssh_sftp_close(struct ssh_sftp *sftp);

enum ssh_sftp_answer ssh_sftp_answer(const struct ssh_sftp *sftp);

int ssh_sftp_stat(struct ssh_sftp *sftp, const char *path, struct ssh_sftp_facts *out,
		  struct err *err);
int ssh_sftp_mkdir(struct ssh_sftp *sftp, const char *path, unsigned mode, struct err *err);
int ssh_sftp_unlink(struct ssh_sftp *sftp, const char *path, struct err *err);

/* The plain rename of SFTP version 3: an existing target is an error (mostly REFUSED, not EXISTS). */
int ssh_sftp_rename(struct ssh_sftp *sftp, const char *from, const char *to, struct err *err);

/* A rename over what is there, at once; needs posix-rename@openssh.com. */
int ssh_sftp_replace(struct ssh_sftp *sftp, const char *from, const char *to, struct err *err);

/* Bytes free for us on the file system of path; needs an OpenSSH server (else UNSUPPORTED). */
int ssh_sftp_room(struct ssh_sftp *sftp, const char *path, uint64_t *out, struct err *err);

/* Each entry of a folder, "." and ".." too; `each` must not use this sftp.  -1 from it ends the list. */
int ssh_sftp_list(struct ssh_sftp *sftp, const char *path,
		  int (*each)(void *arg, const char *name, const struct ssh_sftp_facts *facts,
			      struct err *err),
		  void *arg, struct err *err);

/* A new file for writing (an existing one is an error), or one for reading. */
struct ssh_sftp_file *ssh_sftp_create(struct ssh_sftp *sftp, const char *path, unsigned mode,
				      struct err *err);
struct ssh_sftp_file *ssh_sftp_read_open(struct ssh_sftp *sftp, const char *path, struct err *err);

/*
 * Writes the first bytes of data: *taken (at least 1) are acknowledged.  The others may be on their way; the next call
 * must begin with them.
 */
int ssh_sftp_write(struct ssh_sftp_file *file, const void *data, size_t len, size_t *taken,
		   struct err *err);

/* *got is 0 at the end. */
int ssh_sftp_read(struct ssh_sftp_file *file, void *out, size_t size, size_t *got, struct err *err);

/* Durable on the server; 0 with *done false when it cannot do that (no fsync@openssh.com). */
int ssh_sftp_sync(struct ssh_sftp_file *file, bool *done, struct err *err);

/* Closes and frees; NULL is allowed.  Waits shortly, and not at all when the session is broken. */
void ssh_sftp_file_close(struct ssh_sftp_file *file);

#endif
