/*
 * verb: what a step of a playbook does on one node.  A verb looks first whether its end state holds
 * already; so trying again, going on and undoing what half happened are one mechanism.  Verbs touch their own
 * node only, and never each other.
 */
#ifndef PLAY_VERB_H
#define PLAY_VERB_H

#include "base/err.h"
#include "etcd/cluster.h"
#include "etcd/static_pod.h"
#include "node/node.h"
#include "play/drill.h"

#include <stdbool.h>
#include <stdint.h>

enum { RUN_ID_SIZE = 24, TOKEN_SIZE = 64, HOLDER_SIZE = 33 };

/* One check of check-nodes: its name ("space"), and what is wrong, with what to do. */
struct check {
	const char *name;
	struct err err; /* code NONE: passed */
};
enum { CHECKS_MAX = 16 };

/* What a run knows of one node; written by that node's worker only. */
struct play_node {
	const struct member *member;
	struct apiserver api;
	bool has_api;
	const char *
		voters; /* in the data that it had when the run began, as cluster_can_serve has it; NULL: not known */

	/* the ids that it will have: predicted from the token, or read out of the data that comes back */
	uint64_t want_member, want_cluster;

	/* from check-nodes; those after one that the node did not answer are not there */
	struct check checks[CHECKS_MAX];
	size_t check_count;
	bool data_existed; /* the data dir was there before us */
	uint64_t free_bytes, need_bytes;
	char tool_source[200]; /* where the restore tool was found, in words */

	/* from check-kept: of the old data and its WAL, where they are removed of the run's own folder, too */
	uint64_t kept_bytes;
	uint64_t kept_at; /* when the old data was put aside, unix seconds; 0: there is none */

	/* from put-snapshot */
	bool tool_is_etcdutl; /* else etcdctl */
	bool tool_bumps;      /* has --bump-revision and --mark-compacted */

	/* from wait-etcd: as it served; ids 0: not seen by this process */
	uint64_t found_member, found_cluster;
	uint32_t hash;
	uint64_t revision, raft_index;

	/* from clear-alarms; sizes of the database, 0: not looked at */
	uint64_t size_before, size_after;
	bool has_room;           /* below its quota */
	unsigned alarms_left;    /* ETCD_ALARM_ flags: of the whole cluster when it was asked */
	char alarm_trouble[160]; /* what etcd refused; "": nothing */

	/* from wait-etcd and compare-etcd: etcd's auth does not let us ask for a hash */
	bool hash_refused;
	/* from compare-etcd, then: entries of the log that it has applied, and between which its revision is there */
	uint64_t applied, revision_from, revision_to;

	/* from wait-controllers: the leases as the snapshot has them */
	char lease[2][160];

	/* it failed in a step past the commit, and has no part in what follows; written between steps */
	bool left_out;

	struct drill_node drill; /* of a drill */

	bool etcd_served, api_served;          /* something listened there when it was stopped */
	uint64_t api_stopped_at, api_ready_at; /* monotonic ms; 0: not yet */
};

/* What a run is: the same for all nodes, read-only while a step runs. */
struct play_ctx {
	char run[RUN_ID_SIZE];    /* "20261121T104107-7f3a" */
	char token[TOKEN_SIZE];   /* --initial-cluster-token of this run */
	char holder[HOLDER_SIZE]; /* of this process: who has the run in its hands; "": not asked */
	struct cluster *cluster;
	struct play_node *nodes; /* by node->index */

	const char *snapshot_path; /* local; each worker opens it for itself */
	uint64_t snapshot_size;    /* whole, with the hash */
	uint64_t db_size;
	const char *snapshot_sha256; /* of the whole file, hex */
	uint64_t snapshot_revision;
	uint64_t bump;            /* for --bump-revision */
	uint64_t snapshot_in_use; /* bytes of its pages that are not free */
	unsigned carried_alarms;  /* came with the snapshot: ETCD_ALARM_ flags of etcd_alarm.h */
	bool carried_auth;        /* so did etcd's auth, which is on */
	bool keep_alarms;         /* they are left as they come */
	const char *
		unknown_nodes; /* "a,b": joined after the snapshot was taken; NULL: none, or not known */
	const char *etcdutl;  /* local file to upload; NULL: look on the nodes */
	const char *operator; /* who runs this, from where, for the lock */

	const char *initial_cluster; /* one value for all */
	const char *playbook, *playbook_sha256;
	const char *target; /* rollback, clean: the run whose kept data is meant; NULL: none */
	const char *joins;  /* rejoin: the node that comes back, which is the first; NULL: none */
	const struct member *
		gone; /* abandon: the member of the rejoin whose node is none of these; NULL: none */
	const struct play_drill *drill; /* NULL: it is none */
	uint64_t grace_ms;
	/* Asks for /readyz at the address that users have; NULL: not known. */
	int (*front_ready)(void *arg, uint64_t deadline, struct err *err);
	void *front_arg;
	bool lacks_members; /* some are gone for good, and may be in the members' lists */
	bool no_quorum; /* more members are gone for good than their etcd stands: nothing will serve, and nothing is waited for */
	bool leave_nothing; /* the run's folder goes, too, when it has succeeded */
	bool undoing; /* this call is an undo: put back, wait for nothing that was not there */
};

enum verb_kind { VERB_LOOKS, VERB_CHANGES };

struct verb {
	const char *name;
	const char *inverse; /* NULL: none needed */
	const char *about;
	enum verb_kind kind;
	uint64_t timeout_ms, timeout_max_ms;
	int (*run)(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		   struct err *err);
	/* After the barrier, on the main thread: do the nodes agree?  NULL: nothing to compare. */
	int (*judge)(const struct play_ctx *ctx, struct err *err);
	/* For `on: one-by-one`: whether this cluster needs turns.  NULL: always. */
	bool (*needs_turns)(const struct play_ctx *ctx);
	bool serves; /* needs what serves, where no_quorum may stand: it is passed over then */
};

/* The table; ends with a NULL name. */
extern const struct verb verbs[];
const struct verb *verb_find(const char *name); /* NULL: there is none */
/* The names of the checks that the verb makes on a node, in their order; NULL: there are no more. */
const char *verb_check_name(const struct verb *verb, size_t index);

/* What this run knows of the node. */
static inline struct play_node *play_node(const struct play_ctx *ctx, const struct node *node)
{
	return &ctx->nodes[node->index];
}

/* verb_check.c; the locks in verb_lock.c */
int verb_check_nodes(struct node *, const struct play_ctx *, uint64_t, struct err *);
int judge_check_nodes(const struct play_ctx *, struct err *);
const char *check_nodes_name(size_t index);
int verb_lock_nodes(struct node *, const struct play_ctx *, uint64_t, struct err *);
int verb_unlock_nodes(struct node *, const struct play_ctx *, uint64_t, struct err *);
/* verb_file.c */
int verb_put_snapshot(struct node *, const struct play_ctx *, uint64_t, struct err *);
/* *missing: put-snapshot would have to send it. */
int snapshot_missing(struct node *, const struct play_ctx *, uint64_t, bool *missing, struct err *);
int verb_drop_snapshot(struct node *, const struct play_ctx *, uint64_t, struct err *);
int verb_swap_data(struct node *, const struct play_ctx *, uint64_t, struct err *);
int verb_swap_data_back(struct node *, const struct play_ctx *, uint64_t, struct err *);
/* verb_kept.c */
int verb_check_kept(struct node *, const struct play_ctx *, uint64_t, struct err *);
int judge_check_kept(const struct play_ctx *, struct err *);
int verb_drop_kept(struct node *, const struct play_ctx *, uint64_t, struct err *);
int verb_drop_emptied(struct node *, const struct play_ctx *, uint64_t, struct err *);
/* verb_member.c */
int verb_build_member(struct node *, const struct play_ctx *, uint64_t, struct err *);
int verb_drop_member(struct node *, const struct play_ctx *, uint64_t, struct err *);
int verb_empty_member(struct node *, const struct play_ctx *, uint64_t, struct err *);
/* verb_join_check.c */
int verb_check_joining(struct node *, const struct play_ctx *, uint64_t, struct err *);
const char *check_joining_name(size_t index);
/* verb_join.c */
int verb_add_learner(struct node *, const struct play_ctx *, uint64_t, struct err *);
int verb_remove_learner(struct node *, const struct play_ctx *, uint64_t, struct err *);
int verb_wait_learner(struct node *, const struct play_ctx *, uint64_t, struct err *);
int verb_promote_learner(struct node *, const struct play_ctx *, uint64_t, struct err *);
int verb_wait_voters(struct node *, const struct play_ctx *, uint64_t, struct err *);
/* verb_abandon.c */
int verb_check_remaining(struct node *, const struct play_ctx *, uint64_t, struct err *);
int verb_remove_member(struct node *, const struct play_ctx *, uint64_t, struct err *);
int judge_wait_voters(const struct play_ctx *, struct err *);
/* verb_pod.c */
int verb_stop_apiserver(struct node *, const struct play_ctx *, uint64_t, struct err *);
int verb_start_apiserver(struct node *, const struct play_ctx *, uint64_t, struct err *);
int verb_stop_etcd(struct node *, const struct play_ctx *, uint64_t, struct err *);
int verb_start_etcd(struct node *, const struct play_ctx *, uint64_t, struct err *);
bool turns_start_etcd(const struct play_ctx *);
int verb_restart_controllers(struct node *, const struct play_ctx *, uint64_t, struct err *);
/* verb_etcd.c */
int verb_wait_etcd(struct node *, const struct play_ctx *, uint64_t, struct err *);
int judge_wait_etcd(const struct play_ctx *, struct err *);
int verb_compare_etcd(struct node *, const struct play_ctx *, uint64_t, struct err *);
int judge_compare_etcd(const struct play_ctx *, struct err *);
/* verb_after.c */
int verb_clear_alarms(struct node *, const struct play_ctx *, uint64_t, struct err *);
bool turns_clear_alarms(const struct play_ctx *);
uint64_t play_quota(const struct member *member); /* what it has, or etcd's own */
bool play_has_room(const struct member *member,
		   uint64_t bytes);                    /* below the quota, with a sixteenth free */
unsigned play_alarms_left(const struct play_ctx *ctx); /* after clear-alarms, as flags */
/* verb_drill.c */
int verb_check_drill(struct node *, const struct play_ctx *, uint64_t, struct err *);
int verb_start_drill(struct node *, const struct play_ctx *, uint64_t, struct err *);
int verb_stop_drill(struct node *, const struct play_ctx *, uint64_t, struct err *);
int verb_prove_drill(struct node *, const struct play_ctx *, uint64_t, struct err *);
int judge_prove_drill(const struct play_ctx *, struct err *);
int verb_write_drill(struct node *, const struct play_ctx *, uint64_t, struct err *);
int verb_read_drill(struct node *, const struct play_ctx *, uint64_t, struct err *);
/* verb_drill_api.c */
int verb_start_drill_api(struct node *, const struct play_ctx *, uint64_t, struct err *);
int verb_stop_drill_api(struct node *, const struct play_ctx *, uint64_t, struct err *);
int verb_read_drill_api(struct node *, const struct play_ctx *, uint64_t, struct err *);
/* verb_api.c */
int verb_wait_apiserver(struct node *, const struct play_ctx *, uint64_t, struct err *);
int judge_wait_apiserver(const struct play_ctx *, struct err *);
int verb_wait_controllers(struct node *, const struct play_ctx *, uint64_t, struct err *);

#endif
