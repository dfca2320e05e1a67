/*
 * list_print: the snapshots of a store as a table and as a document.
 */
#ifndef PLUGIN_LIST_PRINT_H
#define PLUGIN_LIST_PRINT_H

#include "plugin/opts.h"
#include "store/catalog.h"

/* Of the cluster that --cluster-name names, or of any; what cannot be read is always shown. */
bool list_wants(const struct opts *opts, const struct catalog_entry *entry);

/* "ok", "drilled", "degraded", "missing", "size", "unreadable" */
const char *list_state(const struct catalog_entry *entry);

void list_print_table(const struct catalog *catalog, const struct opts *opts);

/* kind SnapshotList, apiVersion etcd-backup/v1.  -1: as print_tree. */
int list_print_document(const struct catalog *catalog, const struct opts *opts, struct err *err);

#endif
