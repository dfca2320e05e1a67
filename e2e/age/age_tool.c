/*
 * age_tool: the age stages as a filter from stdin to stdout, for e2e/age/run, which compares them with age.
 *
 *   age_tool keygen FILE                              prints the recipient
 *   age_tool seal (-r RECIPIENT | -R FILE)... | -p FILE
 *   age_tool open (-i FILE)... [-p FILE]
 *
 * Exit status 1 with code and words on stderr.
 */
#include "base/mem.h"
#include "snapshot/age_keyfile.h"
#include "snapshot/age_open.h"
#include "snapshot/age_seal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int to_stdout(struct sink *sink, const void *data, size_t len, struct err *err)
{
	(void)sink;
	return fwrite(data, 1, len, stdout) == len ? 0 : err_errno(err, ERR_FILE, "stdout");
}

static int end_stdout(struct sink *sink, struct err *err)
{
	(void)sink;
	return fflush(stdout) ? err_errno(err, ERR_FILE, "stdout") : 0;
}

static int pump(struct sink *stage, struct err *err)
{
	static char data[100000];
	size_t len;

	while ((len = fread(data, 1, sizeof(data), stdin)) > 0)
		if (sink_write(stage, data, len, err))
			return -1;
	return sink_end(stage, err);
}

struct keys {
	struct age_recipients recipients;
	struct age_identities identities;
	struct buf passphrase;
};

static int read_keys(int argc, char *argv[], struct keys *keys, struct err *err)
{
	for (int i = 0; i + 1 < argc; i += 2) {
		const char *value = argv[i + 1];
		int bad = strcmp(argv[i], "-r") == 0
				  ? age_recipients_add(&keys->recipients, value, err)
			  : strcmp(argv[i], "-R") == 0
				  ? age_recipients_file(&keys->recipients, value, err)
			  : strcmp(argv[i], "-i") == 0
				  ? age_identities_file(&keys->identities, value, err)
				  : age_passphrase_file(value, &keys->passphrase, err);
		if (bad)
			return -1;
	}
	return 0;
}

static int seal(const struct keys *keys, struct err *err)
{
	struct sink last = { to_stdout, end_stdout };
	struct sink *stage = keys->passphrase.len
				     ? age_seal_new_passphrase(&keys->passphrase, &last, err)
				     : age_seal_new(&keys->recipients, &last, err);
	int bad = stage ? pump(stage, err) : -1;

	age_seal_free(stage);
	return bad;
}

static int unseal(const struct keys *keys, struct err *err)
{
	struct sink last = { to_stdout, end_stdout };
	struct sink *stage = age_open_new(&keys->identities, &keys->passphrase, &last, err);
	int bad = stage ? pump(stage, err) : -1;

	age_open_free(stage);
	return bad;
}

static int keygen(const char *path, struct err *err)
{
	char recipient[AGE_RECIPIENT_TEXT];

	if (age_keygen(path, recipient, err))
		return -1;
	puts(recipient);
	return 0;
}

int main(int argc, char *argv[])
{
	struct keys keys = { .passphrase = BUF_SECRET(AGE_PASSPHRASE_MAX) };
	const char *command = argc > 2 ? argv[1] : "";
	struct err err = ERR_INIT;
	int bad = -1;

	if (strcmp(command, "keygen") == 0)
		bad = keygen(argv[2], &err);
	else if (strcmp(command, "seal") == 0)
		bad = read_keys(argc - 2, argv + 2, &keys, &err) || seal(&keys, &err);
	else if (strcmp(command, "open") == 0)
		bad = read_keys(argc - 2, argv + 2, &keys, &err) || unseal(&keys, &err);
	else
		err_set(&err, ERR_USAGE, "keygen, seal or open");
	age_identities_release(&keys.identities);
	buf_release(&keys.passphrase);
	if (bad)
		fprintf(stderr, "%d: %s\nhint: %s\n", (int)err.code, err.text, err.hint);
	return bad ? 1 : 0;
}
