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

/* A switch whose default depends on something else. */
enum choice { CHOICE_DEFAULT, CHOICE_TRUE, CHOICE_FALSE };

enum { TEXTS_MAX = 32 };

/* A flag that may be given several times. */
struct texts {
	const char *items[TEXTS_MAX];
	size_t count;
};

struct opts {
	const char *program; /* "kubectl etcd-backup" or the plain name */
	const char *command; /* "save"; NULL: none */
	const char *args[4]; /* the words after the command */
	size_t arg_count;
	char *const *tail; /* browse: the words after --, NULL-terminated; NULL: none */

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
	uint64_t grace_ms;            /* --grace, 2 s by default */
	const char *etcdutl;          /* --etcdutl FILE */
	bool force_cluster;           /* --force-cluster */
	bool force_corrupt;           /* --force-corrupt */
	bool keep_alarms;             /* --keep-alarms */
	enum choice bump;             /* --bump-revision[=true|false] */
	const char *restart_kubelets; /* --restart-kubelets NAME=ADDRESS,... */
	const char *plan;             /* --plan FILE */
	struct texts without;         /* --without MEMBER,...: see without.h */
	bool assume_down;             /* --assume-down */
	bool undo;                    /* resume --undo */
	const char *report;           /* --report FILE; NULL: none */

	/* save */
	const char *to;              /* --to URL */
	const char *member;          /* --member NAME */
	bool all_members;            /* --all-members */
	bool allow_degraded;         /* --allow-degraded */
	enum choice compare;         /* --compare[=true|false] */
	bool prune;                  /* --prune: with the --keep flags */
	const char *compress;        /* --compress */
	struct texts encrypt_to;     /* --encrypt-to age1... */
	const char *recipients_file; /* --recipients-file FILE */
	bool plaintext;              /* --plaintext */
	struct texts tags;           /* --tag */
	bool with_pki;               /* --with-pki */

	/* stores */
	const char *from; /* --from URL */
	const char *s3_endpoint, *s3_region, *s3_profile, *s3_ca_file, *s3_sse, *s3_kms_key_id;
	const char *s3_path_style; /* "true", "false"; NULL: by the endpoint */

	/* reading what is encrypted; save: a passphrase to encrypt with, identities to read back */
	struct texts identities;     /* --identity FILE */
	const char *passphrase_file; /* --passphrase-file FILE, or /dev/fd/N */

	/* prune, save --prune: counts are texts, since -1 is "all" */
	const char *keep_last, *keep_hourly, *keep_daily, *keep_weekly, *keep_monthly, *keep_yearly;
	const char *keep_within;
	struct texts keep_tags;
	const char *dry_run; /* "none", "client", "server"; bare --dry-run is client */
	bool force;
	bool check;               /* list --check */
	const char *cluster_name; /* --cluster-name NAME: list and prune only this one */

	bool live, names, exit_code; /* diff */
	uint64_t max_age_ms;         /* status: --max-age; 0: none */
	uint64_t max_drill_age_ms;   /* status: --max-drill-age; 0: none */

	uint64_t largest; /* inspect: --largest N, 10 by default */

	/* drill */
	bool local, no_report;
	uint64_t members;   /* --members; 0: as many as the recipe names, else 1 */
	uint64_t port_base; /* --port-base, 12379 by default */
	const char *scratch, *etcd;
	enum choice api; /* --api=false: without an API server */

	/* browse, extract */
	const char *write_kubeconfig;
	const char *node;       /* --node NAME */
	const char *namespace_; /* -n NS */
};

/*
 * Parses as pflag does: --flag value, --flag=value, --bool, --bool=false, -n x, -nx, flags and words
 * mixed, -- ends flags.  -1 (USAGE): unknown flag or command, a flag that the command does not take, a bad
 * value, too many or too few words; the hint names --help.  Strings point into argv.
 */
int opts_parse(int argc, char *const argv[], struct opts *opts, struct err *err);

/* Whether the command that was given takes that flag ("without"); for hints. */
bool opts_takes(const struct opts *opts, const char *flag);

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
int cmd_resume(const struct opts *opts, struct err *err);
int cmd_rejoin(const struct opts *opts, struct err *err);
int cmd_rollback(const struct opts *opts, struct err *err);
int cmd_clean(const struct opts *opts, struct err *err);
int cmd_runs(const struct opts *opts, struct err *err);
int cmd_inspect(const struct opts *opts, struct err *err);
int cmd_verify(const struct opts *opts, struct err *err);
int cmd_drill(const struct opts *opts, struct err *err);
int cmd_browse(const struct opts *opts, struct err *err);
int cmd_extract(const struct opts *opts, struct err *err);
int cmd_diff(const struct opts *opts, struct err *err);
int cmd_status(const struct opts *opts, struct err *err);
int cmd_playbook(const struct opts *opts, struct err *err);
int cmd_list(const struct opts *opts, struct err *err);
int cmd_prune(const struct opts *opts, struct err *err);
int cmd_keygen(const struct opts *opts, struct err *err);
int cmd_version(const struct opts *opts, struct err *err);

#endif
