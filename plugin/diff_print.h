/*
 * diff_print: how two snapshots differ, for people and for machines.  Names came out of files that may be hostile; a
 * value is in none of it.
 */
#ifndef PLUGIN_DIFF_PRINT_H
#define PLUGIN_DIFF_PRINT_H

#include "etcd/etcd_diff.h"
#include "plugin/print.h"
#include "plugin/source.h"

/* Nothing is owned. */
struct comparison {
	const struct source *from, *to;
	uint64_t from_revision, to_revision;
	const struct etcd_diff *diff;
};

/* Whether anything differs that does not change by itself. */
bool diff_differs(const struct etcd_diff *diff);

/* What is to be named for these flags. */
struct diff_wish diff_wish(const struct opts *opts);

/*
 * To stdout: a block of `name value` lines, the counts by resource and namespace (-o wide: those that change by
 * themselves, too), with --names the objects; -o name: nothing but the objects.
 */
void diff_print(const struct comparison *comparison, const struct opts *opts);

/* The whole of it: kind SnapshotDiff, apiVersion etcd-backup/v1.  Without --names `names` is null. */
struct tree *diff_tree(struct arena *arena, const struct comparison *comparison,
		       const struct opts *opts);

#endif
