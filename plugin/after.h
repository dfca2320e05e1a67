/*
 * after: what a restore leaves to be seen to: alarms and auth that come with the snapshot, leases, kubelets of nodes that
 * the snapshot does not know, revisions.  The plan names it, the end reports it.
 */
#ifndef PLUGIN_AFTER_H
#define PLUGIN_AFTER_H

#include "etcd/etcd_carried.h"
#include "plugin/opts.h"

struct plan;

struct after {
	bool read; /* the snapshot was looked at by this process */
	struct etcd_carried carried;
	struct name_set
		stale; /* API servers that the snapshot knows and that are on none of the nodes */
	bool asked;    /* a live member told which nodes there are */
	char unasked[128];       /* why one that answers did not; "": none answers, or it did */
	struct name_set unknown; /* nodes that joined after the snapshot was taken */
	struct name_set gone;    /* nodes that were removed since: they come back */
};

/*
 * Reads the snapshot's database once and puts what it carries into the plan and its context.  -1: CORRUPT; UNSAFE (an alarm
 * CORRUPT, or one that is not known, without --force-corrupt; for browse and extract it is a warning); USAGE.
 */
int after_read(const struct opts *opts, struct plan *plan, struct err *err);

/* With the cluster found: asks a live member for its nodes, and compares.  What cannot be asked is told. */
void after_ask(struct plan *plan);

/* Adds the names that a member has below a prefix now.  -1: it cannot be asked. */
int after_names(struct plan *plan, size_t member, const char *prefix, uint64_t deadline,
		struct name_set *out);

/* Lines of the plan, to stderr. */
void after_show(const struct plan *plan);

/*
 * After a run that succeeded: tells whether HashKV was refused, and what only the process that began the run could see.  After a
 * rollback: of alarms that stand, too.  After a restore: waits until leases of API servers that are gone have ended (half a minute
 * at most), restarts the kubelets that --restart-kubelets names, and tells what is left to do.
 */
void after_end(const struct opts *opts, struct plan *plan);

#endif
