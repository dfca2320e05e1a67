/*
 * age_keyfile: files of age keys and passphrases.  A file that holds a secret and that others can read is refused, as
 * ssh does with its keys; pipes (/dev/fd/N) are not asked.
 */
#ifndef SNAPSHOT_AGE_KEYFILE_H
#define SNAPSHOT_AGE_KEYFILE_H

#include "snapshot/age_key.h"

enum { AGE_PASSPHRASE_MAX = 1024 };

/*
 * Adds the keys of a file: one a line; empty lines and lines that begin with # are passed over.  A file without a key
 * is an error.  On failure nothing was added.
 */
int age_recipients_file(struct age_recipients *recipients, const char *path, struct err *err);
int age_identities_file(struct age_identities *identities, const char *path, struct err *err);

/*
 * Reads a passphrase: all there is, without the newline at the end.  The buffer should be a BUF_SECRET of at least
 * AGE_PASSPHRASE_MAX.  Empty or more than one line is ERR_CONFIG.
 */
int age_passphrase_fd(int fd, struct buf *out, struct err *err);
int age_passphrase_file(const char *path, struct buf *out, struct err *err);

/*
 * Makes a new identity and writes it to a file that must not be there yet, mode 0600, as age-keygen writes them; it is
 * on the disk when this returns.  The recipient is given as text.
 */
int age_keygen(const char *path, char recipient[AGE_RECIPIENT_TEXT], struct err *err);

#endif
