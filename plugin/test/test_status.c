/*
 * test_status: what is not as it should be, by what members and a store say; and the table and document of it.
 */
#include "base/test/check.h"
#include "plugin/status_print.h"
#include "plugin/test/taken.h"

#include <stdlib.h>
#include <unistd.h>

enum { NOW = 1800000000, DAY = 24 * 3600, HOUR = 3600 };

struct made {
	struct discovery d;
	struct catalog_entry entries[8];
	struct catalog catalog;
	struct status s;
};

/* Three members that are well: the first leads. */
static void make(struct made *m)
{
	static const char *const names[] = { "cp-1", "cp-2", "cp-3" };

	*m = (struct made){ .s = { .now = NOW } };
	m->s.arena = m->d.arena = arena_new();
	m->s.found = &m->d;
	m->d.cluster.count = 3;
	m->d.cluster.name = "prod";
	m->d.cluster.ca_fingerprint = "aa";
	for (size_t i = 0; i < 3; i++) {
		struct found_node *f = &m->d.found[i];
		m->d.nodes[i].name = m->d.cluster.members[i].name = names[i];
		m->d.nodes[i].address = "10.0.0.1";
		*f = (struct found_node){ .answers = true,
					  .revision = 972,
					  .cluster_id = 7,
					  .version = "3.5.16",
					  .role = i ? "member" : "leader",
					  .db_size = 2 << 20,
					  .certificate_end = NOW + 364ull * DAY + HOUR };
		f->status = (struct etcd_status){ .member_id = 100 + i,
						  .leader = 100,
						  .db_in_use = 1 << 20,
						  .raft_applied = 5000 - i,
						  .term = 3 };
	}
	m->catalog.entries = m->entries;
}

static void release(struct made *m)
{
	arena_free(m->d.arena);
}

static void add_entry(struct made *m, const char *name, const char *cluster, const char *ca,
		      enum catalog_state state, uint64_t age)
{
	m->entries[m->catalog.count++] = (struct catalog_entry){
		.name = name,
		.state = state,
		.trouble = state == CATALOG_OK ? NULL : "its object is not there",
		.recipe = { .taken_at = NOW - age,
			    .cluster = { .name = cluster, .ca_fingerprint = ca },
			    .revision = 900,
			    .member = "cp-2" },
	};
}

static void judge_backup(struct made *m, uint64_t max_age_s)
{
	m->s.max_age_ms = max_age_s * 1000;
	m->s.backup.url = "/srv/backups";
	status_find_backup(&m->d.cluster, &m->catalog, &m->s.backup);
	status_judge(&m->s);
}

/* Exactly this one alarm; NULL: none. */
static void check_alarm(const struct made *m, const char *words)
{
	CHECK_INT(m->s.alarm_count, words ? 1 : 0);
	if (m->s.alarm_count)
		CHECK_STR(m->s.alarms[0], words);
}

static void test_well(void)
{
	struct made m;

	make(&m);
	m.d.cluster.members[1].quota = 8ull << 30;
	m.d.found[2].status.quota = 4ull << 30;
	m.d.found[2].status.raft_applied = 5003; /* asked later than the leader */
	status_judge(&m.s);
	check_alarm(&m, NULL);
	CHECK_STR(m.s.members[0].role, "leader");
	CHECK_STR(m.s.members[1].role, "follower");
	CHECK_STR(m.s.members[1].health, "ok");
	CHECK(m.s.members[1].lag_known);
	CHECK_INT(m.s.members[0].lag, 0);
	CHECK_INT(m.s.members[1].lag, 1);
	CHECK_INT(m.s.members[2].lag, 0);
	CHECK_INT(m.s.members[0].quota, 2ll << 30);
	CHECK_INT(m.s.members[1].quota, 8ll << 30);
	CHECK_INT(m.s.members[2].quota, 4ll << 30);
	CHECK_INT(m.s.members[0].certificate_days, 364);
	release(&m);
}

static void test_down(void)
{
	struct made m;

	make(&m);
	m.d.found[0] = (struct found_node){ .silence = "connection refused" };
	status_judge(&m.s);
	check_alarm(&m, "cp-1 does not answer: connection refused");
	CHECK_STR(m.s.members[0].health, "down");
	CHECK_STR(m.s.members[0].role, "");
	CHECK(!m.s.members[0].certificate_known);
	CHECK(!m.s.members[1].lag_known); /* it was the leader */
	CHECK_STR(m.s.members[1].health, "ok");
	release(&m);

	make(&m); /* by etcd's auth: it is not down */
	m.d.found[0] = (struct found_node){ .refused = true, .silence = "permission denied" };
	status_judge(&m.s);
	check_alarm(&m, "cp-1 tells nothing to its own certificate: permission denied");
	CHECK_STR(m.s.members[0].health, "refused");
	release(&m);
}

static void test_no_leader(void)
{
	struct made m;

	make(&m);
	m.d.found[1].status.leader = 0;
	strcpy(m.d.found[1].status.errors, "etcdserver: no leader");
	status_judge(&m.s);
	check_alarm(&m, "cp-2 has no leader: no quorum");
	CHECK_STR(m.s.members[1].health, "no-leader");
	release(&m);
}

/* Every member tells of the alarms of all. */
static void test_alarms(void)
{
	struct made m;

	make(&m);
	for (size_t i = 0; i < 3; i++)
		strcpy(m.d.found[i].status.errors,
		       "memberID:102 alarm:NOSPACE ; memberID:102 alarm:CORRUPT ; "
		       "memberID:10501334649042878790 alarm:NOSPACE ");
	status_judge(&m.s);
	CHECK_INT(m.s.alarm_count, 3);
	CHECK_STR(m.s.alarms[0], "cp-3: alarm NOSPACE");
	CHECK_STR(m.s.alarms[1], "cp-3: alarm CORRUPT");
	CHECK_STR(m.s.alarms[2], "member 91bc3c398fb3c146: alarm NOSPACE");
	CHECK_STR(m.s.members[0].health, "ok");
	CHECK_STR(m.s.members[2].health, "NOSPACE,CORRUPT");
	release(&m);
}

static void test_other_errors(void)
{
	static const char *const odd[] = { "something else", "memberID:x alarm:NOSPACE",
					   "memberID:99999999999999999999999 alarm:CORRUPT",
					   "memberID:100 alarm:" };

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		struct made m;
		make(&m);
		strcpy(m.d.found[2].status.errors, odd[i]);
		status_judge(&m.s);
		CHECK_INT(m.s.alarm_count, 1);
		CHECK_HAS(m.s.alarms[0], "cp-3 reports: ");
		CHECK_HAS(m.s.alarms[0], odd[i]);
		CHECK_STR(m.s.members[2].health, "trouble");
		release(&m);
	}
}

static void test_certificates(void)
{
	static const struct {
		int64_t left;
		int64_t days;
		const char *alarm;
	} cases[] = {
		{ 7ll * DAY, 7, NULL },
		{ 7ll * DAY - 1, 6, "cp-2: a certificate of its etcd ends in less than 7 days" },
		{ HOUR, 0, "cp-2: a certificate of its etcd ends in less than 1 days" },
		{ 0, -1, "cp-2: a certificate of its etcd has ended" },
		{ -DAY, -1, "cp-2: a certificate of its etcd has ended" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct made m;
		make(&m);
		m.d.found[1].certificate_end = (uint64_t)(NOW + cases[i].left);
		status_judge(&m.s);
		check_alarm(&m, cases[i].alarm);
		CHECK_INT(m.s.members[1].certificate_days, cases[i].days);
		release(&m);
	}
}

static void test_cluster(void)
{
	struct made m;

	make(&m);
	m.d.found[2].cluster_id = 8;
	m.d.missing[0].name = "cp-4";
	m.d.missing_count = 1;
	m.d.foreign = "cp-3";
	status_judge(&m.s);
	CHECK_INT(m.s.alarm_count, 3);
	CHECK_STR(m.s.alarms[0], "cp-1 and cp-3 are members of two clusters");
	CHECK_STR(m.s.alarms[1], "member cp-4 is on none of the nodes");
	CHECK_STR(m.s.alarms[2], "cp-3: its etcd CA is another one");
	release(&m);
}

static void test_backup_age(void)
{
	static const struct {
		uint64_t age, max_age;
		const char *alarm;
	} cases[] = {
		{ 6 * HOUR, 6 * HOUR, NULL },
		{ 6 * HOUR + 1, 6 * HOUR, "the newest snapshot is 6h old: more than 6h" },
		{ 40 * DAY, 0, NULL },
		{ (uint64_t)-200, HOUR, NULL }, /* a little of the future */
		{ (uint64_t)-HOUR, HOUR, "the newest snapshot is of the future: a clock is wrong" },
		{ (uint64_t)-HOUR, 0, "the newest snapshot is of the future: a clock is wrong" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct made m;
		make(&m);
		add_entry(&m, "s", "prod", "aa", CATALOG_OK, cases[i].age);
		judge_backup(&m, cases[i].max_age);
		check_alarm(&m, cases[i].alarm);
		release(&m);
	}
}

static void test_drill_age(void)
{
	static const struct {
		bool drilled;
		enum catalog_state state;
		uint64_t age, max_age;
		const char *alarm;
	} cases[] = {
		{ true, CATALOG_OK, 7 * DAY, 7 * DAY, NULL },
		{ true, CATALOG_OK, 8 * DAY + 1, 7 * DAY,
		  "the last drill, of s, is 8d ago: more than 7d" },
		{ true, CATALOG_OK, 80 * DAY, 0, NULL }, /* nobody asked */
		{ true, CATALOG_OK, (uint64_t)-HOUR, DAY,
		  "the last drill is of the future: a clock is wrong" },
		{ false, CATALOG_OK, 0, DAY,
		  "no snapshot of this cluster that is still there was drilled" },
		{ false, CATALOG_OK, 0, 0, NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct made m;
		make(&m);
		add_entry(&m, "newest", "prod", "aa", CATALOG_OK, 5);
		add_entry(&m, "s", "prod", "aa", cases[i].state, HOUR);
		struct catalog_entry *entry = &m.catalog.entries[m.catalog.count - 1];
		entry->drilled = cases[i].drilled;
		entry->drill.at = NOW - cases[i].age;
		m.s.max_drill_age_ms = cases[i].max_age * 1000;
		judge_backup(&m, 0);
		check_alarm(&m, cases[i].alarm);
		release(&m);
	}
}

/* That of a snapshot that is gone is no way back. */
static void test_drilled_is_gone(void)
{
	struct made m;

	make(&m);
	add_entry(&m, "newest", "prod", "aa", CATALOG_OK, 5);
	add_entry(&m, "gone", "prod", "aa", CATALOG_MISSING, HOUR);
	add_entry(&m, "foreign", "prod", "bb", CATALOG_OK, HOUR);
	for (size_t i = 1; i < 3; i++) {
		m.catalog.entries[i].drilled = true;
		m.catalog.entries[i].drill.at = NOW - 1;
	}
	m.s.max_drill_age_ms = DAY * 1000;
	judge_backup(&m, 0);
	check_alarm(&m, "no snapshot of this cluster that is still there was drilled");
	release(&m);
}

static void test_which_backup(void)
{
	struct made m;

	make(&m); /* another CA, though the name is the same; then no CA: the name counts */
	add_entry(&m, "other-ca", "prod", "bb", CATALOG_OK, 1);
	add_entry(&m, "other-name", "test", NULL, CATALOG_OK, 2);
	add_entry(&m, "own", "renamed", "aa", CATALOG_OK, 3);
	add_entry(&m, "older", "prod", NULL, CATALOG_OK, 4);
	add_entry(&m, "older-bad", "prod", "aa", CATALOG_MISSING, 5);
	judge_backup(&m, HOUR);
	check_alarm(&m, NULL);
	CHECK_STR(m.s.backup.entry->name, "own");
	release(&m);

	make(&m);
	add_entry(&m, "bad", "prod", "aa", CATALOG_SIZE, 1);
	add_entry(&m, "good", "prod", NULL, CATALOG_OK, 7200);
	judge_backup(&m, HOUR);
	CHECK_INT(m.s.alarm_count, 2);
	CHECK_STR(m.s.alarms[0], "the newest snapshot is 120m old: more than 60m");
	CHECK_STR(m.s.alarms[1], "a newer snapshot is not whole: bad: its object is not there");
	CHECK_STR(m.s.backup.entry->name, "good");
	release(&m);
}

/* A snapshot of a member that was not well is no reason to be content. */
static void test_degraded(void)
{
	static const char words[] =
		"the newest snapshot is degraded: newest: the member is a learner";
	struct made m;

	make(&m);
	add_entry(&m, "newest", "prod", "aa", CATALOG_OK, 5);
	m.entries[0].recipe.degraded = "the member is a learner";
	judge_backup(&m, HOUR);
	check_alarm(&m, words);
	CHECK_STR(m.s.backup.entry->name, "newest");
	release(&m);

	make(&m);
	add_entry(&m, "newest", "prod", "aa", CATALOG_OK, 5);
	add_entry(&m, "good", "prod", "aa", CATALOG_OK, 2 * HOUR);
	m.entries[0].recipe.degraded = "the member is a learner";
	judge_backup(&m, HOUR);
	CHECK_INT(m.s.alarm_count, 2);
	CHECK_STR(m.s.alarms[0], "the newest snapshot is 120m old: more than 60m");
	CHECK_STR(m.s.alarms[1], words);
	CHECK_STR(m.s.backup.entry->name, "good");
	release(&m);

	make(&m); /* of one save with the good one; and an older one */
	add_entry(&m, "b", "prod", "aa", CATALOG_OK, 5);
	add_entry(&m, "a", "prod", "aa", CATALOG_OK, 5);
	add_entry(&m, "older", "prod", "aa", CATALOG_OK, 6);
	m.entries[0].recipe.degraded = m.entries[2].recipe.degraded = "the member is a learner";
	judge_backup(&m, HOUR);
	check_alarm(&m, NULL);
	CHECK_STR(m.s.backup.entry->name, "a");
	release(&m);

	make(&m);
	add_entry(&m, "bad", "prod", "aa", CATALOG_MISSING, 4);
	add_entry(&m, "newest", "prod", "aa", CATALOG_OK, 5);
	add_entry(&m, "old-bad", "prod", "aa", CATALOG_MISSING, 6);
	m.entries[1].recipe.degraded = "the member is a learner";
	judge_backup(&m, HOUR);
	CHECK_INT(m.s.alarm_count, 2);
	CHECK_STR(m.s.alarms[0], words);
	CHECK_HAS(m.s.alarms[1], "a newer snapshot is not whole: bad: ");
	release(&m);
}

static void test_no_backup(void)
{
	struct made m;

	make(&m);
	add_entry(&m, "other", "test", "bb", CATALOG_OK, 1);
	add_entry(&m, "unread", NULL, NULL, CATALOG_UNREAD, 1);
	judge_backup(&m, 0);
	check_alarm(&m, "/srv/backups has no snapshot of this cluster");
	CHECK_INT(m.s.backup.unread, 1);
	release(&m);

	make(&m);
	add_entry(&m, "bad", "prod", "aa", CATALOG_MISSING, 1);
	judge_backup(&m, 0);
	check_alarm(&m, "no snapshot of this cluster is whole: bad: its object is not there");
	release(&m);

	make(&m);
	m.s.backup = (struct backup_status){ .url = "/srv", .trouble = "no such directory" };
	status_judge(&m.s);
	check_alarm(&m, "the store could not be read: no such directory");
	release(&m);
}

static void test_many_alarms(void)
{
	struct made m;

	make(&m);
	m.d.cluster.count = CLUSTER_MEMBERS_MAX;
	for (size_t i = 0; i < CLUSTER_MEMBERS_MAX; i++) {
		struct found_node *f = &m.d.found[i];
		m.d.nodes[i].name = "a";
		f->answers = true;
		f->role = "member";
		f->status.leader = 1;
		for (size_t k = 0, len = 0; k < 9; k++)
			len += (size_t)snprintf(f->status.errors + len, 20, "e%zu%zu; ", i, k);
	}
	status_judge(&m.s);
	CHECK(m.s.alarm_count > STATUS_ALARMS_MAX);
	release(&m);
}

/* What status_print wrote; valid until the next call. */
static const char *printed(const struct status *s, const struct opts *opts)
{
	take_begin(stdout);
	status_print(s, opts);
	return take_end(stdout);
}

static void test_table(void)
{
	const struct opts narrow = { 0 }, wide = { .output = OUTPUT_WIDE, .no_headers = true };
	struct made m;

	make(&m);
	m.d.cluster.members[2] = (struct member){ 0 };
	m.d.found[2] = (struct found_node){ .silence = "connect to 10.0.0.1: \x1b[31mrefused\n" };
	m.d.found[1].certificate_end = NOW;
	add_entry(&m, "prod-1", "prod", "aa", CATALOG_OK, 7200);
	judge_backup(&m, 0);
	CHECK_STR(printed(&m.s, &narrow),
		  "NAME   ROLE       ETCD     REVISION   DB       USED     QUOTA    LAG      CERT  "
		  "   "
		  "HEALTH\n"
		  "cp-1   leader     3.5.16   972        2Mi      1Mi      2.0Gi    0        364d  "
		  "   "
		  "ok\n"
		  "cp-2   follower   3.5.16   972        2Mi      1Mi      2.0Gi    1        ended "
		  "   "
		  "ok\n"
		  "cp-3   <none>     <none>   <none>     <none>   <none>   <none>   <none>   "
		  "<none>   "
		  "down\n"
		  "\n"
		  "newest snapshot   prod-1 in /srv/backups, 120m old, ok\n"
		  "alarm             cp-2: a certificate of its etcd has ended\n"
		  "alarm             cp-3 does not answer: connect to 10.0.0.1: ^[[31mrefused?\n");
	const char *text = printed(&m.s, &wide);
	CHECK_HAS(text,
		  "ok     10.0.0.1   64       3        5000     2028-01-14T09:00:00Z   <none>\n");
	CHECK_HAS(text, "connect-to-10.0.0.1:-^[[31mrefused?\n");
	CHECK(!strstr(text, "HEALTH"));
	release(&m);
}

static void test_document(void)
{
	struct made m;

	make(&m);
	struct tree *top = status_tree(m.s.arena, &m.s);
	CHECK_INT(tree_get(top, "backup")->kind, TREE_NULL);
	m.d.found[2] = (struct found_node){ .silence = "refused" };
	add_entry(&m, "prod-1", "prod", "aa", CATALOG_OK, 7200);
	judge_backup(&m, HOUR);
	top = status_tree(m.s.arena, &m.s);
	CHECK_STR(tree_string(top, "kind"), "ClusterStatus");
	CHECK_STR(tree_string(top, "ok"), "false");
	const struct tree *members = tree_get(top, "members");
	CHECK_INT(tree_count(members), 3);
	CHECK_STR(tree_string(members->first, "role"), "leader");
	CHECK_STR(tree_string(members->first, "lag"), "0");
	CHECK_STR(tree_string(members->first, "certificateEnd"), "2028-01-14T09:00:00Z");
	CHECK_STR(tree_string(members->first->next->next, "trouble"), "refused");
	CHECK(!tree_get(members->first->next->next, "role"));
	CHECK_STR(tree_string(tree_get(top, "backup"), "ageSeconds"), "7200");
	CHECK_STR(tree_string(tree_get(top, "backup"), "state"), "ok");
	CHECK_INT(tree_count(tree_get(top, "alarms")), 2);
	release(&m);
}

TESTS(TEST(test_well), TEST(test_down), TEST(test_no_leader), TEST(test_alarms),
      TEST(test_other_errors), TEST(test_certificates), TEST(test_cluster), TEST(test_backup_age),
      TEST(test_drill_age), TEST(test_drilled_is_gone), TEST(test_which_backup),
      TEST(test_degraded), TEST(test_no_backup), TEST(test_many_alarms), TEST(test_table),
      TEST(test_document))
