/*
 * status: what a discovery (survey) and the snapshots of a store say of a cluster: of each member in the words of the
 * table, of the newest snapshot, and what is not as it should be.  Asks nobody.
 */
#ifndef PLUGIN_STATUS_H
#define PLUGIN_STATUS_H

#include "plugin/discover.h"
#include "store/catalog.h"

enum { STATUS_ALARMS_MAX = 64, CERTIFICATE_DAYS = 7 };

struct member_status {
	const char *role; /* "leader", "follower", "learner"; "": it does not answer */
	char health[64];  /* "ok", "down", "no-leader", "NOSPACE,CORRUPT", "trouble" */
	uint64_t quota;   /* what it says, or its manifest, or etcd's 2 GiB; 0: not known */
	bool lag_known;   /* the leader answers, too */
	uint64_t lag;     /* raft entries that the leader has applied and it has not */
	bool certificate_known;
	int64_t certificate_days; /* until the first of its certificates ends; -1: it has ended */
};

/* What the store of --from has of this cluster. */
struct backup_status {
	const char *url; /* NULL: no store was asked */
	const struct catalog_entry *
		entry; /* the newest that is whole, not degraded if there is such a one; none is: the newest; NULL: there is none */
	const struct catalog_entry
		*degraded; /* the newest that is whole is: this one; NULL: it is not */
	const struct catalog_entry
		*newer_bad; /* newer than that, and not whole; NULL: there is none */
	const struct catalog_entry *drilled; /* whole, and drilled last; NULL: none was */
	size_t unread;       /* recipes that cannot be read: of which cluster is not known */
	const char *trouble; /* the store could not be read */
};

struct status {
	struct arena *arena;
	const struct discovery *found;
	uint64_t now, max_age_ms;  /* seconds since 1970; 0: no limit */
	uint64_t max_drill_age_ms; /* 0: none */
	struct backup_status backup;
	struct member_status members[CLUSTER_MEMBERS_MAX];
	const char *alarms[STATUS_ALARMS_MAX];
	size_t alarm_count; /* may be more than STATUS_ALARMS_MAX */
};

/* The newest snapshots of this cluster: that of the same etcd CA, or, where that is not known, of the same name. */
void status_find_backup(const struct cluster *cluster, const struct catalog *catalog,
			struct backup_status *out);

/* Fills members and alarms from the rest. */
void status_judge(struct status *status);

#endif
