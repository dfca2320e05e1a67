/*
 * quote: see quote.h.
 */
#include "node/quote.h"

#include <string.h>

int quote_word(const char *word, struct buf *out)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-_=+:,./@%";

	if (*word && strspn(word, plain) == strlen(word))
		return buf_adds(out, word);
	if (buf_adds(out, "'"))
		return -1;
	for (const char *at = word; *at;) {
		size_t len = strcspn(at, "'");
		if (buf_add(out, at, len))
			return -1;
		at += len;
		if (*at == '\'') {
			if (buf_adds(out, "'\\''"))
				return -1;
			at++;
		}
	}
	return buf_adds(out, "'");
}

int quote_command(const char *const argv[], const struct quote_how *how, struct buf *out,
		  struct err *err)
{
	if (!argv[0])
		return err_set(err, ERR_BUG, "an empty command");
	int failed = buf_addf(out, "%senv LC_ALL=C timeout -k 5 %u%s%s",
			      how->sudo ? "sudo -n -- " : "", how->seconds ? how->seconds : 1,
			      how->nice ? " nice -n19" : "", how->ionice ? " ionice -c3" : "");
	for (size_t i = 0; argv[i] && !failed; i++)
		failed = buf_adds(out, " ") || quote_word(argv[i], out);
	if (failed)
		return err_set(err, ERR_BUG, "a command that is too long: %s", argv[0]);
	return 0;
}
