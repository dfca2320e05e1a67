/*
 * test_latest: which snapshot "latest" is, and what is said when none can be it.
 */
#include "base/test/check.h"
#include "plugin/latest.h"
#include "plugin/test/taken.h"

#include <stdlib.h>
#include <unistd.h>

struct made {
	struct catalog_entry entries[8];
	struct catalog catalog;
};

static void add(struct made *m, const char *name, const char *cluster, enum catalog_state state,
		const char *degraded)
{
	m->catalog.entries = m->entries;
	m->entries[m->catalog.count++] = (struct catalog_entry){
		.name = name,
		.state = state,
		.trouble = state == CATALOG_OK ? NULL : "its object is not there",
		.recipe = { .cluster.name = cluster, .degraded = degraded },
	};
}

/* The name that was found (NULL: none); *said: the warnings, valid until the next call. */
static const char *find(const struct made *m, const char **said, struct err *err)
{
	*err = ERR_INIT;
	take_begin(stderr);
	const struct catalog_entry *entry = latest_find(&m->catalog, "/srv/b", err);
	*said = take_end(stderr);
	return entry ? entry->name : NULL;
}

static void test_good(void)
{
	struct made m = { .catalog.count = 0 };
	const char *said;
	struct err err;

	add(&m, "p-3", "prod", CATALOG_OK, NULL);
	add(&m, "p-2", "prod", CATALOG_OK, "it is a learner");
	add(&m, "x", NULL, CATALOG_UNREAD, NULL);
	CHECK_STR(find(&m, &said, &err), "p-3");
	CHECK_STR(said, "");
}

static void test_passed_over(void)
{
	struct made m = { .catalog.count = 0 };
	const char *said;
	struct err err;

	add(&m, "p-4", "prod", CATALOG_OK, "the member is a learner");
	add(&m, "p-3", "prod", CATALOG_MISSING, NULL);
	add(&m, "p-2", "prod", CATALOG_OK, NULL);
	add(&m, "p-1", "prod", CATALOG_OK, NULL);
	CHECK_STR(find(&m, &said, &err), "p-2");
	CHECK_HAS(said, "p-4 is passed over: degraded: the member is a learner");
	CHECK_HAS(said, "p-3 is passed over: its object is not there");
}

static void test_none(void)
{
	struct made m = { .catalog.count = 0 };
	const char *said;
	struct err err;

	CHECK_STR(find(&m, &said, &err), NULL);
	CHECK_INT(err.code, ERR_STORE);
	CHECK_STR(err.text, "latest: there is no snapshot");
	CHECK_HAS(err.hint, "save --to /srv/b");

	add(&m, "p-3", "prod", CATALOG_MISSING, NULL);
	CHECK_STR(find(&m, &said, &err), NULL);
	CHECK_STR(err.text, "latest: there is no snapshot that is whole");
	CHECK_HAS(err.hint, "list --from /srv/b --check");

	add(&m, "p-2", "prod", CATALOG_OK, "it is a learner");
	CHECK_STR(find(&m, &said, &err), NULL);
	CHECK_INT(err.code, ERR_STORE);
	CHECK_STR(err.text, "latest: every snapshot that is whole is degraded; the newest is p-2");
	CHECK_HAS(err.hint, "list --from /srv/b --check");
	CHECK_HAS(err.hint, "then name");
}

static void test_clusters(void)
{
	struct made m = { .catalog.count = 0 };
	const char *said;
	struct err err;

	add(&m, "p-2", "prod", CATALOG_OK, NULL);
	add(&m, "t-2", "test", CATALOG_MISSING, NULL);
	add(&m, "p-1", "prod", CATALOG_OK, NULL);
	add(&m, "t-1", "test", CATALOG_OK, NULL);
	add(&m, "d-1", "dev", CATALOG_OK, NULL);
	CHECK_STR(find(&m, &said, &err), NULL);
	CHECK_INT(err.code, ERR_STORE);
	CHECK_STR(err.text, "latest: there are snapshots of 3 clusters (prod, test, dev)");
	CHECK_HAS(err.hint, "list --from /srv/b -o wide");
}

TESTS(TEST(test_good), TEST(test_passed_over), TEST(test_none), TEST(test_clusters))
