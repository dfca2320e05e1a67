/*
 * progress: the events of a play, as lines on stderr and as a record for the table at the end.
 */
#ifndef PLUGIN_PROGRESS_H
#define PLUGIN_PROGRESS_H

#include "etcd/cluster.h"
#include "play/play.h"

#include <stdbool.h>

/* Starts are in ms since progress_begin. */
struct progress_step {
	const struct verb *verb;
	bool undo, failed;
	bool first;         /* it is the first node's alone */
	uint64_t start, ms; /* of the whole step */
	uint64_t node_start[CLUSTER_MEMBERS_MAX], node_ms[CLUSTER_MEMBERS_MAX];
	bool node_ran[CLUSTER_MEMBERS_MAX];
	const char *node_error[CLUSTER_MEMBERS_MAX]; /* NULL: it did not fail */
};

struct progress {
	bool quiet;
	struct arena *arena; /* for what is kept of errors; NULL: nothing is */
	uint64_t began;      /* as now_ms() */
	uint64_t committed;  /* ms since then; 0: it was not */
	const char *commit_text;
	size_t count;
	struct progress_step steps[2 * PLAYBOOK_STEPS_MAX];
};

/* An empty record, whose time begins now. */
void progress_begin(struct progress *progress, struct arena *arena, bool quiet);

/* Events that write to stderr unless quiet, and fill the record. */
struct play_events progress_events(struct progress *progress);

/* A line of its own: "10:41:07 words". */
void progress_line(const struct progress *progress, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The table of steps and seconds per node, to stdout. */
void progress_table(const struct progress *progress, const struct cluster *cluster);

/*
 * Whether that step, forward or as an undo, ended well with its last try, and on every node that it is for: one that was left out
 * has proved nothing.  false: there was none.
 */
bool progress_ended_well(const struct progress *progress, const char *verb, bool undo);

/*
 * From the first API server stopped to the first one ready again, as now_ms(), by what this process saw; 0: it
 * did not see it.
 */
struct api_down {
	uint64_t from, until;
};
struct api_down progress_api_down(const struct play_ctx *ctx);

#endif
