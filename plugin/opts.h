/*
 * opts: one table of flags: it parses, prints help and checks what a command takes.
 */
#ifndef PLUGIN_OPTS_H
#define PLUGIN_OPTS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum output { OUTPUT_TABLE, OUTPUT_WIDE, OUTPUT_JSON, OUTPUT_YAML, OUTPUT_NAME };

struct opts {
	const char *program; /* "kubectl etcd-backup" or the plain name */
	const char *command; /* "save"; NULL: none */
	const char *args[4]; /* the words after the command */
	size_t arg_count;

	const char *kubeconfig, *context; /* --kubeconfig --context */
	uint64_t request_timeout_ms;      /* --request-timeout, 10 s by default */
	const char *nodes;                /* --nodes name=address,... */
	const char *ssh_user, *ssh_key, *ssh_known_hosts;
	uint64_t ssh_port;
	enum output output;
	bool no_headers, quiet, yes, help, version;
	uint64_t verbose;
	uint64_t timeout_ms; /* --timeout: the whole run; 0: none */

	/* restore */
	uint64_t grace_ms;   /* --grace, 2 s by default */
	const char *etcdutl; /* --etcdutl FILE */
	bool force_cluster;  /* --force-cluster */
	const char *without; /* --without MEMBER */
};

/*
 * Parses as pflag does: --flag value, --flag=value, --bool, --bool=false, -n x, -nx, flags and words
 * mixed, -- ends flags.  -1 (USAGE): unknown flag or command, a flag that the command does not take, a bad
 * value, too many or too few words; the hint names --help.  Strings point into argv.
 */
int opts_parse(int argc, char *const argv[], struct opts *opts, struct err *err);

/* Help for one command, or for the program when command is NULL, to stdout. */
void opts_help(const struct opts *opts, const char *command);

/* One command: what it is called, how it is helped, what runs it. */
struct command {
	const char *name;
	const char *words; /* "FILE"; "" when it takes none */
	size_t min_words, max_words;
	unsigned takes;      /* flags, as flags.h groups them; ON_EVERY is always taken */
	const char *about;   /* one line, upper case, no full stop */
	const char *details; /* sentences */
	const char *examples;
	/* Returns the exit status; err is set when not 0. */
	int (*run)(const struct opts *opts, struct err *err);
};

/* The table, in the order of the help; ends with a NULL name. */
extern const struct command commands[];

int cmd_discover(const struct opts *opts, struct err *err);
int cmd_save(const struct opts *opts, struct err *err);
int cmd_restore(const struct opts *opts, struct err *err);
int cmd_playbook(const struct opts *opts, struct err *err);
int cmd_version(const struct opts *opts, struct err *err);

#endif
