/*
 * interrupt: Ctrl-C and its like as something to wait for, so that what was started is stopped and removed.
 */
#ifndef PLUGIN_INTERRUPT_H
#define PLUGIN_INTERRUPT_H

#include "base/err.h"

#include <signal.h>

struct interrupt {
	int fd; /* readable once SIGINT, SIGTERM or SIGHUP came: a cancel_fd; -1: not open */
	sigset_t before;
};

/* From now on those signals do nothing else.  -1: BUG. */
int interrupt_open(struct interrupt *interrupt, struct err *err);

/* They do again what they did; one that came meanwhile is over. */
void interrupt_close(struct interrupt *interrupt);
void interrupt_scoped(struct interrupt *interrupt);

#endif
