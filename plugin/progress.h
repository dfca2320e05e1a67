/*
 * progress: the events of a play, as lines on stderr and as a record for the table at the end.
 */
#ifndef PLUGIN_PROGRESS_H
#define PLUGIN_PROGRESS_H

#include "etcd/cluster.h"
#include "play/play.h"

#include <stdbool.h>

struct progress_step {
	const char *name;
	bool undo, failed;
	uint64_t ms; /* of the whole step */
	uint64_t node_ms[CLUSTER_MEMBERS_MAX];
	bool node_ran[CLUSTER_MEMBERS_MAX];
};

struct progress {
	bool quiet;
	size_t count;
	struct progress_step steps[2 * PLAYBOOK_STEPS_MAX];
};

/* Events that write to stderr unless quiet, and fill the record. */
struct play_events progress_events(struct progress *progress);

/* A line of its own: "10:41:07 words". */
void progress_line(const struct progress *progress, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The table of steps and seconds per node, to stdout. */
void progress_table(const struct progress *progress, const struct cluster *cluster);

#endif
