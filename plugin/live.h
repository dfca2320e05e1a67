/*
 * live: the cluster as it is now, as a source: a fresh snapshot of one member, taken as `save` takes it, into memory.
 */
#ifndef PLUGIN_LIVE_H
#define PLUGIN_LIVE_H

#include "plugin/source.h"

/*
 * Finds the cluster, chooses a member (--member), streams its snapshot through SSH and proves it.  Its recipe is not
 * there, but for the cluster's name and CA fingerprint, the member and the time.  Warnings go to stderr.  -1: what
 * discover, choose_member and take_snapshot say.
 */
int live_open(const struct opts *opts, struct source *out, struct err *err);

#endif
