/*
 * test_verification: which checks hold for which recipe, and how they are told.
 */
#include "base/mem.h"
#include "base/test/check.h"
#include "plugin/test/taken.h"
#include "plugin/verification.h"

#include <unistd.h>

#define SHA_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define SHA_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static struct source make_source(void)
{
	return (struct source){
		.shown = "prod.db",
		.file = { .size = 4128, .sha256 = SHA_A, .facts.compact_revision = 40 },
		.stored_sha256 = SHA_A,
		.stored_size = 4128,
		.compression = "none",
		.encryption = "none",
		.has_recipe = true,
		.recipe = { .sha256 = SHA_A, .size = 4128, .revision = 77, .hashkv = "0000beef" },
	};
}

static void fill(struct verification *v, const struct source *source)
{
	const struct etcd_db_facts facts = { .revision = 77,
					     .compact_revision = 50,
					     .check = { .pages = 10, .used = 8, .meta = 0 } };
	const struct etcd_hash hashkv = { .hash = 0xbeef, .revision = 77 };

	v->shown = source->shown;
	v->count = 0;
	verification_of_source(v, source);
	verification_of_db(v, source, &facts, &hashkv);
}

/* The words of one check; "!" in front when it is not ok; "" when there is none. */
static const char *words(const struct verification *v, const char *name)
{
	for (size_t i = 0; i < v->count; i++)
		if (strcmp(v->checks[i].name, name) == 0)
			return arena_printf(v->arena, "%s%s", v->checks[i].ok ? "" : "!",
					    v->checks[i].words);
	return "";
}

static void test_holds(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct verification v = { .arena = arena };
	struct source source = make_source();
	struct err err = ERR_INIT;

	fill(&v, &source);
	CHECK_STR(words(&v, "stored object"), "4128 bytes, sha256 ok (recipe)");
	CHECK_STR(words(&v, "file in it"), "");
	CHECK_STR(words(&v, "hash at the end"), "ok");
	CHECK_STR(words(&v, "bbolt"), "10 pages, 8 used, both metas ok");
	CHECK_STR(words(&v, "revision"), "77 ok (recipe)");
	CHECK_STR(words(&v, "compact revision"), "50 (not in the recipe)");
	CHECK_STR(words(&v, "HashKV"), "0000beef ok (recipe)");
	CHECK_STR(words(&v, "storage version"), "before 3.6 (not in the recipe)");
	CHECK_INT(verification_verdict(&v, &err), 0);

	source.recipe.compact_revision = 40;
	fill(&v, &source);
	CHECK_STR(words(&v, "compact revision"), "40 ok (recipe)");
	source.recipe.compact_revision = 50;
	fill(&v, &source);
	CHECK_STR(words(&v, "compact revision"), "50 ok (recipe)");
	CHECK_INT(verification_verdict(&v, &err), 0);
	source.recipe.compact_revision = 77; /* the member compacted before it was asked */
	fill(&v, &source);
	CHECK_STR(words(&v, "compact revision"), "50 ok (recipe: the member went on to 77)");
	CHECK_INT(verification_verdict(&v, &err), 0);
	source.recipe.compact_revision = 78; /* and then it could not have told */
	fill(&v, &source);
	CHECK_STR(words(&v, "compact revision"), "!50, but the recipe says 78");
	CHECK_INT(verification_verdict(&v, &err), -1);
}

static void test_no_recipe(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct verification v = { .arena = arena };
	struct source source = make_source();
	struct err err = ERR_INIT;

	source.has_recipe = false;
	fill(&v, &source);
	CHECK_STR(words(&v, "stored object"), "4128 bytes, sha256 " SHA_A " (no recipe)");
	CHECK_STR(words(&v, "revision"), "77 (no recipe)");
	CHECK_STR(words(&v, "HashKV"), "0000beef (no recipe)");
	CHECK_INT(verification_verdict(&v, &err), 0);
}

static void test_stored(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct verification v = { .arena = arena };
	struct source source = make_source();

	source.compression = "zstd";
	source.encryption = "age";
	source.recipe.stored = (struct recipe_stored){ .name = "x.zst.age", .sha256 = SHA_B };
	source.stored_size = 99;
	memcpy(source.stored_sha256, SHA_B, sizeof(SHA_B));
	fill(&v, &source);
	CHECK_STR(words(&v, "stored object"),
		  "compression zstd, encryption age, 99 bytes, sha256 ok (recipe)");
	CHECK_STR(words(&v, "file in it"), "4128 bytes, sha256 ok (recipe)");

	/* the same, unpacked beside the recipe */
	source.compression = source.encryption = "none";
	source.stored_size = 4128;
	memcpy(source.stored_sha256, SHA_A, sizeof(SHA_A));
	fill(&v, &source);
	CHECK_STR(words(&v, "stored object"), "4128 bytes, sha256 ok (recipe)");
	CHECK_STR(words(&v, "file in it"), "");
}

static void test_lies(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct verification v = { .arena = arena };
	struct source source = make_source();
	struct err err = ERR_INIT;

	source.recipe.revision = 78;
	source.recipe.hashkv = "0000dead";
	source.recipe.sha256 = SHA_B;
	source.recipe.size = 4640;
	source.recipe.compact_revision = 45;
	source.recipe.storage_version = "3.6.0";
	fill(&v, &source);
	CHECK_STR(words(&v, "revision"), "!77, but the recipe says 78");
	CHECK_STR(words(&v, "HashKV"), "!0000beef, but the recipe says 0000dead");
	CHECK_STR(words(&v, "stored object"),
		  "!4128 bytes, sha256 " SHA_A ", but the recipe says " SHA_B);
	CHECK_STR(words(&v, "size"), "!4128, but the recipe says 4640");
	CHECK_STR(words(&v, "compact revision"), "!50, but the recipe says 45");
	CHECK_STR(words(&v, "storage version"), "!before 3.6, but the recipe says 3.6.0");
	CHECK_INT(verification_verdict(&v, &err), -1);
	CHECK_INT(err.code, ERR_CORRUPT);
	CHECK_HAS(err.text,
		  "prod.db is not what its recipe says: stored object is 4128 bytes, sha256 ");
	CHECK_HAS(err.text, "revision is 77, but the recipe says 78");
	CHECK_HAS(err.text, "HashKV is 0000beef, but the recipe says 0000dead");
	const struct tree *tree = verification_tree(arena, &v);
	CHECK_STR(tree_string(tree, "kind"), "SnapshotVerification");
	CHECK_STR(tree_string(tree, "ok"), "false");
	CHECK_INT(tree_count(tree_get(tree, "checks")), v.count);
}

static void test_meta(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct verification v = { .arena = arena };
	struct source source = make_source();
	struct etcd_db_facts facts = { .check = { .pages = 10, .used = 8, .meta = 1 } };
	const struct etcd_hash hashkv = { 0 };

	facts.check.meta_bad[0] = "its checksum is wrong";
	verification_of_db(&v, &source, &facts, &hashkv);
	CHECK_STR(words(&v, "bbolt"),
		  "10 pages, 8 used, meta 0 is bad: its checksum is wrong; the other one is used");
}

static void test_print(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct verification v = { .arena = arena, .shown = "prod.db" };

	verification_add(&v, true, "bbolt", "%s", "fine\x1b[2J");
	verification_add(&v, false, "revision", "%s", "7\nHashKV ok");
	take_begin(stdout);
	verification_print(&v);
	CHECK_STR(take_end(stdout),
		  "bbolt             fine^[[2J\nrevision          DAMAGED: 7?HashKV ok\n");
	for (int i = 0; i < 2 * VERIFICATION_CHECKS_MAX; i++)
		verification_add(&v, true, "more", "than fit");
	CHECK_INT(v.count, VERIFICATION_CHECKS_MAX);
}

TESTS(TEST(test_holds), TEST(test_no_recipe), TEST(test_stored), TEST(test_lies), TEST(test_meta),
      TEST(test_print))
