/*
 * retention: see retention.h.  The snapshots of one save are one group; groups are judged, newest first.
 */
#include "store/retention.h"

#include "base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { COUNT_MAX = 1000000, SPAN_MAX = 100000 };

/* What was taken in one save. */
struct group {
	const struct retention_entry *newest; /* of its members */
	uint64_t revision, size;              /* the highest of its members */
	size_t first, count;                  /* its members, in the sorted list */
	bool verified, drilled;               /* any of them is */
	char reasons[RETENTION_REASONS];
};

struct plan {
	const struct retention_entry *
		*sorted; /* those of the cluster; members of a group together */
	size_t count;
	struct group *groups; /* newest first */
	size_t group_count;
};

static int bad_span(const char *text, struct err *err)
{
	err_set(err, ERR_USAGE, "'%.100s' is no length of time", text);
	return err_hint(err, "write years, months, days and hours, as in 1y2m3d4h or 14d");
}

int retention_span_parse(const char *text, struct retention_span *out, struct err *err)
{
	static const char units[] = "ymdh";
	unsigned values[4] = { 0, 0, 0, 0 }, sum = 0;
	bool seen[4] = { false, false, false, false };

	for (const char *at = text; *at; at++) {
		char digits[16];
		uint64_t value;
		size_t len = strspn(at, "0123456789");
		const char *unit = at[len] ? strchr(units, at[len]) : NULL;
		if (!unit || len == 0 || len >= sizeof(digits) || seen[unit - units])
			return bad_span(text, err);
		memcpy(digits, at, len);
		digits[len] = '\0';
		if (parse_uint(digits, SPAN_MAX, &value))
			return bad_span(text, err);
		seen[unit - units] = true;
		values[unit - units] = (unsigned)value;
		sum += (unsigned)value;
		at += len;
	}
	if (sum == 0)
		return bad_span(text, err);
	*out = (struct retention_span){ values[0], values[1], values[2], values[3] };
	return 0;
}

int retention_count_parse(const char *text, int *out, struct err *err)
{
	uint64_t value;

	if (strcmp(text, "-1") == 0) {
		*out = RETENTION_ALL;
		return 0;
	}
	if (parse_uint(text, COUNT_MAX, &value)) {
		err_set(err, ERR_USAGE, "'%.100s' is no number of snapshots", text);
		return err_hint(err, "write a number, or -1 for all");
	}
	*out = (int)value;
	return 0;
}

/* Each period's number grows with time; two snapshots of one period have the same. */
static uint64_t hour_of(uint64_t at)
{
	return at / 3600;
}

static uint64_t day_of(uint64_t at)
{
	return at / 86400;
}

static uint64_t week_of(uint64_t at)
{
	return (day_of(at) + 3) / 7; /* 1970 began on a Thursday */
}

static uint64_t month_of(uint64_t at)
{
	time_t seconds = (time_t)at;
	struct tm tm;

	if (!gmtime_r(&seconds, &tm))
		return UINT64_MAX;
	return (uint64_t)tm.tm_year * 12 + (uint64_t)tm.tm_mon;
}

static uint64_t year_of(uint64_t at)
{
	return month_of(at) / 12;
}

static int by_group(const void *one, const void *two)
{
	const struct retention_entry *a = *(const struct retention_entry *const *)one;
	const struct retention_entry *b = *(const struct retention_entry *const *)two;

	if (!a->group != !b->group)
		return a->group ? -1 : 1;
	return a->group ? strcmp(a->group, b->group) : 0;
}

/* Newest first; the name decides between two of one second, so that the answer does not depend on the order given. */
static int by_time(const void *one, const void *two)
{
	const struct group *a = one, *b = two;

	if (a->newest->taken_at != b->newest->taken_at)
		return a->newest->taken_at > b->newest->taken_at ? -1 : 1;
	return strcmp(b->newest->name, a->newest->name);
}

static void join(struct group *group, const struct retention_entry *entry)
{
	const struct retention_entry *newest = group->newest;

	if (!newest || entry->taken_at > newest->taken_at ||
	    (entry->taken_at == newest->taken_at && strcmp(entry->name, newest->name) > 0))
		group->newest = entry;
	if (entry->revision > group->revision)
		group->revision = entry->revision;
	if (entry->size > group->size)
		group->size = entry->size;
	group->verified |= entry->verified;
	group->drilled |= entry->drilled;
	group->count++;
}

static void make_groups(struct plan *plan)
{
	const struct retention_entry *before = NULL;
	struct group *group = plan->groups;

	qsort(plan->sorted, plan->count, sizeof(struct retention_entry *), by_group);
	for (size_t i = 0; i < plan->count; i++) {
		const struct retention_entry *entry = plan->sorted[i];
		if (!before || !entry->group || !before->group ||
		    strcmp(entry->group, before->group) != 0) {
			group = &plan->groups[plan->group_count++];
			group->first = i;
		}
		join(group, entry);
		before = entry;
	}
	qsort(plan->groups, plan->group_count, sizeof(struct group), by_time);
}

/* What does not fit any more is left out: there is a reason already. */
static void because(struct group *group, const char *reason)
{
	size_t len = strlen(group->reasons);

	if (len == 0 || len + strlen(reason) + 3 <= sizeof(group->reasons))
		snprintf(group->reasons + len, sizeof(group->reasons) - len, "%s%s",
			 len ? ", " : "", reason);
}

static void keep_last(const struct plan *plan, int last)
{
	char reason[32] = "keep-last -1 (all)";

	if (last != RETENTION_ALL)
		snprintf(reason, sizeof(reason), "keep-last %d", last);
	for (size_t i = 0; i < plan->group_count && (last == RETENTION_ALL || i < (size_t)last);
	     i++)
		because(&plan->groups[i], reason);
}

/* The newest of each period; the oldest of all as long as there have been too few periods. */
static void keep_periods(const struct plan *plan, int wanted, const char *name,
			 uint64_t (*period_of)(uint64_t))
{
	uint64_t period = 0;

	for (size_t i = 0; i < plan->group_count && wanted != 0; i++) {
		struct group *group = &plan->groups[i];
		uint64_t this = period_of(group->newest->taken_at);
		bool same = i > 0 && this == period;
		char reason[48];
		if (same && i + 1 < plan->group_count)
			continue;
		snprintf(reason, sizeof(reason), "%s%s snapshot", same ? "oldest " : "", name);
		because(group, reason);
		period = this;
		if (wanted > 0)
			wanted--;
	}
}

static bool span_given(const struct retention_span *span)
{
	return span->years || span->months || span->days || span->hours;
}

static void span_text(const struct retention_span *span, char *out, size_t room)
{
	const unsigned values[] = { span->years, span->months, span->days, span->hours };
	size_t n = (size_t)snprintf(out, room, "within ");

	for (size_t i = 0; i < 4; i++)
		if (values[i] && n < room)
			n += (size_t)snprintf(out + n, room - n, "%u%c", values[i], "ymdh"[i]);
}

static void keep_within(const struct plan *plan, const struct retention_span *span)
{
	time_t newest = (time_t)plan->groups[0].newest->taken_at;
	char reason[64];
	struct tm tm;

	if (!gmtime_r(&newest, &tm))
		return;
	tm.tm_year -= (int)span->years;
	tm.tm_mon -= (int)span->months;
	tm.tm_mday -= (int)span->days;
	tm.tm_hour -= (int)span->hours;
	time_t border = timegm(&tm);
	span_text(span, reason, sizeof(reason));
	for (size_t i = 0; i < plan->group_count; i++)
		if ((time_t)plan->groups[i].newest->taken_at > border)
			because(&plan->groups[i], reason);
}

static bool has_tag(const struct retention_entry *entry, const char *tag, size_t len)
{
	for (const char *const *at = entry->tags; at && *at; at++)
		if (strlen(*at) == len && memcmp(*at, tag, len) == 0)
			return true;
	return false;
}

static bool has_tags(const struct retention_entry *entry, const char *tags)
{
	for (const char *at = tags;;) {
		size_t len = strcspn(at, ",");
		if (!has_tag(entry, at, len))
			return false;
		if (!at[len])
			return true;
		at += len + 1;
	}
}

static void keep_tag(const struct plan *plan, const char *tags)
{
	char reason[128];

	snprintf(reason, sizeof(reason), "tag %s", tags);
	for (size_t i = 0; i < plan->group_count; i++) {
		struct group *group = &plan->groups[i];
		bool has = false;
		for (size_t m = 0; m < group->count && !has; m++)
			has = has_tags(plan->sorted[group->first + m], tags);
		if (has)
			because(group, reason);
	}
}

/* A restore needs at least one, and one that is known to be good. */
static void keep_newest_verified(const struct plan *plan)
{
	for (size_t i = 0; i < plan->group_count; i++)
		if (plan->groups[i].verified) {
			because(&plan->groups[i], "newest verified");
			return;
		}
	if (plan->group_count)
		because(&plan->groups[0], "newest, and none is verified");
}

/* That the newer ones can be restored is hoped; of this one it is known. */
static void keep_newest_drilled(const struct plan *plan)
{
	for (size_t i = 0; i < plan->group_count; i++)
		if (plan->groups[i].drilled) {
			because(&plan->groups[i], "the newest that was drilled");
			return;
		}
}

static int unsafe(const struct group *newest, const struct group *before, const char *what,
		  struct err *err)
{
	err_set(err, ERR_UNSAFE, "nothing is removed: the newest snapshot, %.180s, %s than %.180s",
		newest->newest->name, what, before->newest->name);
	return err_hint(err, "look at the newest snapshot and the cluster it was taken from; when "
			     "both are right, repeat this with --force");
}

/* A newest snapshot that looks wrong: the older ones may be all that is left of the cluster. */
static int brake(const struct plan *plan, struct err *err)
{
	const struct group *newest = &plan->groups[0], *before = &plan->groups[1];
	char what[160];

	if (plan->group_count < 2)
		return 0;
	if (newest->newest->etcd_id && before->newest->etcd_id &&
	    newest->newest->etcd_id != before->newest->etcd_id) {
		snprintf(what, sizeof(what),
			 "is of another etcd cluster (%" PRIx64 ", before it was %" PRIx64 ")",
			 newest->newest->etcd_id, before->newest->etcd_id);
		return unsafe(newest, before, what, err);
	}
	if (newest->revision && newest->revision < before->revision) {
		snprintf(what, sizeof(what), "has a lower revision (%" PRIu64 " after %" PRIu64 ")",
			 newest->revision, before->revision);
		return unsafe(newest, before, what, err);
	}
	if (newest->size && newest->size < before->size - before->size / 2) {
		snprintf(what, sizeof(what),
			 "is much smaller (%" PRIu64 " bytes after %" PRIu64 ")", newest->size,
			 before->size);
		return unsafe(newest, before, what, err);
	}
	return 0;
}

static int check_rules(const struct retention_rules *rules, struct err *err)
{
	const int counts[] = { rules->last,   rules->hourly,  rules->daily,
			       rules->weekly, rules->monthly, rules->yearly };
	bool any = span_given(&rules->within) || rules->tag_count > 0;

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		if (counts[i] < RETENTION_ALL)
			return err_set(err, ERR_USAGE, "%d is no number of snapshots to keep",
				       counts[i]);
		any |= counts[i] != 0;
	}
	for (size_t i = 0; i < rules->tag_count; i++)
		if (!*rules->tags[i])
			return err_set(err, ERR_USAGE, "an empty tag");
	if (any)
		return 0;
	err_set(err, ERR_USAGE, "no rule says what to keep, and so nothing is removed");
	return err_hint(err, "give at least one of --keep-last, --keep-hourly, --keep-daily, "
			     "--keep-weekly, --keep-monthly, --keep-yearly, --keep-within, "
			     "--keep-tag");
}

static void apply(const struct plan *plan, const struct retention_rules *rules)
{
	if (plan->group_count == 0)
		return;
	keep_last(plan, rules->last);
	keep_periods(plan, rules->hourly, "hourly", hour_of);
	keep_periods(plan, rules->daily, "daily", day_of);
	keep_periods(plan, rules->weekly, "weekly", week_of);
	keep_periods(plan, rules->monthly, "monthly", month_of);
	keep_periods(plan, rules->yearly, "yearly", year_of);
	if (span_given(&rules->within))
		keep_within(plan, &rules->within);
	for (size_t i = 0; i < rules->tag_count; i++)
		keep_tag(plan, rules->tags[i]);
	keep_newest_verified(plan);
	keep_newest_drilled(plan);
}

static bool removes(const struct plan *plan)
{
	for (size_t i = 0; i < plan->group_count; i++)
		if (!plan->groups[i].reasons[0])
			return true;
	return false;
}

static void fill(const struct plan *plan, const struct retention_entry *entries, size_t count,
		 struct retention_verdict *out)
{
	for (size_t i = 0; i < count; i++) {
		out[i].keep = true;
		snprintf(out[i].reasons, sizeof(out[i].reasons), "of another cluster");
	}
	for (size_t g = 0; g < plan->group_count; g++) {
		const struct group *group = &plan->groups[g];
		for (size_t m = 0; m < group->count; m++) {
			struct retention_verdict *to =
				&out[plan->sorted[group->first + m] - entries];
			to->keep = group->reasons[0] != '\0';
			memcpy(to->reasons, group->reasons, sizeof(to->reasons));
		}
	}
}

int retention_decide(const struct retention_rules *rules, const char *cluster,
		     const struct retention_entry *entries, size_t count,
		     struct retention_verdict *out, struct err *err)
{
	struct plan plan = { NULL, 0, NULL, 0 };

	if (check_rules(rules, err))
		return -1;
	plan.sorted = mem_alloc((count + 1) * sizeof(struct retention_entry *));
	plan.groups = mem_zalloc((count + 2) * sizeof(struct group));
	for (size_t i = 0; i < count; i++)
		if (entries[i].cluster && strcmp(entries[i].cluster, cluster) == 0)
			plan.sorted[plan.count++] = &entries[i];
	make_groups(&plan);
	apply(&plan, rules);
	int rc = !rules->force && removes(&plan) ? brake(&plan, err) : 0;
	if (!rc)
		fill(&plan, entries, count, out);
	free(plan.sorted);
	free(plan.groups);
	return rc;
}
