/*
 * without: the members of --without, which may be given several times, and each time name several: "cp-2,cp-3".
 */
#ifndef PLUGIN_WITHOUT_H
#define PLUGIN_WITHOUT_H

#include "plugin/opts.h"

#include <stdbool.h>

struct arena;

enum { WITHOUT_MAX = 64 };

/* Whether it is one of them; name may be NULL, which none is. */
bool without_has(const struct opts *opts, const char *name);
bool without_any(const struct opts *opts);

/* All of them, each once, in the order they were given; more than WITHOUT_MAX are cut off.  Returns how many. */
size_t without_list(const struct opts *opts, struct arena *arena, const char *names[WITHOUT_MAX]);

/* As one argument of the flag: "cp-2,cp-3". */
const char *without_text(const struct opts *opts, struct arena *arena);

#endif
