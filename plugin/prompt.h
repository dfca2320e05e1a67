/*
 * prompt: the one question that is asked.
 */
#ifndef PLUGIN_PROMPT_H
#define PLUGIN_PROMPT_H

#include "base/err.h"

#include <stdbool.h>

/* Whether standard input is a terminal. */
bool prompt_possible(void);

/* Asks on stderr and reads a line; 0 when it is `expected`, else UNSAFE.  Ctrl-D is a no. */
int prompt_typed(const char *question, const char *expected, struct err *err);

#endif
