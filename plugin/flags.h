/*
 * flags: the one table of flags.  Parsing and help read it.
 */
#ifndef PLUGIN_FLAGS_H
#define PLUGIN_FLAGS_H

#include <stddef.h>

enum flag_kind {
	FLAG_TEXT,
	FLAG_TEXTS, /* struct texts: may be given several times */
	FLAG_BOOL,
	FLAG_CHOICE,   /* enum choice: as FLAG_BOOL, and whether it was given */
	FLAG_NUMBER,   /* uint64_t */
	FLAG_DURATION, /* uint64_t of milliseconds */
	FLAG_OUTPUT,   /* enum output */
	FLAG_DRY_RUN, /* const char *: as FLAG_TEXT; without a value "client", as it once was in kubectl */
};

/* Which commands take it. */
enum {
	ON_EVERY = 1 << 0,
	ON_CLUSTER = 1 << 1, /* those that go to a cluster: discover, save, restore, status, diff */
	ON_OUTPUT = 1 << 2,  /* those that print documents: discover, save, version */
	ON_RESTORE = 1 << 3,
	ON_SAVE = 1 << 4,
	ON_STORE = 1 << 5,  /* those that go to a store: save, and whatever reads from one */
	ON_FROM = 1 << 6,   /* those that read from one: not save */
	ON_SECRET = 1 << 7, /* those that decrypt: restore, verify, inspect, diff */
	ON_PRUNE = 1 << 8,
	ON_INSPECT = 1 << 9,
	ON_LIST = 1 << 10,
	ON_SSH = 1 << 11, /* those that may log in somewhere without being ON_CLUSTER */
	ON_DIFF = 1 << 12,
	ON_STATUS = 1 << 13,
	ON_RESUME = 1 << 14,
	/* those that stop things and ask: restore, resume, rejoin, rollback, clean */
	ON_ASKS = 1 << 15,
	ON_REPORT = 1 << 16, /* those that play a run and can write a report of it */
	ON_DRILL = 1 << 17,
	ON_REJOIN = 1 << 18,
	ON_BROWSE = 1 << 19, /* browse, extract */
	ON_EXTRACT = 1 << 20,
	ON_TAIL = 1 << 21, /* the words after -- are a command: browse */
	/* those that can do with a member gone: restore, resume, rollback, clean */
	ON_ABSENT = 1 << 22,
};

struct flag {
	const char *name;
	char letter; /* 0: none */
	enum flag_kind kind;
	size_t offset; /* in struct opts */
	unsigned on;
	const char *value; /* for the help: "FILE" */
	const char *about;
};

extern const struct flag flags[]; /* ends with a NULL name */

#endif
