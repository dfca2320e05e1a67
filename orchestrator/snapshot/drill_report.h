/*
 * drill_report: the JSON that a drill leaves beside a snapshot, NAME.drill.json: when, where and by what it was restored,
 * and what was proved of the cluster that came out of it.
 */
#ifndef SNAPSHOT_DRILL_REPORT_H
#define SNAPSHOT_DRILL_REPORT_H

#include "base/err.h"
#include "base/tree.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	DRILL_REPORT_MAX = 64 * 1024,
	DRILL_PROOFS_MAX = 32,
	DRILL_STEPS_MAX = 24,
	DRILL_NODES_MAX = 15
};

#define DRILL_REPORT_ENDING ".drill.json"

struct drill_proof {
	const char *name, *words;
};

struct drill_step {
	const char *name;
	uint64_t ms;
};

/* Texts live elsewhere, or in the arena that it was read into. */
struct drill_report {
	const char *snapshot; /* its name */
	const char *sha256;   /* of etcd's file, as in the recipe */
	uint64_t revision;
	uint64_t taken_at; /* seconds since 1970; 0: not known */
	uint64_t at;       /* when the drill ended, seconds since 1970 */
	const char *host;  /* where */
	const char *
		way; /* "local": members on the loopback interface of that host; "nodes": on the cluster's own */
	const char *nodes[DRILL_NODES_MAX];
	size_t node_count;
	const char *program, *etcd, *restored_by; /* versions, and the tool's name and version */
	uint64_t members;
	uint64_t
		forecast_ms; /* API down in a real restore, as it was measured here; 0: not known */
	const char *trouble; /* why it failed; NULL: it did not */
	struct drill_proof proofs[DRILL_PROOFS_MAX];
	size_t proof_count;
	struct drill_step steps[DRILL_STEPS_MAX];
	size_t step_count;
};

/* kind DrillReport, apiVersion etcd-backup/v1. */
struct tree *drill_report_tree(struct arena *arena, const struct drill_report *report);

/*
 * Reads what tells whether a snapshot is drilled, by what, of which cluster its figures are, and what it took: sha256, at, members,
 * nodes, program, etcd, restored_by, way, forecast_ms, steps, trouble; no proofs.  -1 (CONFIG): no JSON, another kind or version, no time.
 */
int drill_report_read(struct arena *arena, const char *text, size_t len, struct drill_report *out,
		      struct err *err);

/* Whether an object's name is that of a report. */
bool drill_report_is_name(const char *name);

#endif
