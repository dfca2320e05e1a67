/*
 * ssh_sftp: see ssh_sftp.h.
 */
#include "node/ssh_sftp.h"

#include "base/mem.h"
#include "node/ssh_session.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { START_MS = 10 * 1000, CLOSE_MS = 2000, NAME_ROOM = 4096 };

struct ssh_sftp {
	struct ssh *ssh;
	LIBSSH2_SFTP *sftp;
	uint64_t stall_ms;
	enum ssh_sftp_answer answer;
};

struct ssh_sftp_file {
	struct ssh_sftp *sftp;
	LIBSSH2_SFTP_HANDLE *handle;
};

/*
 * A subsystem that ended while the connection lives: libssh2 1.10 says EAGAIN to that for ever.
 */
static long unless_ended(const struct ssh_sftp *sftp, long rc)
{
	if (rc == LIBSSH2_ERROR_EAGAIN &&
	    libssh2_channel_eof(libssh2_sftp_get_channel(sftp->sftp)) == 1)
		return LIBSSH2_ERROR_CHANNEL_CLOSED;
	return rc;
}

/* SSH() for a call on this sftp; clears err, so that err->code tells of this call. */
#define SFTP(s, err, rc, call)                                          \
	do {                                                            \
		ssh_begin((s)->ssh, deadline_in((s)->stall_ms), (err)); \
		SSH((s)->ssh, (err), (rc), unless_ended((s), (call)));  \
	} while (0)

static enum ssh_sftp_answer answer_of(unsigned long status)
{
	switch (status) {
	case LIBSSH2_FX_NO_SUCH_FILE:
	case LIBSSH2_FX_NO_SUCH_PATH:
		return SSH_SFTP_MISSING;
	case LIBSSH2_FX_FILE_ALREADY_EXISTS:
		return SSH_SFTP_EXISTS;
	case LIBSSH2_FX_PERMISSION_DENIED:
	case LIBSSH2_FX_WRITE_PROTECT:
		return SSH_SFTP_DENIED;
	case LIBSSH2_FX_NO_SPACE_ON_FILESYSTEM:
	case LIBSSH2_FX_QUOTA_EXCEEDED:
		return SSH_SFTP_FULL;
	case LIBSSH2_FX_OP_UNSUPPORTED:
		return SSH_SFTP_UNSUPPORTED;
	default:
		return SSH_SFTP_REFUSED;
	}
}

static const char *words_of(enum ssh_sftp_answer answer)
{
	switch (answer) {
	case SSH_SFTP_MISSING:
		return "no such file or directory there";
	case SSH_SFTP_EXISTS:
		return "there is such a file already";
	case SSH_SFTP_DENIED:
		return "permission denied there";
	case SSH_SFTP_FULL:
		return "the disk is full there, or a quota is used up";
	case SSH_SFTP_UNSUPPORTED:
		return "the server cannot do that";
	case SSH_SFTP_REFUSED:
		break;
	}
	return "the server refused, without a reason";
}

/* After a call: 0 when it went well.  A server's "no" leaves the session good, everything else breaks it. */
static int ended(struct ssh_sftp *sftp, long rc, const char *what, struct err *err)
{
	if (rc >= 0 && !err->code)
		return 0;
	unsigned long status = libssh2_sftp_last_error(sftp->sftp);
	if (err->code || rc != LIBSSH2_ERROR_SFTP_PROTOCOL || status == LIBSSH2_FX_OK)
		return ssh_fail(sftp->ssh, err, what);
	sftp->answer = answer_of(status);
	return err_set(err, ERR_REMOTE, "%s: %s", what, words_of(sftp->answer));
}

/* When a session is broken: nothing is sent or waited for any more, so that libssh2 can free what it has. */
static void cut(struct ssh *ssh)
{
	shutdown(ssh->fd, SHUT_RDWR);
	libssh2_session_set_blocking(ssh->session, 1);
	libssh2_session_set_timeout(ssh->session, 500);
}

static int no_subsystem(struct ssh *ssh, struct err *err)
{
	int why = libssh2_session_last_errno(ssh->session);

	ssh_fail(ssh, err, "starting SFTP");
	if (err->code == ERR_TIMEOUT)
		return err_hint(err, "try: sftp -P PORT USER@HOST; an SFTP server that cannot be "
				     "started there, or shell start files that print something, "
				     "look like this");
	if (err->code != ERR_SSH ||
	    (why != LIBSSH2_ERROR_CHANNEL_FAILURE && why != LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED))
		return -1;
	err_set(err, ERR_SSH, "the server has no SFTP subsystem");
	return err_hint(err, "add 'Subsystem sftp internal-sftp' to its sshd_config and restart "
			     "sshd, or use another store");
}

struct ssh_sftp *ssh_sftp_open(struct ssh *ssh, uint64_t stall_ms, struct err *err)
{
	LIBSSH2_SFTP *found;
	long rc;

	/* libssh2 does not notice a subsystem that ends before it has said anything */
	ssh_begin(ssh, deadline_in(stall_ms < START_MS ? stall_ms : START_MS), err);
	SSH(ssh, err, rc,
	    (found = libssh2_sftp_init(ssh->session)) ? 0
						      : libssh2_session_last_errno(ssh->session));
	if (!found) {
		no_subsystem(ssh, err);
		return NULL;
	}
	struct ssh_sftp *sftp = mem_zalloc(sizeof(*sftp));
	sftp->ssh = ssh;
	sftp->sftp = found;
	sftp->stall_ms = stall_ms;
	return sftp;
}

void ssh_sftp_close(struct ssh_sftp *sftp)
{
	struct err ignored = ERR_INIT;
	long rc = LIBSSH2_ERROR_EAGAIN;

	if (!sftp)
		return;
	if (!ssh_broken(sftp->ssh)) {
		ssh_begin(sftp->ssh, deadline_in(CLOSE_MS), &ignored);
		SSH(sftp->ssh, &ignored, rc, libssh2_sftp_shutdown(sftp->sftp));
	}
	if (rc == LIBSSH2_ERROR_EAGAIN) {
		sftp->ssh->broken = true;
		cut(sftp->ssh);
		libssh2_sftp_shutdown(sftp->sftp);
	}
	free(sftp);
}

enum ssh_sftp_answer ssh_sftp_answer(const struct ssh_sftp *sftp)
{
	return sftp->answer;
}

/* An attribute that the server left out is taken as the best case: most servers send them all. */
static struct ssh_sftp_facts facts_of(const LIBSSH2_SFTP_ATTRIBUTES *attrs)
{
	bool typed = attrs->flags & LIBSSH2_SFTP_ATTR_PERMISSIONS;

	return (struct ssh_sftp_facts){
		.size = attrs->flags & LIBSSH2_SFTP_ATTR_SIZE ? attrs->filesize : 0,
		.at = attrs->flags & LIBSSH2_SFTP_ATTR_ACMODTIME ? attrs->mtime : 0,
		.regular = !typed || LIBSSH2_SFTP_S_ISREG(attrs->permissions),
		.folder = typed && LIBSSH2_SFTP_S_ISDIR(attrs->permissions),
	};
}

int ssh_sftp_stat(struct ssh_sftp *sftp, const char *path, struct ssh_sftp_facts *out,
		  struct err *err)
{
	LIBSSH2_SFTP_ATTRIBUTES attrs = { 0 };
	long rc;

	SFTP(sftp, err, rc,
	     libssh2_sftp_stat_ex(sftp->sftp, path, (unsigned)strlen(path), LIBSSH2_SFTP_STAT,
				  &attrs));
	if (ended(sftp, rc, "cannot look at it", err))
		return -1;
	*out = facts_of(&attrs);
	return 0;
}

int ssh_sftp_mkdir(struct ssh_sftp *sftp, const char *path, unsigned mode, struct err *err)
{
	long rc;

	SFTP(sftp, err, rc,
	     libssh2_sftp_mkdir_ex(sftp->sftp, path, (unsigned)strlen(path), (long)mode));
	return ended(sftp, rc, "cannot make the directory", err);
}

int ssh_sftp_unlink(struct ssh_sftp *sftp, const char *path, struct err *err)
{
	long rc;

	SFTP(sftp, err, rc, libssh2_sftp_unlink_ex(sftp->sftp, path, (unsigned)strlen(path)));
	return ended(sftp, rc, "cannot remove it", err);
}

int ssh_sftp_rename(struct ssh_sftp *sftp, const char *from, const char *to, struct err *err)
{
	long rc;

	/* no flags: version 3 has none, and a later version would take them as leave to overwrite */
	SFTP(sftp, err, rc,
	     libssh2_sftp_rename_ex(sftp->sftp, from, (unsigned)strlen(from), to,
				    (unsigned)strlen(to), 0));
	return ended(sftp, rc, "cannot give it its name", err);
}

int ssh_sftp_replace(struct ssh_sftp *sftp, const char *from, const char *to, struct err *err)
{
	unsigned long status = LIBSSH2_FX_OK;

	ssh_begin(sftp->ssh, deadline_in(sftp->stall_ms), err);
	if (ssh_posix_rename(sftp->ssh, from, to, &status, err))
		return -1;
	if (status == LIBSSH2_FX_OK)
		return 0;
	sftp->answer = answer_of(status);
	return err_set(err, ERR_REMOTE, "cannot put it in the place of what is there: %s",
		       words_of(sftp->answer));
}

int ssh_sftp_room(struct ssh_sftp *sftp, const char *path, uint64_t *out, struct err *err)
{
	LIBSSH2_SFTP_STATVFS st = { 0 };
	long rc;

	SFTP(sftp, err, rc, libssh2_sftp_statvfs(sftp->sftp, path, strlen(path), &st));
	if (ended(sftp, rc, "cannot ask for the free space", err))
		return -1;
	*out = st.f_frsize && st.f_bavail > UINT64_MAX / st.f_frsize ? UINT64_MAX
								     : st.f_bavail * st.f_frsize;
	return 0;
}

/* open_type is libssh2's: a file or a folder. */
static struct ssh_sftp_file *open_any(struct ssh_sftp *sftp, const char *path, unsigned long flags,
				      unsigned mode, int open_type, const char *what,
				      struct err *err)
{
	LIBSSH2_SFTP_HANDLE *handle;
	long rc;

	SFTP(sftp, err, rc,
	     (handle = libssh2_sftp_open_ex(sftp->sftp, path, (unsigned)strlen(path), flags,
					    (long)mode, open_type))
		     ? 0
		     : libssh2_session_last_errno(sftp->ssh->session));
	if (!handle) {
		ended(sftp, rc < 0 ? rc : LIBSSH2_ERROR_PROTO, what, err);
		return NULL;
	}
	struct ssh_sftp_file *file = mem_zalloc(sizeof(*file));
	file->sftp = sftp;
	file->handle = handle;
	return file;
}

struct ssh_sftp_file *ssh_sftp_create(struct ssh_sftp *sftp, const char *path, unsigned mode,
				      struct err *err)
{
	return open_any(sftp, path, LIBSSH2_FXF_WRITE | LIBSSH2_FXF_CREAT | LIBSSH2_FXF_EXCL, mode,
			LIBSSH2_SFTP_OPENFILE, "cannot make the file", err);
}

struct ssh_sftp_file *ssh_sftp_read_open(struct ssh_sftp *sftp, const char *path, struct err *err)
{
	return open_any(sftp, path, LIBSSH2_FXF_READ, 0, LIBSSH2_SFTP_OPENFILE, "cannot open it",
			err);
}

int ssh_sftp_write(struct ssh_sftp_file *file, const void *data, size_t len, size_t *taken,
		   struct err *err)
{
	long rc;

	do /* 0: something was sent, nothing acknowledged */
		SFTP(file->sftp, err, rc, libssh2_sftp_write(file->handle, data, len));
	while (rc == 0 && len && !err->code);
	if (!err->code)
		ssh_look_up(file->sftp->ssh, err);
	if (ended(file->sftp, rc, "cannot write", err))
		return -1;
	*taken = (size_t)rc;
	return 0;
}

int ssh_sftp_read(struct ssh_sftp_file *file, void *out, size_t size, size_t *got, struct err *err)
{
	long rc;

	SFTP(file->sftp, err, rc, libssh2_sftp_read(file->handle, out, size));
	if (!err->code)
		ssh_look_up(file->sftp->ssh, err);
	if (ended(file->sftp, rc, "cannot read", err))
		return -1;
	*got = (size_t)rc;
	return 0;
}

int ssh_sftp_sync(struct ssh_sftp_file *file, bool *done, struct err *err)
{
	long rc;

	SFTP(file->sftp, err, rc, libssh2_sftp_fsync(file->handle));
	int failed = ended(file->sftp, rc, "cannot make it durable", err);
	if (failed && (err->code != ERR_REMOTE || file->sftp->answer != SSH_SFTP_UNSUPPORTED))
		return -1;
	*done = !failed;
	*err = failed ? ERR_INIT : *err;
	return 0;
}

void ssh_sftp_file_close(struct ssh_sftp_file *file)
{
	struct err ignored = ERR_INIT;
	long rc = LIBSSH2_ERROR_EAGAIN;

	if (!file)
		return;
	struct ssh *ssh = file->sftp->ssh;
	if (!ssh_broken(ssh)) {
		ssh_begin(ssh, deadline_in(CLOSE_MS), &ignored);
		SSH(ssh, &ignored, rc, libssh2_sftp_close_handle(file->handle));
	}
	if (rc == LIBSSH2_ERROR_EAGAIN) { /* with any other answer it has been freed */
		ssh->broken = true;
		cut(ssh);
		libssh2_sftp_close_handle(file->handle);
	}
	free(file);
}

static int list_step(struct ssh_sftp_file *folder, char *name, struct ssh_sftp_facts *facts,
		     bool *more, struct err *err)
{
	LIBSSH2_SFTP_ATTRIBUTES attrs = { 0 };
	long rc;

	SFTP(folder->sftp, err, rc,
	     libssh2_sftp_readdir_ex(folder->handle, name, NAME_ROOM - 1, NULL, 0, &attrs));
	if (ended(folder->sftp, rc, "cannot list the directory", err))
		return -1;
	name[rc] = '\0';
	*facts = facts_of(&attrs);
	*more = rc > 0;
	return 0;
}

int ssh_sftp_list(struct ssh_sftp *sftp, const char *path,
		  int (*each)(void *arg, const char *name, const struct ssh_sftp_facts *facts,
			      struct err *err),
		  void *arg, struct err *err)
{
	struct ssh_sftp_file *folder =
		open_any(sftp, path, 0, 0, LIBSSH2_SFTP_OPENDIR, "cannot open the directory", err);
	char name[NAME_ROOM];
	struct ssh_sftp_facts facts;
	bool more = true;
	int rc = 0;

	if (!folder)
		return -1;
	while (!rc && more) {
		rc = list_step(folder, name, &facts, &more, err);
		if (!rc && more)
			rc = each(arg, name, &facts, err);
	}
	ssh_sftp_file_close(folder);
	return rc;
}
