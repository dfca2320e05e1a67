/*
 * proc: a child process by argv, never a shell: bytes in, bytes out, deadline, cancel.
 */
#ifndef BASE_PROC_H
#define BASE_PROC_H

#include "base/buf.h"
#include "base/err.h"

#include <stdint.h>

struct proc_request {
	const char *const *argv; /* NULL-terminated; argv[0] is looked up on the PATH */
	const char *const *env;  /* NULL: ours */
	const void *input;       /* to its standard input */
	size_t input_len;
	int input_fd; /* used as its standard input when not negative; else `input` */
	uint64_t deadline;
	int cancel_fd; /* -1: none */
};

/*
 * Runs it to its end.  out and errs are appended to up to their maximum; more is an error and ends
 * the child.  0 with *status (exit code, or 128 + signal); -1 with REMOTE, TIMEOUT or CANCELLED,
 * and the child is then dead.
 */
int proc_run(const struct proc_request *request, struct buf *out, struct buf *errs, int *status,
	     struct err *err);

#endif
