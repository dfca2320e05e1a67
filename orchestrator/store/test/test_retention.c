/*
 * test_retention: tables of snapshots and of what a rule keeps of them.
 */
#include "base/mem.h"
#include "base/test/check.h"
#include "store/retention.h"

#include <stdlib.h>
#include <time.h>

enum { MANY = 40 };

static uint64_t at(const char *text) /* "2026-11-21T10:15" */
{
	struct tm tm = { 0 };

	if (!strptime(text, "%Y-%m-%dT%H:%M", &tm))
		abort();
	return (uint64_t)timegm(&tm);
}

static const char *const none[] = { NULL };
static const char *const upgrade[] = { "nightly", "pre-upgrade", NULL };

/* Entries of one cluster, named by their times; none verified unless a test says so. */
static size_t entries_at(const char *const times[], struct retention_entry *out)
{
	size_t n = 0;

	for (; times[n]; n++)
		out[n] = (struct retention_entry){ .name = times[n],
						   .taken_at = at(times[n]),
						   .cluster = "c",
						   .etcd_id = 7,
						   .revision = 100,
						   .size = 1000,
						   .tags = none };
	return n;
}

/* "+-+": what is kept, in the order of the entries. */
static const char *decide(const struct retention_rules *rules,
			  const struct retention_entry *entries, size_t count, struct err *err)
{
	static struct retention_verdict verdicts[MANY];
	static char text[MANY + 1];

	memset(text, 0, sizeof(text));
	if (retention_decide(rules, "c", entries, count, verdicts, err))
		return "error";
	for (size_t i = 0; i < count; i++) {
		text[i] = verdicts[i].keep ? '+' : '-';
		if (verdicts[i].keep != (verdicts[i].reasons[0] != '\0'))
			text[i] = '?';
	}
	return text;
}

static const char *const november[] = {
	"2026-11-21T10:15",
	"2026-11-21T10:05",
	"2026-11-21T08:00",
	"2026-11-20T23:59",
	"2026-11-20T00:00",
	"2026-11-16T12:00",
	"2026-11-15T12:00",
	"2026-10-31T12:00",
	"2025-12-31T12:00",
	"2025-01-01T00:00",
	NULL,
};

static void test_rules(void)
{
	static const struct {
		struct retention_rules rules;
		const char *want;
	} table[] = {
		{ { .last = 1 }, "+---------" },
		{ { .last = 3 }, "+++-------" },
		{ { .last = 99 }, "++++++++++" },
		{ { .last = -1 }, "++++++++++" },
		{ { .hourly = 2 }, "+-+-------" },
		{ { .daily = 1 }, "+---------" },
		/* days without snapshots do not count */
		{ { .daily = 3 }, "+--+-+----" },
		{ { .daily = 4 }, "+--+-++---" },
		{ { .daily = -1 }, "+--+-+++++" },
		/* 2026-11-16 is a Monday, the 15th the Sunday of the week before */
		{ { .weekly = 2 }, "+-----+---" },
		{ { .weekly = 3 }, "+-----++--" },
		{ { .monthly = 2 }, "+------+--" },
		/* fewer years than wanted: the oldest of all as well */
		{ { .yearly = 2 }, "+-------+-" },
		{ { .yearly = 3 }, "+-------++" },
		{ { .yearly = -1 }, "+-------++" },
		/* rules add up, and do not share their snapshots */
		{ { .last = 2, .daily = 2 }, "++-+------" },
		{ { .within = { .hours = 2 } }, "++--------" },
		{ { .within = { .hours = 3 } }, "+++-------" },
		{ { .within = { .days = 1 } }, "++++------" },
		{ { .within = { .months = 1 } }, "++++++++--" },
		{ { .within = { .years = 1 } }, "+++++++++-" },
		{ { .within = { .years = 1, .months = 11 } }, "++++++++++" },
	};
	struct retention_entry entries[MANY];
	size_t count = entries_at(november, entries);

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct err err = ERR_INIT;
		const char *got = decide(&table[i].rules, entries, count, &err);
		CHECK_STR(got, table[i].want);
		if (strcmp(got, table[i].want) != 0)
			fprintf(stderr, "in row %zu: %s\n", i, err.text);
	}
}

/* The order in which entries are given, and weeks over the end of a year. */
static void test_order(void)
{
	static const char *const times[] = { "2027-01-03T12:00", "2026-12-28T00:00",
					     "2027-01-04T00:00", "2026-12-27T23:00",
					     "2026-12-01T00:00", NULL };
	struct retention_rules rules = { .weekly = 3 };
	struct retention_entry entries[MANY];
	struct err err = ERR_INIT;
	size_t count = entries_at(times, entries);

	CHECK_STR(decide(&rules, entries, count, &err), "+-++-");
	CHECK_STR(decide(&rules, entries, 0, &err), "");
	/* the oldest of its week, and there are fewer weeks than wanted */
	rules.weekly = 9;
	entries[4].taken_at = at("2026-12-22T00:00");
	CHECK_STR(decide(&rules, entries, count, &err), "+-+++");
}

static void test_tags(void)
{
	static const char *const one[] = { "pre-upgrade" }, *const both[] = {
		"nightly,pre-upgrade"
	};
	static const char *const other[] = { "nightly,weekly", "pre" };
	struct retention_rules rules = { .tags = one, .tag_count = 1 };
	struct retention_entry entries[MANY];
	struct err err = ERR_INIT;
	size_t count = entries_at(november, entries);

	entries[6].tags = entries[3].tags = upgrade;
	entries[1].tags = NULL;
	CHECK_STR(decide(&rules, entries, count, &err), "+--+--+---"); /* the newest as well */
	rules.tags = both;
	CHECK_STR(decide(&rules, entries, count, &err), "+--+--+---");
	rules = (struct retention_rules){ .tags = other, .tag_count = 2 };
	CHECK_STR(decide(&rules, entries, count, &err), "+---------");
}

static void test_reasons(void)
{
	static const char *const tags[] = { "pre-upgrade" };
	struct retention_rules rules = { .last = 3, .daily = 2, .tags = tags, .tag_count = 1 };
	struct retention_verdict verdicts[MANY];
	struct retention_entry entries[MANY];
	struct err err = ERR_INIT;
	size_t count = entries_at(november, entries);

	entries[5].tags = upgrade;
	entries[7].verified = true;
	entries[8].cluster = "other";
	entries[9].cluster = NULL;
	CHECK_INT(retention_decide(&rules, "c", entries, count, verdicts, &err), 0);
	CHECK_STR(verdicts[0].reasons, "keep-last 3, daily snapshot");
	CHECK_STR(verdicts[1].reasons, "keep-last 3");
	CHECK_STR(verdicts[3].reasons, "daily snapshot");
	CHECK_STR(verdicts[5].reasons, "tag pre-upgrade");
	CHECK_STR(verdicts[6].reasons, "");
	CHECK_STR(verdicts[7].reasons, "newest verified");
	CHECK_STR(verdicts[8].reasons, "of another cluster");
	CHECK_STR(verdicts[9].reasons, "of another cluster");
	CHECK(!verdicts[6].keep && verdicts[7].keep && verdicts[9].keep);
	rules = (struct retention_rules){ .within = { 0, 0, 0, 5 }, .yearly = 9 };
	entries[7].verified = false;
	CHECK_INT(retention_decide(&rules, "c", entries, count, verdicts, &err), 0);
	CHECK_STR(verdicts[0].reasons, "yearly snapshot, within 5h, newest, and none is verified");
	CHECK_STR(verdicts[7].reasons, "oldest yearly snapshot");
}

/* What only a drilled snapshot covers: the newest of them stays, whatever the rules say, and only that one. */
static void test_drilled(void)
{
	static const struct {
		const char *drilled, *want; /* by place */
	} table[] = {
		{ "----------", "+---------" }, { "+---------", "+---------" },
		{ "-+--------", "++--------" }, { "---------+", "+--------+" },
		{ "---+--+---", "+--+------" }, { "+--+------", "+---------" },
	};
	struct retention_entry entries[MANY];
	struct err err = ERR_INIT;
	size_t count = entries_at(november, entries);

	for (size_t t = 0; t < sizeof(table) / sizeof(table[0]); t++) {
		struct retention_rules rules = { .last = 1 };
		for (size_t i = 0; i < count; i++)
			entries[i].drilled = table[t].drilled[i] == '+';
		CHECK_STR(decide(&rules, entries, count, &err), table[t].want);
		rules.force = true;
		CHECK_STR(decide(&rules, entries, count, &err), table[t].want);
	}
}

static void test_drilled_among_others(void)
{
	struct retention_rules rules = { .last = 1 };
	struct retention_verdict verdicts[MANY];
	struct retention_entry entries[MANY];
	struct err err = ERR_INIT;
	size_t count = entries_at(november, entries);

	entries[3].drilled = entries[4].drilled = entries[6].drilled = true;
	entries[3].cluster = "other"; /* is kept, and saves nobody here */
	entries[4].group = entries[7].group = "set";
	CHECK_INT(retention_decide(&rules, "c", entries, count, verdicts, &err), 0);
	CHECK_STR(verdicts[3].reasons, "of another cluster");
	CHECK_STR(verdicts[4].reasons, "the newest that was drilled");
	CHECK_STR(verdicts[7].reasons, "the newest that was drilled");
	CHECK(verdicts[4].keep && verdicts[7].keep && !verdicts[5].keep && !verdicts[6].keep);
	rules.last = 2; /* a rule that wants it, too */
	entries[1].drilled = true;
	CHECK_INT(retention_decide(&rules, "c", entries, count, verdicts, &err), 0);
	CHECK_STR(verdicts[1].reasons, "keep-last 2, the newest that was drilled");
	CHECK(!verdicts[4].keep);
}

/* Three members a save: they count as one, and are kept together. */
static void test_groups(void)
{
	static const char *const times[] = { "2026-11-21T10:00",
					     "2026-11-21T10:01",
					     "2026-11-20T10:00",
					     "2026-11-20T10:02",
					     "2026-11-19T10:00",
					     "2026-11-18T10:00",
					     NULL };
	struct retention_rules rules = { .last = 2 };
	struct retention_entry entries[MANY];
	struct err err = ERR_INIT;
	size_t count = entries_at(times, entries);

	entries[0].group = entries[1].group = "b";
	entries[2].group = entries[3].group = "a";
	CHECK_STR(decide(&rules, entries, count, &err), "++++--");
	/* a save is verified when one of its members is */
	rules.last = 1;
	entries[3].verified = true;
	CHECK_STR(decide(&rules, entries, count, &err), "++++--");
	/* the same save in another cluster is another save */
	entries[3].cluster = "other";
	entries[4].verified = true;
	CHECK_STR(decide(&rules, entries, count, &err), "++-++-");
	/* the largest member is compared, not any */
	entries[1].size = entries[1].revision = 1;
	CHECK_STR(decide(&rules, entries, count, &err), "++-++-");
}

static void test_brake(void)
{
	static const struct {
		uint64_t etcd_id, revision, size;
		const char *words; /* NULL: no brake */
	} table[] = {
		{ 7, 100, 1000, NULL },
		{ 7, 101, 500, NULL },
		{ 7, 101, 499, "is much smaller (499 bytes after 1000)" },
		{ 7, 99, 1000, "has a lower revision (99 after 100)" },
		{ 8, 101, 1000, "is of another etcd cluster (8, before it was 7)" },
		{ 0, 0, 0, NULL }, /* not known */
	};
	struct retention_entry entries[MANY];
	size_t count = entries_at(november, entries);

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct retention_rules rules = { .last = 3 };
		struct err err = ERR_INIT;
		entries[0].etcd_id = table[i].etcd_id;
		entries[0].revision = table[i].revision;
		entries[0].size = table[i].size;
		CHECK_STR(decide(&rules, entries, count, &err),
			  table[i].words ? "error" : "+++-------");
		if (table[i].words) {
			CHECK_INT(err.code, ERR_UNSAFE);
			CHECK_HAS(err.text, table[i].words);
			CHECK_HAS(err.text, "2026-11-21T10:15");
			CHECK_HAS(err.text, "2026-11-21T10:05");
			CHECK_HAS(err.hint, "--force");
		}
		rules.force = true;
		CHECK_STR(decide(&rules, entries, count, &err), "+++-------");
		/* with nothing to remove there is nothing to refuse */
		rules = (struct retention_rules){ .last = -1 };
		CHECK_STR(decide(&rules, entries, count, &err), "++++++++++");
	}
	/* another cluster's snapshot is not what the newest is compared with */
	entries[0].size = 1;
	entries[0].cluster = "other";
	CHECK_STR(decide(&(struct retention_rules){ .last = 2 }, entries, count,
			 &(struct err){ .code = ERR_NONE }),
		  "+++-------");
}

static void test_no_rule(void)
{
	static const char *const empty[] = { "" };
	struct retention_entry entries[MANY];
	struct err err = ERR_INIT;
	size_t count = entries_at(november, entries);

	CHECK_STR(decide(&(struct retention_rules){ .force = true }, entries, count, &err),
		  "error");
	CHECK_INT(err.code, ERR_USAGE);
	CHECK_HAS(err.text, "nothing is removed");
	CHECK_STR(decide(&(struct retention_rules){ .daily = -2 }, entries, count, &err), "error");
	CHECK_INT(err.code, ERR_USAGE);
	CHECK_STR(decide(&(struct retention_rules){ .tags = empty, .tag_count = 1 }, entries, count,
			 &err),
		  "error");
}

static void test_parse(void)
{
	static const char *const bad[] = { "",    "0h",  "3",   "d",    "3x",        "1d1d",
					   "-1d", "1d ", " 1d", "1.5d", "99999999d", "1D" };
	struct retention_span span = { 9, 9, 9, 9 };
	struct err err = ERR_INIT;
	int count = 5;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK_INT(retention_span_parse(bad[i], &span, &err), -1);
		CHECK_INT(err.code, ERR_USAGE);
	}
	CHECK_INT(span.years, 9);
	CHECK_INT(retention_span_parse("1y2m3d4h", &span, &err), 0);
	CHECK(span.years == 1 && span.months == 2 && span.days == 3 && span.hours == 4);
	CHECK_INT(retention_span_parse("4h14d", &span, &err), 0);
	CHECK(span.years == 0 && span.months == 0 && span.days == 14 && span.hours == 4);
	CHECK_INT(retention_count_parse("-2", &count, &err), -1);
	CHECK_INT(retention_count_parse("", &count, &err), -1);
	CHECK_INT(retention_count_parse("3x", &count, &err), -1);
	CHECK_INT(count, 5);
	CHECK_INT(retention_count_parse("-1", &count, &err), 0);
	CHECK_INT(count, -1);
	CHECK_INT(retention_count_parse("30", &count, &err), 0);
	CHECK_INT(count, 30);
}

TESTS(TEST(test_rules), TEST(test_order), TEST(test_tags), TEST(test_reasons), TEST(test_drilled),
      TEST(test_drilled_among_others), TEST(test_groups), TEST(test_brake), TEST(test_no_rule),
      TEST(test_parse))
