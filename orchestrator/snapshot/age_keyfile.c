/*
 * age_keyfile: see age_keyfile.h.
 */
#include "snapshot/age_keyfile.h"

#include "base/crypto.h"
#include "base/file.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_LIMIT = 256 * 1024 };

/* As file_read, with the error in words. */
static int read_all(int fd, struct buf *out, struct err *err)
{
	if (!file_read(fd, out))
		return 0;
	return errno == EFBIG ? err_set(err, ERR_CONFIG, "longer than %zu bytes", out->max)
			      : err_errno(err, ERR_CONFIG, "cannot read");
}

static int read_file(const char *path, bool is_secret, struct buf *out, struct err *err)
{
	scoped(fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return err_errno(err, ERR_CONFIG, "%s", path);
	if (is_secret && S_ISREG(st.st_mode) && st.st_mode & 077) {
		err_set(err, ERR_CONFIG, "%s can be read by others (mode %04o)", path,
			(unsigned)(st.st_mode & 07777));
		return err_hint(err, "chmod 600 %s", path);
	}
	if (read_all(fd, out, err))
		return err_in(err, "%s", path);
	return 0;
}

/* Calls add() with every line that is a key. */
static int each_key(struct buf *text, const char *path,
		    int (*add)(void *list, const char *line, struct err *err), void *list,
		    struct err *err)
{
	size_t number = 0, keys = 0;

	if (text->len && memchr(text->data, '\0', text->len))
		return err_set(err, ERR_CONFIG, "%s: not a text file", path);
	for (char *line = text->data, *next; line && *line; line = next) {
		size_t len = strcspn(line, "\n");
		next = line + len + (line[len] != '\0');
		while (len && memchr(" \t\r", line[len - 1], 3))
			len--;
		line[len] = '\0';
		number++;
		if (!len || line[0] == '#')
			continue;
		if (add(list, line, err))
			return err_in(err, "%s:%zu", path, number);
		keys++;
	}
	return keys ? 0 : err_set(err, ERR_CONFIG, "%s: there is no key in it", path);
}

static int add_recipient(void *list, const char *line, struct err *err)
{
	return age_recipients_add(list, line, err);
}

static int add_identity(void *list, const char *line, struct err *err)
{
	return age_identities_add(list, line, err);
}

int age_recipients_file(struct age_recipients *recipients, const char *path, struct err *err)
{
	scoped(buf) struct buf text =
		BUF_SECRET(FILE_LIMIT); /* a mistake could name a secret one */
	struct age_recipients all = *recipients;

	if (read_file(path, false, &text, err) || each_key(&text, path, add_recipient, &all, err))
		return -1;
	*recipients = all;
	return 0;
}

int age_identities_file(struct age_identities *identities, const char *path, struct err *err)
{
	scoped(age_identities) struct age_identities all = *identities;
	scoped(buf) struct buf text = BUF_SECRET(FILE_LIMIT);

	if (read_file(path, true, &text, err) || each_key(&text, path, add_identity, &all, err))
		return -1;
	*identities = all;
	return 0;
}

/* The one line of the text into out. */
static int take_passphrase(const struct buf *text, struct buf *out, struct err *err)
{
	size_t len = text->len;

	if (len && text->data[len - 1] == '\n')
		len--;
	if (len && len < text->len && text->data[len - 1] == '\r')
		len--;
	if (!len)
		return err_set(err, ERR_CONFIG, "the passphrase is empty");
	if (memchr(text->data, '\n', len) || memchr(text->data, '\0', len)) {
		err_set(err, ERR_CONFIG, "the passphrase is more than one line of text");
		return err_hint(err, "age could never be told such a passphrase at its prompt");
	}
	buf_clear(out);
	if (len > AGE_PASSPHRASE_MAX || buf_add(out, text->data, len))
		return err_set(err, ERR_CONFIG, "the passphrase is longer than %d bytes",
			       AGE_PASSPHRASE_MAX);
	return 0;
}

int age_passphrase_fd(int fd, struct buf *out, struct err *err)
{
	scoped(buf) struct buf text = BUF_SECRET(AGE_PASSPHRASE_MAX + 2);

	if (read_all(fd, &text, err))
		return err_in(err, "passphrase from file descriptor %d", fd);
	return take_passphrase(&text, out, err);
}

int age_passphrase_file(const char *path, struct buf *out, struct err *err)
{
	scoped(buf) struct buf text = BUF_SECRET(AGE_PASSPHRASE_MAX + 2);

	if (read_file(path, true, &text, err))
		return -1;
	if (take_passphrase(&text, out, err))
		return err_in(err, "%s", path);
	return 0;
}

static int write_new(const char *path, const struct buf *text, struct err *err)
{
	scoped(fd) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 && errno == EEXIST) {
		err_set(err, ERR_CONFIG, "%s is there already", path);
		return err_hint(err,
				"a key is never overwritten: what was made for it would be lost");
	}
	if (fd < 0)
		return err_errno(err, ERR_FILE, "%s", path);
	/* the name, too: a key that is lost with the power loses every backup made for it */
	if (file_write(fd, text->data, text->len) || fsync(fd) || file_sync_folder(path)) {
		err_errno(err, ERR_FILE, "%s", path);
		unlink(path);
		return -1;
	}
	return 0;
}

int age_keygen(const char *path, char recipient[AGE_RECIPIENT_TEXT], struct err *err)
{
	scoped(buf) struct buf text = BUF_SECRET(1024);
	char created[21], public[AGE_RECIPIENT_TEXT];
	struct age_identity identity;

	if (crypto_ready(err))
		return -1;
	age_identity_new(&identity);
	age_recipient_text(identity.recipient, public);
	time_text(now_unix(), created);
	buf_addf(&text, "# created: %s\n# public key: %s\n", created, public);
	int bad = age_identity_text(&identity, &text) || buf_adds(&text, "\n");
	mem_wipe(&identity, sizeof(identity));
	if (bad)
		return err_set(err, ERR_BUG, "a key that is too long");

	if (write_new(path, &text, err))
		return -1;
	memcpy(recipient, public, sizeof(public));
	return 0;
}
