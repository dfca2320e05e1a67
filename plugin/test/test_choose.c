/*
 * test_choose: which members a snapshot is taken from, and what is said of the others.
 */
#include "base/test/check.h"
#include "plugin/choose.h"

/* A member: its node's name is n1, n2, ... */
static void add(struct discovery *d, const char *role, unsigned troubles, uint64_t applied)
{
	static const char *const names[] = { "n1", "n2", "n3", "n4" };
	static const char *const members[] = { "m1", "m2", "m3", "m4" };
	size_t i = d->cluster.count++;

	d->nodes[i].name = names[i];
	d->cluster.members[i].name = members[i];
	d->found[i] = (struct found_node){ .answers = role != NULL,
					   .role = role,
					   .troubles = troubles,
					   .applied = applied,
					   .leader = troubles & ETCD_NO_LEADER ? 0 : 1,
					   .cluster_id = 7,
					   .trouble = "words of etcd" };
}

/* The chosen one's place from 1; 0: none. */
static size_t chosen(const struct discovery *d, const char *name, bool degraded, struct err *err)
{
	size_t at = 99;

	*err = ERR_INIT;
	if (!choose_member(d, name, degraded, &at, err))
		return at + 1;
	CHECK_INT(at, 99); /* untouched */
	return 0;
}

static void test_healthy(void)
{
	struct discovery d = { .arena = NULL };
	struct err err;

	add(&d, "leader", 0, 900);
	CHECK_INT(chosen(&d, NULL, false, &err), 1); /* when there is no other */
	add(&d, "member", 0, 100);
	CHECK_INT(chosen(&d, NULL, false, &err), 2);
	add(&d, "member", ETCD_FULL | ETCD_CORRUPT_ELSEWHERE, 200);
	CHECK_INT(chosen(&d, NULL, false, &err), 3); /* the furthest follower */
	add(&d, "member", 0, 150);
	CHECK_INT(chosen(&d, NULL, false, &err), 3);
	CHECK_INT(chosen(&d, "m4", false, &err), 4);
	CHECK_INT(chosen(&d, "n1", false, &err), 1);
	CHECK_INT(chosen(&d, "n5", false, &err), 0);
	d.cluster.members[3].name = NULL; /* its node was not read */
	d.found[3].answers = false;
	CHECK_INT(chosen(&d, "n5", false, &err), 0);
	CHECK_INT(err.code, ERR_USAGE);
	d.found[1].cluster_id = 8;
	CHECK_INT(chosen(&d, NULL, false, &err), 0);
	CHECK_INT(err.code, ERR_UNSAFE);
	CHECK_HAS(err.text, "two clusters");
}

static void test_refused(void)
{
	static const struct {
		const char *role;
		unsigned troubles;
		const char *words;
		bool allowed;
	} cases[] = {
		{ "learner", 0, "n1: is a learner", true },
		{ "member", ETCD_CORRUPT, "n1: has an alarm CORRUPT", true },
		{ "member", ETCD_NO_LEADER, "n1: has no leader", true },
		{ "member", ETCD_ODD, "n1: reports an error: words of etcd", true },
		{ "learner", ETCD_CORRUPT, "n1: has an alarm CORRUPT, is a learner", true },
		{ NULL, 0, "n1: does not answer", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct discovery d = { .arena = NULL };
		struct err err;
		add(&d, cases[i].role, cases[i].troubles, 5);
		CHECK_INT(chosen(&d, NULL, false, &err), 0);
		CHECK_INT(err.code, ERR_UNSAFE);
		CHECK_HAS(err.text, cases[i].words);
		CHECK_INT(strstr(err.hint, "--allow-degraded") != NULL, cases[i].allowed);
		CHECK_INT(chosen(&d, NULL, true, &err), cases[i].allowed);
		/* never while another one is well */
		add(&d, "leader", 0, 1);
		CHECK_INT(chosen(&d, NULL, true, &err), 2);
		CHECK_INT(chosen(&d, "n1", false, &err), 0);
		CHECK_INT(chosen(&d, "n1", true, &err), cases[i].allowed);
	}
}

/* Of several bad ones the least bad. */
static void test_least(void)
{
	struct discovery d = { .arena = NULL };
	struct err err;

	add(&d, "member", ETCD_CORRUPT, 900);
	add(&d, "learner", 0, 800);
	CHECK_INT(chosen(&d, NULL, true, &err), 2);
	add(&d, "member", ETCD_NO_LEADER, 10);
	CHECK_INT(chosen(&d, NULL, true, &err), 3);
	add(&d, "member", ETCD_NO_LEADER, 11);
	CHECK_INT(chosen(&d, NULL, true, &err), 4);
}

static void test_all(void)
{
	struct discovery d = { .arena = NULL };
	bool wanted[CLUSTER_MEMBERS_MAX] = { false };
	struct err why[CLUSTER_MEMBERS_MAX], err = ERR_INIT;

	add(&d, "leader", 0, 1);
	add(&d, "learner", 0, 1);
	add(&d, NULL, 0, 1);
	CHECK_INT(choose_all(&d, false, wanted, why, &err), 0);
	CHECK(wanted[0] && !wanted[1] && !wanted[2]);
	CHECK_STR(why[0].text, "");
	CHECK_STR(why[1].text, "n2: is a learner");
	CHECK_STR(why[2].text, "n3: does not answer");
	CHECK_INT(choose_all(&d, true, wanted, why, &err), 0);
	CHECK(wanted[0] && wanted[1] && !wanted[2]);
	d.found[1].cluster_id = 8;
	CHECK_INT(choose_all(&d, true, wanted, why, &err), -1);
	CHECK_HAS(err.text, "two clusters");
	d.found[0].answers = d.found[1].answers = false;
	CHECK_INT(choose_all(&d, true, wanted, why, &err), -1);
	CHECK_HAS(err.text, "n1: does not answer; n2: does not answer; n3: does not answer");
}

TESTS(TEST(test_healthy), TEST(test_refused), TEST(test_least), TEST(test_all))
