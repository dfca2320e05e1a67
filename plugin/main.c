/*
 * main: words to a command, its outcome to an exit status.
 */
#include "base/http.h"
#include "base/log.h"
#include "node/ssh.h"
#include "plugin/opts.h"
#include "plugin/print.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static void log_line(int level, const char *line)
{
	if (level)
		print_notice("%d: %s", level, line);
	else
		print_warning(line);
}

/* Keys and tokens are in our memory: no core dumps, no other process of the user looks in. */
static void harden(void)
{
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
	signal(SIGPIPE, SIG_IGN);
}

static int run(const struct opts *opts, struct err *err)
{
	for (const struct command *c = commands; c->name; c++)
		if (strcmp(c->name, opts->command) == 0)
			return c->run(opts, err);
	err_set(err, ERR_BUG, "no such command");
	return err_status(err->code);
}

int main(int argc, char *argv[])
{
	struct opts opts;
	struct err err = ERR_INIT;
	int status;

	harden();
	if (opts_parse(argc, argv, &opts, &err)) {
		print_error(&err);
		return err_status(err.code);
	}
	if (opts.version)
		opts.command = "version";
	if (opts.help || !opts.command) {
		opts_help(&opts, opts.command);
		status = print_flush(&err) ? err_status(err.code) : 0;
		if (status)
			print_error(&err);
		return status;
	}
	log_to(log_line, (int)opts.verbose);
	http_init();
	ssh_init();
	status = run(&opts, &err);
	if (status && err.code != ERR_NONE) /* a command that browse ran has told its own */
		print_error(&err);
	return status;
}
