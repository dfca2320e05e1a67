/*
 * store_flags: a store by its URL and what the flags say of it.
 */
#ifndef PLUGIN_STORE_FLAGS_H
#define PLUGIN_STORE_FLAGS_H

#include "plugin/opts.h"
#include "store/store.h"

/* cancel_fd: readable means give up; -1: none.  *out is closed by the caller.  -1: USAGE, CONFIG. */
int store_from_opts(const struct opts *opts, const char *url, int cancel_fd, struct store **out,
		    struct err *err);

#endif
