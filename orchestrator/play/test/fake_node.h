/*
 * fake_node: directories that look like kubeadm nodes, with a kubelet, an etcd, an API server and an etcdutl that are a
 * few flags; and a fault that can be put into any command.
 */
#ifndef PLAY_TEST_FAKE_NODE_H
#define PLAY_TEST_FAKE_NODE_H

#include "etcd/cluster.h"
#include "node/fleet.h"
#include "node/node_dir.h"
#include "play/play.h"

enum { FAKE_NODES_MAX = 5, FAKE_KILLED = 99 };

#define FAKE_RUN "20261121t104107-7f3a"
#define FAKE_TOKEN "etcd-backup-test"
#define FAKE_OLD_TOKEN "etcd-cluster-old"

/* name, does it act (0 no, 1 yes, 2 by half), words */
#define FAULT_LIST(X)                                   \
	X(NONE, 1, "none")                              \
	X(BEFORE, 0, "fails before acting")             \
	X(HALF, 2, "fails half-way")                    \
	X(AFTER, 1, "fails after acting")               \
	X(HANG_BEFORE, 0, "hangs, has not acted")       \
	X(HANG_AFTER, 1, "hangs, has acted")            \
	X(LOST_BEFORE, 0, "node lost before acting")    \
	X(LOST_AFTER, 1, "node lost after acting")      \
	X(KILLED_BEFORE, 0, "we are killed before it")  \
	X(KILLED_HALF, 2, "we are killed half-way")     \
	X(KILLED_AFTER, 1, "we are killed after it")    \
	X(STUCK, 0, "fails every time")                 \
	X(REFUSED, 0, "refuses, so that all is undone") \
	X(CANCELLED, 0, "is interrupted")

enum fault {
#define X(name, acts, words) FAULT_##name,
	FAULT_LIST(X) FAULTS
#undef X
};
const char *fault_words(enum fault fault);
static inline bool fault_kills(enum fault fault)
{
	return fault >= FAULT_KILLED_BEFORE && fault <= FAULT_KILLED_AFTER;
}

/* What the node is doing; it goes on when a process of ours dies: shared memory. */
struct fake_machine {
	int etcd_pid, api_pid;     /* 0: not running */
	int drill_etcd, drill_api; /* those of a drill */
	int tool_pid;       /* of a restore that goes on after we were killed in it; 0: none */
	char tool_dir[128]; /* that it writes to */
	int next_pid;
	char etcd_data[64], api_data[64]; /* the token of the data over which they run */
	char broken[160];                 /* what must never happen has happened */
	bool defragmented, disarmed;      /* since the restored data came */
	bool fault_hit;
	int stray_pid; /* of an etcd on a node that could not be brought back with the others; 0: none */
};

/* What a command is answered instead of being done: the first one whose words stand in it. */
struct fake_answer {
	const char *has; /* NULL ends a list */
	int status;      /* exit status; -1: it is not run, with err */
	const char *out; /* NULL: nothing */
	struct err err;
};

struct fake_node {
	struct node_dir dir;
	struct fake_machine *machine;
	struct fake_world *world;
	const struct member *member;
	char *root;
	bool full;     /* dd says that the disk is full */
	bool no_tool;  /* etcd's image has none */
	bool stubborn; /* the API server does not die */
	bool hash_differs;
	bool api_never_ready;
	bool no_defragment, no_hash, compacted; /* etcd refuses */
	bool no_status, no_read;                /* its auth refuses */
	bool leaderless;                        /* its etcd knows no leader */
	unsigned answers_left;      /* and then its etcd says nothing in time; 0: it always does */
	unsigned behind;            /* entries that its etcd has not applied yet */
	unsigned revisions_less;    /* than the others have */
	const char *version;        /* that its etcd tells; NULL: none */
	enum err_code disarm_error; /* NONE: it does not */
	bool no_client;             /* certificates cannot be read */
	int api_status;             /* of its answers; 0: 200 */
	const char *lease;          /* what stands in a lease; NULL: a new time each time */
	const struct fake_answer *answers; /* NULL: none */
	bool no_systemd;                   /* systemd-run fails */
	bool port_taken;                   /* something listens on the drill's first port */
	bool little_memory;
	bool writes_lost;   /* what was written to others is not there */
	bool no_key;        /* the drill's API server cannot decrypt */
	bool api_unready;   /* the drill's API server answers, and says that it is not ready */
	bool api_ends;      /* it ends when it is asked */
	bool no_secret;     /* what it has in the place of a Secret is none */
	bool real_commands; /* on this machine's own programs where they can do it */
	/* the command after fault_at others has this fault */
	enum fault fault;
	unsigned fault_at;
	bool lost;         /* it answers nothing */
	bool stuck;        /* a step has failed on it again and again */
	unsigned commands; /* so far */
	bool *halves; /* told of each of `commands` from first_halves on whether it can be cut off half-way */
	unsigned halves_from, halves_room;
};

struct fake_world {
	char *folder, *nodes_folder;
	size_t count;
	struct fake_machine *machines;
	struct fake_node nodes[FAKE_NODES_MAX];
	struct node fleet_nodes[FAKE_NODES_MAX];
	struct fleet *fleet;
	struct cluster cluster;
	struct play_node play_nodes[FAKE_NODES_MAX];
	struct play_ctx ctx;
	char *snapshot;
	char snapshot_sha256[65];
	char initial[512];
	bool alarm;        /* the snapshot brings an alarm along */
	int alarm_kind;    /* as etcd numbers them; 0: NOSPACE */
	bool alarm_unsaid; /* a member's status does not tell of it */
	unsigned holders;  /* processes that had a run in their hands, so far */
	bool exile; /* the first node was left out of a restore: it runs over its old data, and serves nobody */
};

/* A cluster of that many members, with data of FAKE_OLD_TOKEN; with a WAL folder of its own if so wanted. */
void fake_world_open(struct fake_world *world, size_t count, bool wal_dir);
/* The first node is left out: it stays with data of FAKE_OLD_TOKEN, the others are a cluster of FAKE_TOKEN. */
void fake_world_exile(struct fake_world *world);
/* Whether that is what a node runs over. */
bool fake_exiled(const struct fake_node *fake, const char *token);
void fake_world_close(struct fake_world *world);

/* Faults are over: every node answers again. */
void fake_world_mend(struct fake_world *world);

/* Everything that stands on the nodes but what the kernel shows: names, modes, contents.  A new string. */
char *fake_world_tree(struct fake_world *world);

/* What must never happen on any node and has happened; NULL: nothing. */
const char *fake_world_broken(struct fake_world *world);

/* Whether etcd and the API server run everywhere, over the data of that token; of an exile: on the first node. */
bool fake_world_serves(struct fake_world *world, const char *token);

/* Whether the alarm that came with the snapshot still stands. */
bool fake_world_alarmed(const struct fake_world *world);

/* Files and processes as they are, put aside in `slot` and back. */
struct fake_saved {
	char *folder;
	struct fake_machine machines[FAKE_NODES_MAX];
};
void fake_world_save(struct fake_world *world, struct fake_saved *slot);
void fake_world_load(struct fake_world *world, const struct fake_saved *slot);
void fake_world_take(struct fake_world *world,
		     struct fake_saved *slot); /* the slot is empty then */
void fake_saved_scoped(struct fake_saved *slot);

/* What a drill has besides a restore: the context's drill, as it is for the fakes. */
extern const struct play_drill fake_drill;
extern const struct apiserver fake_api; /* what every node's manifest says */

/* fake_drill.c: what a drill asks of a node, and what it must not do to one.  1: answered; 0: something else was asked. */
int fake_drill_answer(struct fake_node *fake, const char *const args[], struct buf *out,
		      int *status);
void fake_drill_sockets(const struct fake_node *fake, struct buf *out);

/* The nodes' hook. */
int fake_hook(struct node *node, const char *const args[], const struct node_input *input,
	      uint64_t deadline, struct buf *out, struct buf *errs, int *status, struct err *err);

/*
 * fake_cluster.c: etcd with an empty folder that is told to join; false: it cannot.  And what changes the list of members:
 * "fake-etcd add URL", "fake-etcd promote ID", "fake-etcd remove ID", as a command of the node that asks, so that a fault
 * finds its place before and behind the change.
 */
bool fake_join(struct fake_node *fake);
int fake_members_change(struct fake_world *world, const char *const args[]);

/* What kubelet and the kernel do meanwhile. */
void fake_tick(struct fake_node *fake);

struct fake_node *fake_of(const struct node *node);

#endif
