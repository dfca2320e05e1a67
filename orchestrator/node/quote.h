/*
 * quote: argv to one line for a remote POSIX shell.  The one place that quotes.
 */
#ifndef NODE_QUOTE_H
#define NODE_QUOTE_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>

struct quote_how {
	bool sudo, nice, ionice;
	unsigned seconds; /* 0: one */
};

/*
 * Appends the command line: `sudo -n --` when not root already, `timeout -k 5 SECONDS` so that the
 * command does not outlive its channel, LC_ALL=C so that its words are the same everywhere, `nice` and `ionice` as it is
 * wanted, then argv, each word in single quotes unless it needs none.  -1 (BUG) for an empty argv or one that is too long.
 */
int quote_command(const char *const argv[], const struct quote_how *how, struct buf *out,
		  struct err *err);

/* Appends one word, in single quotes unless it needs none.  -1: it does not fit. */
int quote_word(const char *word, struct buf *out);

#endif
