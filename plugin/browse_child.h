/*
 * browse_child: the command that looks into a snapshot: it has our terminal, and KUBECONFIG.
 */
#ifndef PLUGIN_BROWSE_CHILD_H
#define PLUGIN_BROWSE_CHILD_H

#include "base/err.h"

#include <stdbool.h>
#include <sys/types.h>

struct browse_child {
	pid_t pid;
	int fd; /* readable when it has ended; -1: the kernel has none, ask often */
};

/* argv: the first word is looked for on the PATH.  -1: REMOTE (it cannot be run). */
int browse_child_start(char *const argv[], const char *kubeconfig, struct browse_child *out,
		       struct err *err);

/*
 * $SHELL, or /bin/sh.  Its prompt says `shown`, and bash has it, and KUBECONFIG, although its start files set others.
 * -1: as above.
 */
int browse_child_shell(const char *kubeconfig, const char *shown, struct browse_child *out,
		       struct err *err);

/* Whether it has ended; *status: its exit status, or 128 + signal. */
bool browse_child_ended(struct browse_child *child, int *status);

/* Tells it to end (SIGTERM, SIGHUP), waits for that for 5 seconds, and kills it then. */
void browse_child_stop(struct browse_child *child);

#endif
