/*
 * drill: a snapshot restored into a cluster of its own that is proved, measured and removed.
 */
#ifndef PLUGIN_DRILL_H
#define PLUGIN_DRILL_H

#include "base/certificate.h"
#include "base/child.h"
#include "etcd/cluster_check.h"
#include "node/node.h"
#include "plugin/progress.h"
#include "plugin/scratch.h"
#include "plugin/source.h"
#include "snapshot/drill_report.h"

enum { DRILL_PORT = 12379 };

struct drill_settings {
	const struct source *source;
	struct etcd_hash hash; /* HashKV of the snapshot at its newest revision */
	const char *then;      /* the etcd it was taken from: "3.5.16", "3.5"; "": not known */
	size_t members;        /* 1 to CLUSTER_MEMBERS_MAX */
	unsigned port_base;    /* two ports a member, from here on */
	const char *folder;    /* where the scratch folder is made */
	const char *etcd,
		*etcdutl; /* a file, or a name for the PATH; NULL: etcd; etcdutl or etcdctl */
	uint64_t deadline;
	int cancel_fd;
	bool quiet;
};

/* What is known of a drill at its end, whatever came of it.  Names and URLs live in the arena. */
struct drill_trace {
	struct progress
		progress;       /* the last step is the removing; all ran on this machine, node 0 */
	struct cluster cluster; /* without members when it did not come so far */
	struct cluster_ids ids;
	char token[48];
};

/* A drill that goes on. */
struct drill {
	const struct drill_settings *settings;
	struct drill_report *report; /* proofs, steps and versions are added to it */
	struct arena *arena;
	struct progress progress; /* every step, as if on node 0 */
	char *etcd, *etcdutl;     /* paths */
	struct scratch scratch;
	struct cluster cluster;
	char token[48];
	struct cluster_ids ids;
	struct node nodes[CLUSTER_MEMBERS_MAX];
	struct child children[CLUSTER_MEMBERS_MAX];
};

/*
 * The whole of it; whatever comes of it, nothing is left: no member runs, no file is there (else FILE, and the text says
 * which).  The report's texts live in the arena.  *trace is filled in any case.  -1: REMOTE (a program does not run, or ended), ETCD, UNSAFE (the cluster
 * is not what it must be), TIMEOUT, CANCELLED, FILE, CONFIG.
 */
int drill_run(const struct drill_settings *settings, struct arena *arena,
	      struct drill_report *report, struct drill_trace *trace, struct err *err);

/* drill_restore.c: programs, scratch folder, certificates, and each member's data out of the snapshot. */
int drill_restore(struct drill *d, struct err *err);

/* drill_room.c: whether folder and memory have room for all members; warns where their data comes to a disk.  -1: FILE. */
int drill_room(struct drill *d, struct err *err);

/* drill_members.c: starts all members; returns when each serves as it must, or one has ended. */
int drill_start(struct drill *d, struct err *err);
void drill_stop(struct drill *d);

/* drill_prove.c: all that is asked of the members; `client` as etcd_client_new. */
int drill_prove(struct drill *d, struct err *err);
struct etcd_client *drill_client(struct drill *d, size_t member, struct err *err);

/* One more proof. */
void drill_proved(struct drill *d, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The log of a child that has just failed, its last line, put behind the text of err.  -1. */
int drill_log_words(struct drill *d, const char *log, struct err *err);

/* A new file in the scratch folder for a child's output.  -1: FILE. */
int drill_log_open(struct drill *d, const char *log, struct err *err);

/* What its programs see: nothing of ours but the PATH.  NULL-terminated, in the arena. */
const char *const *drill_environment(struct drill *d);

#endif
