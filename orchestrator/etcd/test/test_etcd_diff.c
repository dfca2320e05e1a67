/*
 * test_etcd_diff: two databases made by hand, and what differs between them.
 */
#include "base/test/check.h"
#include "etcd/etcd_diff.h"
#include "etcd/test/make_db.h"

#include <stdlib.h>

/* One side: the caller gives the changes. */
struct side {
	struct bolt_file file;
	struct bolt_map map;
	struct etcd_db db;
	struct etcd_db_facts facts;
};

static void open_side(const struct db_change *changes, size_t count, struct side *out)
{
	const struct db_bucket meta = { "meta",
					{ { "consistent_index", 16, "\0\0\0\0\0\0\0\1", 8, 0 } },
					1 };
	const struct db_want want = {
		.changes = changes, .change_count = count, .buckets = &meta, .bucket_count = 1
	};
	struct err err = ERR_INIT;

	*out = (struct side){ .file = make_db(&want) };
	CHECK_INT(bolt_map_of(out->file.data, out->file.size, &out->map, &err), 0);
	CHECK_INT(etcd_db_read(&out->map, &out->db, &out->facts, &err), 0);
	CHECK_STR(err.text, "");
}

static void close_side(struct side *side)
{
	etcd_db_release(&side->db);
	bolt_map_release(&side->map);
	free(side->file.data);
}

static const struct db_change first[] = {
	{ 2, 0, "/registry/pods/ns1/stays", "same" },
	{ 3, 0, "/registry/pods/ns1/goes", "x" },
	{ 4, 0, "/registry/pods/ns1/changes", "old" },
	{ 5, 0, "/registry/pods/ns2/changes", "old" },
	{ 6, 0, "/registry/minions/cp-1", "node" },
	{ 7, 0, "/registry/example.com/widgets/ns1/w", "w" },
	{ 8, 0, "/registry/leases/kube-node-lease/cp-1", "1" },
	{ 9, 0, "/registry/events/ns1/e1", "e" },
	{ 10, 0, "compact_rev_key", "8" },
	{ 11, 0, "/elsewhere", "x" },
	{ 12, 0, "/registry/pods/ns1/back", "y" },
	{ 13, 0, "/registry/pods/ns1/back", NULL },
	{ 14, 0, "/registry/pods/ns1/deleted-on-both", "y" },
	{ 15, 0, "/registry/pods/ns1/deleted-on-both", NULL },
};

/* Other revisions, other order: only values count. */
static const struct db_change second[] = {
	{ 20, 0, "/registry/minions/cp-1", "node" },
	{ 21, 0, "/registry/secrets/ns1/new", "a value that nobody may see" },
	{ 22, 0, "/registry/pods/ns1/changes", "new" },
	{ 23, 0, "/registry/pods/ns1/stays", "was other" },
	{ 24, 0, "/registry/pods/ns1/stays", "same" },
	{ 25, 0, "/registry/pods/ns2/changes", "olds" },
	{ 26, 0, "/registry/example.com/widgets/ns1/w", "" },
	{ 27, 0, "/registry/leases/kube-node-lease/cp-1", "2" },
	{ 28, 0, "/registry/events/ns1/e2", "e" },
	{ 29, 0, "/registry/masterleases/10.0.0.1", "m" },
	{ 30, 0, "compact_rev_key", "20" },
	{ 31, 0, "/elsewhere", "other" },
	{ 32, 0, "/registry/pods/ns1/back", "y" },
	{ 33, 0, "/registry/pods/ns1/deleted-on-both", "y" },
	{ 34, 0, "/registry/pods/ns1/deleted-on-both", NULL },
	{ 35, 0, "/registry/pods/ns1/goes", "x" },
	{ 36, 0, "/registry/pods/ns1/goes", NULL },
};

enum {
	FIRST = sizeof(first) / sizeof(first[0]),
	SECOND = sizeof(second) / sizeof(second[0]),
};

static void check_counts(const uint64_t count[DIFF_CHANGES], uint64_t added, uint64_t removed,
			 uint64_t changed)
{
	CHECK_INT(count[DIFF_ADDED], added);
	CHECK_INT(count[DIFF_REMOVED], removed);
	CHECK_INT(count[DIFF_CHANGED], changed);
}

static void check_place(const struct diff_count *place, const char *resource, const char *space)
{
	CHECK_STR(place->resource, resource);
	CHECK_STR(place->namespace_, space);
}

static void compare(const struct diff_wish *wish, bool backwards, struct etcd_diff *out)
{
	struct side from, to;
	struct err err = ERR_INIT;

	open_side(first, FIRST, &from);
	open_side(second, SECOND, &to);
	CHECK_INT(backwards ? etcd_diff_read(&to.db, &from.db, wish, out, &err)
			    : etcd_diff_read(&from.db, &to.db, wish, out, &err),
		  0);
	close_side(&from); /* the result needs neither */
	close_side(&to);
}

static void test_counts(void)
{
	const struct diff_wish wish = { 0 };
	scoped(etcd_diff) struct etcd_diff d = { 0 };

	compare(&wish, false, &d);
	CHECK_INT(d.same, 2);
	check_counts(d.count, 2, 1, 4);
	check_counts(d.itself, 2, 1, 2);
	check_counts(d.left_out, 0, 0, 0);
	CHECK_INT(d.place_count, 8);
	if (d.place_count != 8)
		return;
	check_place(&d.places[0], "", "");
	check_counts(d.places[0].count, 0, 0, 1);
	check_counts(d.places[0].itself, 0, 0, 1);
	check_place(&d.places[1], "events", "ns1");
	check_counts(d.places[1].count, 0, 0, 0);
	check_counts(d.places[1].itself, 1, 1, 0);
	check_place(&d.places[2], "leases", "kube-node-lease");
	check_place(&d.places[3], "masterleases", "");
	check_place(&d.places[4], "pods", "ns1");
	check_counts(d.places[4].count, 1, 1, 1);
	check_place(&d.places[5], "pods", "ns2");
	check_place(&d.places[6], "secrets", "ns1");
	check_place(&d.places[7], "widgets.example.com", "ns1");
	CHECK_INT(d.name_count, 0);
	CHECK_INT(d.names_left_out, 0);
}

static void test_other_way(void)
{
	const struct diff_wish wish = { 0 };
	scoped(etcd_diff) struct etcd_diff d = { 0 };

	compare(&wish, true, &d);
	CHECK_INT(d.same, 2);
	check_counts(d.count, 1, 2, 4);
	check_counts(d.itself, 1, 2, 2);
}

static void test_with_itself(void)
{
	const struct diff_wish wish = { .names = 10, .also_itself = true };
	scoped(etcd_diff) struct etcd_diff d = { 0 };
	struct side one, other;
	struct err err = ERR_INIT;

	open_side(first, FIRST, &one);
	open_side(first, FIRST, &other);
	CHECK_INT(etcd_diff_read(&one.db, &other.db, &wish, &d, &err), 0);
	CHECK_INT(d.same, 10);
	check_counts(d.count, 0, 0, 0);
	check_counts(d.itself, 0, 0, 0);
	CHECK_INT(d.place_count, 0);
	CHECK_INT(d.name_count, 0);
	close_side(&one);
	close_side(&other);
}

static void check_name(const struct diff_name *name, enum diff_change change, const char *resource,
		       const char *words)
{
	CHECK_INT(name->change, change);
	CHECK_STR(name->place ? name->place->resource : NULL, resource);
	CHECK_STR(name->name, words);
}

static void test_names(void)
{
	const struct diff_wish wish = { .names = 100 };
	scoped(etcd_diff) struct etcd_diff d = { 0 };

	compare(&wish, false, &d);
	CHECK_INT(d.name_count, 7);
	CHECK_INT(d.names_left_out, 0);
	if (d.name_count != 7)
		return;
	check_name(&d.names[0], DIFF_CHANGED, "", "/elsewhere");
	check_name(&d.names[1], DIFF_CHANGED, "widgets.example.com", "w");
	check_name(&d.names[2], DIFF_ADDED, "pods", "back");
	check_name(&d.names[3], DIFF_CHANGED, "pods", "changes");
	check_name(&d.names[4], DIFF_REMOVED, "pods", "goes");
	check_name(&d.names[5], DIFF_CHANGED, "pods", "changes");
	check_name(&d.names[6], DIFF_ADDED, "secrets", "new");
	CHECK_STR(d.names[5].place->namespace_, "ns2");
}

/* With room for fewer the first ones by key are kept, whatever the order in which they come. */
static void test_few_names(void)
{
	const struct diff_wish all = { .names = 100, .also_itself = true };
	scoped(etcd_diff) struct etcd_diff whole = { 0 };

	compare(&all, false, &whole);
	for (size_t n = 1; n < 12; n++) {
		const struct diff_wish wish = { .names = n, .also_itself = true };
		scoped(etcd_diff) struct etcd_diff d = { 0 };
		compare(&wish, false, &d);
		CHECK_INT(d.name_count, n);
		CHECK_INT(d.names_left_out, 12 - n);
		for (size_t i = 0; i < d.name_count && i < whole.name_count; i++)
			check_name(&d.names[i], whole.names[i].change,
				   whole.names[i].place->resource, whole.names[i].name);
	}
}

static void test_names_of_all(void)
{
	const struct diff_wish wish = { .names = 100, .also_itself = true };
	scoped(etcd_diff) struct etcd_diff d = { 0 };

	compare(&wish, false, &d);
	CHECK_INT(d.name_count, 12);
	if (d.name_count != 12)
		return;
	check_name(&d.names[1], DIFF_REMOVED, "events", "e1");
	check_name(&d.names[2], DIFF_ADDED, "events", "e2");
	check_name(&d.names[11], DIFF_CHANGED, "", "compact_rev_key");
}

static void test_object_names(void)
{
	static const struct {
		const char *key, *resource, *space, *name;
		bool itself;
	} cases[] = {
		{ "/registry/pods/ns/a", "pods", "ns", "a", false },
		{ "/registry/services/endpoints/ns/a", "endpoints", "ns", "a", false },
		{ "/registry/services/specs/ns/a", "services", "ns", "a", false },
		{ "/registry/minions/a", "nodes", "", "a", false },
		{ "/registry/example.com/widgets/ns/a", "widgets.example.com", "ns", "a", false },
		{ "/registry/example.com/events/ns/a", "events.example.com", "ns", "a", false },
		{ "/registry/events/ns/a", "events", "ns", "a", true },
		{ "/registry/leases/ns/a", "leases", "ns", "a", true },
		{ "/registry/masterleases/10.0.0.1", "masterleases", "", "10.0.0.1", true },
		{ "/registry/pods/a/b/c/d", "", "", "/registry/pods/a/b/c/d", false },
		{ "compact_rev_key", "", "", "compact_rev_key", true },
		{ "compact_rev_key2", "", "", "compact_rev_key2", false },
		{ "", "", "", "", true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct bolt_slice key = { (const uint8_t *)cases[i].key,
						strlen(cases[i].key) };
		char resource[OBJECT_RESOURCE_TEXT];
		struct object_name name;
		object_name_of(key, &name);
		object_resource_text(&name, resource);
		CHECK_STR(resource, cases[i].resource);
		CHECK(name.space.len ? bolt_is(name.space, cases[i].space) : !*cases[i].space);
		CHECK(bolt_is(name.name, cases[i].name));
		CHECK_INT(object_changes_by_itself(&name), cases[i].itself);
	}
}

static void test_places_full(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct object_places places = object_places_new(arena, 3);
	const struct bolt_slice spaces[] = { { (const uint8_t *)"a", 1 },
					     { (const uint8_t *)"b", 1 },
					     { NULL, 0 },
					     { (const uint8_t *)"d", 1 } };

	for (size_t round = 0; round < 2; round++)
		for (size_t i = 0; i < 4; i++)
			CHECK_INT(object_places_see(&places, "pods", spaces[i]), i);
	CHECK_INT(places.count, 3);
	CHECK_STR(places.list[2].namespace_, "");
	object_places_release(&places);
}

TESTS(TEST(test_counts), TEST(test_other_way), TEST(test_with_itself), TEST(test_names),
      TEST(test_few_names), TEST(test_names_of_all), TEST(test_object_names),
      TEST(test_places_full))
