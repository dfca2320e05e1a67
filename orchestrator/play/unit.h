/*
 * unit: a program that goes on on a node while we do something else.  It is a copy in the run's folder, so that its processes
 * are known by their executable, whatever became of whoever started them.
 */
#ifndef PLAY_UNIT_H
#define PLAY_UNIT_H

#include "play/look.h"
#include "play/verb.h"

struct unit {
	const char *
		program; /* in the run's folder: "tool/drill-etcd"; its output goes to the same name with .log */
	const char *const *argv; /* what follows the program; NULL-terminated */
	uint64_t memory_max;     /* bytes */
	uint64_t limit_s;        /* it is ended after so many seconds */
	bool loopback;           /* where that is possible: it reaches nothing but this node */
};

enum { UNIT_ARGS_MAX = 40 };

/*
 * Starts it behind everything else: lowest priority for processor and disk, first to go when memory is short, and in a
 * cgroup of its own by systemd-run; where that does not work without one, and play_node's drill says why.  -1: REMOTE.
 */
int unit_start(struct node *node, const struct play_ctx *ctx, const struct unit *unit,
	       uint64_t deadline, struct err *err);

/* Processes of it. */
int unit_look(struct node *node, const struct play_ctx *ctx, const char *program, uint64_t deadline,
	      struct pids *out, struct err *err);

/*
 * Waits until it listens on that port.  -1: REMOTE when it has ended; TIMEOUT with the last line of its output; CANCELLED.
 */
int unit_wait(struct node *node, const struct play_ctx *ctx, const char *program, unsigned port,
	      uint64_t deadline, struct err *err);

/* Puts the last line of its output behind the text of err.  -1. */
int unit_words(struct node *node, const struct play_ctx *ctx, const char *program, struct err *err);

/*
 * Of one that has ended: whether the kernel killed it because its cgroup was at its limit, or for want of memory elsewhere, on the node
 * or in a group around it.  By the kernel's log, which tells the same with both versions of cgroups and after the cgroup is gone.
 * NOT_KILLED also when that log does not tell, and of one without a cgroup of its own.
 */
enum unit_killed { UNIT_NOT_KILLED, UNIT_OVER_LIMIT, UNIT_NO_MEMORY };
enum unit_killed unit_killed(struct node *node, const struct play_ctx *ctx, const char *program);

/* Kills it and whatever else runs out of the run's folder; returns when nothing does.  -1: TIMEOUT, REMOTE. */
int unit_stop(struct node *node, const struct play_ctx *ctx, const char *program, uint64_t deadline,
	      struct err *err);

#endif
