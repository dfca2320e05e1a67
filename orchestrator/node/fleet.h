/*
 * fleet: one thing on all nodes at once (libuv's thread pool); signals; cancel.  Used by the main
 * thread only; while a call runs, each node belongs to its worker.
 */
#ifndef NODE_FLEET_H
#define NODE_FLEET_H

#include "base/err.h"
#include "node/node.h"

#include <stdbool.h>
#include <stddef.h>

enum { FLEET_MAX = 15 };

struct fleet;

/* The nodes are borrowed and stay where they are; their index and cancel_fd are set. */
struct fleet *fleet_new(struct node *nodes, size_t count);
void fleet_free(struct fleet *fleet); /* closes the nodes; NULL is allowed */
void fleet_scoped(struct fleet **fleet);

size_t fleet_count(const struct fleet *fleet);
struct node *fleet_node(struct fleet *fleet, size_t index);

typedef int node_fn(struct node *node, void *arg, struct err *err);

/* Called on the main thread when a node has ended; err is NULL when all went well. */
typedef void fleet_ended(void *arg, const struct node *node, uint64_t ms, const struct err *err);

/*
 * Runs fn on every node for which only[index] is true (all when NULL), at once.  Returns when all
 * have ended: the return is the barrier.  0 when every one returned 0; else -1, errs[index] says why
 * for each.  errs has fleet_count() places; ended may be NULL.
 */
int fleet_each(struct fleet *fleet, node_fn *fn, void *arg, const bool only[], struct err errs[],
	       fleet_ended *ended, void *ended_arg);

/*
 * From here on SIGINT, SIGTERM and SIGHUP cancel: running jobs end with CANCELLED.  A second SIGINT
 * calls `again` on the main thread during a fleet_each, or at its start.
 */
int fleet_catch_signals(struct fleet *fleet, void (*again)(void *arg), void *arg, struct err *err);

/* Whether a signal has come (or fleet_cancel was called); forgetting it lets an undo run. */
bool fleet_cancelled(const struct fleet *fleet);
void fleet_cancel(struct fleet *fleet);
void fleet_forget_cancel(struct fleet *fleet);

/* From here on a signal cancels nothing: it only counts, and a second Ctrl-C calls `again`. */
void fleet_shield(struct fleet *fleet);

/*
 * For a time in which signals mean something else than to give up, after fleet_catch_signals: the last that came and was not
 * taken yet (0: none), which is then as if it had not come; and what becomes readable when one may have.
 */
int fleet_take_signal(struct fleet *fleet);
int fleet_signal_fd(const struct fleet *fleet);

/* The first error of errs in words, "and N more" added; returns -1. */
int fleet_first(const struct fleet *fleet, const struct err errs[], struct err *err);

#endif
