/*
 * child: a child process that goes on while we do something else, such as a server: started, waited for, stopped.  It
 * ends with us, however we end.  For a command that is run to its end see proc.
 */
#ifndef BASE_CHILD_H
#define BASE_CHILD_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct child_request {
	const char *const *argv; /* NULL-terminated; argv[0] is a path, see child_program */
	const char *const *env;  /* NULL-terminated; nothing of ours is added */
	int input_fd;            /* its standard input; -1: /dev/null */
	int output_fd;           /* its standard output and error */
};

struct child {
	pid_t pid;  /* 0: none, or it was waited for */
	int status; /* exit code, or 128 + signal, when it has ended */
};

/*
 * Starts it in a process group of its own: a Ctrl-C of the terminal does not reach it.  The kernel kills it when the
 * thread that started it is gone, also by kill -9.  -1: REMOTE (argv[0] cannot be run), BUG.
 */
int child_start(const struct child_request *request, struct child *out, struct err *err);

/* Whether it has ended; child->status is then set. */
bool child_ended(struct child *child);

/* Waits for its end.  -1: TIMEOUT, CANCELLED (cancel_fd is readable; -1: none), and it still runs. */
int child_wait(struct child *child, uint64_t deadline, int cancel_fd, struct err *err);

/* Asks it to end, kills it with its group when it has not after grace_ms; returns when it is gone. */
void child_stop(struct child *child, uint64_t grace_ms);

/* The path of a program: `name` itself when it has a slash, else the first of that name on the PATH; NULL: none. */
char *child_program(const char *name);

#endif
