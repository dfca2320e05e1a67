/*
 * retention: which snapshots of a cluster are kept, and why.  Pure: nothing is read or removed, no clock is asked.
 * Periods are those of the calendar in UTC; weeks begin on Monday (ISO 8601).
 */
#ifndef STORE_RETENTION_H
#define STORE_RETENTION_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RETENTION_ALL = -1, RETENTION_REASONS = 192 };

/* A length of calendar time; all zero: none. */
struct retention_span {
	unsigned years, months, days, hours;
};

/*
 * A snapshot is kept when any rule wants it.  A count of 0 is no rule; RETENTION_ALL has no limit.  hourly to yearly
 * keep the newest snapshot of each of the last so many periods that have one (and the oldest of all, while there are
 * fewer periods than that).  within keeps what is younger than that, seen from the newest snapshot.  A tag is
 * "a", or "a,b" for snapshots that have both.
 */
struct retention_rules {
	int last, hourly, daily, weekly, monthly, yearly;
	struct retention_span within;
	const char *const *tags;
	size_t tag_count;
	bool force; /* the brake is off; the newest verified and the newest drilled are kept all the same */
};

/* Strings may be NULL where that is said. */
struct retention_entry {
	const char *name;
	uint64_t taken_at;   /* seconds since 1970 */
	const char *cluster; /* the Kubernetes cluster's UID; NULL: not known */
	uint64_t etcd_id;    /* etcd's cluster ID; 0: not known */
	uint64_t revision;   /* 0: not known */
	uint64_t size; /* bytes of the database, not of what is stored (compressed); 0: not known */
	bool verified;
	bool drilled;            /* it was restored and proved, and its report is there */
	const char *const *tags; /* NULL-terminated; NULL: none */
	const char *group; /* snapshots of one save have the same and count as one; NULL: alone */
};

struct retention_verdict {
	bool keep;
	char reasons[RETENTION_REASONS]; /* "daily snapshot, tag pre-upgrade"; "" when it goes */
};

/* "1y2m3d4h": each unit at most once, in any order.  -1: USAGE. */
int retention_span_parse(const char *text, struct retention_span *out, struct err *err);

/* A count as a user writes it: a number up to 1000000, or -1.  -1: USAGE. */
int retention_count_parse(const char *text, int *out, struct err *err);

/*
 * Fills out[count], in the order of the entries.  Those of other clusters are kept and do not count.  Of this one the
 * newest verified snapshot is always kept, or the newest when none is verified, and the newest that was drilled, if any was.
 * -1, with out untouched: USAGE when
 * there is no rule; UNSAFE, unless force, when something would go although the newest snapshot looks wrong beside the
 * one before: less than half its size, a lower revision, another etcd.
 */
int retention_decide(const struct retention_rules *rules, const char *cluster,
		     const struct retention_entry *entries, size_t count,
		     struct retention_verdict *out, struct err *err);

#endif
