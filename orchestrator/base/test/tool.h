/*
 * tool: the real tools of this machine, which a test compares with or makes its files by.
 */
#ifndef BASE_TEST_TOOL_H
#define BASE_TEST_TOOL_H

#include "base/mem.h"
#include "base/proc.h"
#include "base/test/check.h"

/* Its exit status.  `input` and `out` may be NULL; what a tool that failed had to say is shown. */
static inline int run_tool(const char *const args[], const struct buf *input, struct buf *out)
{
	scoped(buf) struct buf errs = BUF_INIT(4096);
	struct err err = ERR_INIT;
	int status = -1;
	struct proc_request request = { .argv = args,
					.input = input ? input->data : NULL,
					.input_len = input ? input->len : 0,
					.input_fd = -1,
					.deadline = deadline_in(20000),
					.cancel_fd = -1 };

	CHECK_INT(proc_run(&request, out, &errs, &status, &err), 0);
	CHECK_STR(err.text, "");
	if (status)
		fprintf(stderr, "%s: %s\n", args[0], buf_str(&errs));
	return status;
}

/* The same of `sh -ec`, with the test's folder as $1. */
static inline int shell(const char *folder, const char *script, const struct buf *input,
			struct buf *out)
{
	const char *const args[] = { "sh", "-ec", script, "sh", folder, NULL };

	return run_tool(args, input, out);
}

#endif
