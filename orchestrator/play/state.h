/*
 * state: what a run leaves on a node, in /etc/kubernetes/etcd-backup, read back: enough for another operator on
 * another machine to go on with the run, to undo it, or to roll it back.  docs/resume.md has the format.
 */
#ifndef PLAY_STATE_H
#define PLAY_STATE_H

#include "base/err.h"
#include "base/mem.h"
#include "node/node.h"
#include "play/verb.h"

#include <stdbool.h>
#include <stdint.h>

/* How far a run is on one node, by what stands there and not by what was planned.  In the order of the playbooks. */
enum run_phase {
	PHASE_NOTHING,      /* no trace of it */
	PHASE_LOCKED,       /* its folder is there, nothing else */
	PHASE_STAGED,       /* a snapshot or a restored member lies beside the live data */
	PHASE_API_STOPPED,  /* the API server's manifest is parked */
	PHASE_ETCD_STOPPED, /* etcd's manifest is parked, too */
	PHASE_SWAPPED,      /* the old data is away */
	PHASE_ETCD_STARTED, /* etcd's manifest is back over the new data */
	PHASE_API_STARTED,  /* the API server's, too: this is past the commit */
};
const char *phase_text(enum run_phase phase); /* "API server stopped" */

/* What a node says of one run; strings in the arena that was given; NULL: not told. */
struct run_state {
	bool found;   /* the run's folder is there, with a state.json */
	bool locked;  /* the node's lock is of this run */
	bool undoing; /* it was going back */
	enum run_phase phase;
	const char *operator, * since, *cluster, *member, *data_dir, *wal_dir;
	const char *playbook, *playbook_sha256, *target, *joins;
	const char *initial_cluster, *token, *snapshot_sha256;
	uint64_t snapshot_size, db_size, snapshot_revision, bump, in_use;
	unsigned carried_alarms;
	bool carried_auth, keep_alarms;
	const char *unknown_nodes;
	const char *voters; /* in the data from before the run, as cluster_can_serve has it */
	uint64_t drill_port, drill_limit_s; /* of a drill; 0: it is none */
	bool data_existed;
};

/* Writes state.json into the run's folder, which is there. */
int state_write(struct node *node, const struct play_ctx *ctx, uint64_t deadline, struct err *err);

/* Reads a run's.  No such run: 0, and found is false.  -1: SSH, REMOTE, TIMEOUT; CONFIG (of another version, damaged). */
int state_read(struct node *node, const char *run, struct arena *arena, uint64_t deadline,
	       struct run_state *out, struct err *err);

/* Puts a mark into the run's folder ("undoing", "served-etcd", "built"), and asks for it; durable: a power cut leaves it there. */
int state_mark(struct node *node, const struct play_ctx *ctx, const char *mark, uint64_t deadline,
	       struct err *err);
int state_mark_durable(struct node *node, const struct play_ctx *ctx, const char *mark,
		       uint64_t deadline, struct err *err);
int state_marked(struct node *node, const struct play_ctx *ctx, const char *mark, uint64_t deadline,
		 bool *marked, struct err *err);

/*
 * Two processes must not play one run: whoever goes on with a run takes it, and the other finds out before its next
 * change.  state_take writes who has it; state_held: still this process?  Also true where nobody has written it yet.
 * state_take_over is for one who goes on with it: writes it where the run has its lock, or had it and has left its folder; where
 * it is not any more, or not yet, there is nothing to take.
 */
int state_take(struct node *node, const struct play_ctx *ctx, uint64_t deadline, struct err *err);
int state_take_over(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		    struct err *err);
int state_held(struct node *node, const struct play_ctx *ctx, uint64_t deadline, bool *held,
	       struct err *err);

/* Who holds the node's lock: run[0] is 0 when nobody does; words: the lock's own line.  -1: REMOTE when it is no lock of ours. */
struct lock {
	char run[RUN_ID_SIZE];
	char words[256];
};
int state_lock(struct node *node, uint64_t deadline, struct lock *out, struct err *err);

/* The names of the newest max runs whose folders are there, oldest first: *count of them; *older are left out. */
int state_runs(struct node *node, uint64_t deadline, char runs[][RUN_ID_SIZE], size_t max,
	       size_t *count, size_t *older, struct err *err);

/* Where a pod's manifest is: in its place, or parked by the run that holds the lock; NULL: nowhere.  A new string. */
int state_manifest(struct node *node, const char *pod, uint64_t deadline, char **path,
		   struct err *err);

/* Whether this can be the name of a run: it becomes part of paths. */
bool state_run_name(const char *name);

#endif
