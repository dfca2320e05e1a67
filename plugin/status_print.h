/*
 * status_print: what `status` found, for people and for machines.
 */
#ifndef PLUGIN_STATUS_PRINT_H
#define PLUGIN_STATUS_PRINT_H

#include "plugin/print.h"
#include "plugin/status.h"

/*
 * To stdout: a row a member (-o wide: more columns, and why it does not answer), a line about the newest snapshot when a
 * store was asked, a line an alarm.
 */
void status_print(const struct status *status, const struct opts *opts);

/* The whole of it: kind ClusterStatus, apiVersion etcd-backup/v1.  Without a store `backup` is null. */
struct tree *status_tree(struct arena *arena, const struct status *status);

#endif
