/*
 * latest: which snapshot of a store the word "latest" means.
 */
#ifndef PLUGIN_LATEST_H
#define PLUGIN_LATEST_H

#include "store/catalog.h"

/*
 * The newest that is whole and not degraded; what is newer and passed over gets a warning.  NULL and err (STORE), with what to
 * do: none is, or there are snapshots of several clusters.
 */
const struct catalog_entry *latest_find(const struct catalog *catalog, const char *url,
					struct err *err);

#endif
