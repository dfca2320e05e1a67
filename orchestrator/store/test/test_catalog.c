/* catalog: the recipes of a folder, what is beside them, and what is said of those that do not fit. */
#include "base/test/check.h"
#include "store/catalog.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "f123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static char dir[64];

static struct store *open_store(void)
{
	struct store_settings settings = { .cancel_fd = -1 };
	struct err err = ERR_INIT;
	struct store *store = store_open(dir, &settings, &err);

	CHECK_STR(err.text, "");
	return store;
}

static void write_object(struct store *store, const char *name, const void *data, size_t len)
{
	struct err err = ERR_INIT;
	scoped(store_put) struct store_put *put = store_put(store, name, &err);

	CHECK_INT(sink_write(store_put_sink(put), data, len, &err), 0);
	CHECK_INT(sink_end(store_put_sink(put), &err), 0);
	CHECK_STR(err.text, "");
}

static const char *files; /* what the next recipes name as the control plane's files, of 5 bytes */

/* A recipe of an object of 7 bytes; object NULL: a plain file, whose name is the recipe's. */
static void write_recipe(struct store *store, const char *name, const char *object, uint64_t at,
			 const char *previous)
{
	scoped(buf) struct buf text = BUF_INIT(RECIPE_MAX);
	scoped(mem) char *file = mem_printf("%s.json", name);
	struct err err = ERR_INIT;
	struct recipe recipe = {
		.cluster = { .name = "prod",
			     .count = 1,
			     .members = { { .name = "a",
					    .node = "a",
					    .address = "10.0.0.1",
					    .peer_url = "https://a:2380",
					    .data_dir = "/d" } } },
		.member = "a",
		.sha256 = SHA,
		.size = 39,
		.db_size = 7,
		.taken_at = at,
		.stored = { .name = object,
			    .sha256 = SHA,
			    .size = 7,
			    .compression = "none",
			    .encryption = "none" },
		.files = { .name = files,
			   .sha256 = SHA,
			   .size = 5,
			   .compression = "none",
			   .encryption = "age" },
		.previous = previous,
		.previous_sha256 = previous ? SHA : NULL,
	};

	CHECK_INT(recipe_write(&recipe, &text, &err), 0);
	write_object(store, file, text.data, text.len);
}

static const struct catalog_entry *entry_of(const struct catalog *catalog, const char *name)
{
	for (size_t i = 0; i < catalog->count; i++)
		if (strcmp(catalog->entries[i].name, name) == 0)
			return &catalog->entries[i];
	CHECK_STR("not there", name);
	return &catalog->entries[0];
}

static void test_read(void)
{
	scoped(store) struct store *store = open_store();
	scoped(catalog) struct catalog catalog = { .arena = NULL };
	struct err err = ERR_INIT;

	write_object(store, "one.db", "1234567", 7);
	write_recipe(store, "one", "one.db", 1000, NULL);
	write_object(store, "two.db", "123456", 6);
	write_recipe(store, "two", "two.db", 2000, "one");
	write_recipe(store, "three", "three.db", 3000, "gone");
	write_object(store, "plain.db", "0123456789012345678901234567890123456789", 39);
	write_recipe(store, "plain.db", NULL, 1500, NULL);
	write_object(store, "bad.json", "{", 1);
	write_object(store, "stray", "x", 1);
	CHECK_INT(catalog_read(store, &catalog, &err), 0);
	CHECK_STR(err.text, "");
	CHECK_INT(catalog.count, 5);
	CHECK_STR(catalog.entries[0].name, "three");
	CHECK_STR(catalog.entries[1].name, "two");
	CHECK_STR(catalog.entries[2].name, "plain.db");
	CHECK_STR(catalog.entries[3].name, "one");
	CHECK_STR(catalog.entries[4].name, "bad");
	CHECK_INT(entry_of(&catalog, "one")->state, CATALOG_OK);
	CHECK_INT(entry_of(&catalog, "plain.db")->state, CATALOG_OK);
	CHECK_STR(entry_of(&catalog, "plain.db")->object, "plain.db");
	CHECK_INT(entry_of(&catalog, "two")->state, CATALOG_SIZE);
	CHECK(!entry_of(&catalog, "two")->gap && !entry_of(&catalog, "two")->replaced);
	CHECK_INT(entry_of(&catalog, "three")->state, CATALOG_MISSING);
	CHECK(entry_of(&catalog, "three")->gap);
	CHECK_INT(entry_of(&catalog, "bad")->state, CATALOG_UNREAD);
	CHECK(entry_of(&catalog, "bad")->trouble != NULL);
}

static void test_find(void)
{
	scoped(store) struct store *store = open_store();
	scoped(arena) struct arena *arena = arena_new();
	struct catalog_entry entry;
	struct err err = ERR_INIT;

	CHECK_INT(catalog_find(store, arena, "one", &entry, &err), 0);
	CHECK_STR(entry.object, "one.db");
	CHECK_INT(entry.state, CATALOG_OK);
	CHECK_INT(catalog_find(store, arena, "one.db", &entry, &err), 0);
	CHECK_STR(entry.name, "one");
	CHECK_INT(catalog_find(store, arena, "plain.db", &entry, &err), 0);
	CHECK_STR(entry.name, "plain.db");
	CHECK_INT(catalog_find(store, arena, "three", &entry, &err), 0);
	CHECK_INT(entry.state, CATALOG_MISSING);
	CHECK_INT(catalog_find(store, arena, "nosuch", &entry, &err), -1);
	CHECK_INT(err.code, ERR_STORE);
	CHECK_HAS(err.text, "no snapshot nosuch");
}

static void test_replaced(void)
{
	scoped(store) struct store *store = open_store();
	scoped(catalog) struct catalog catalog = { .arena = NULL };
	struct err err = ERR_INIT;

	write_recipe(store, "four", "four.db", 4000, "five");
	write_recipe(store, "five", "five.db", 3500, NULL);
	CHECK_INT(catalog_read(store, &catalog, &err), 0);
	CHECK(!entry_of(&catalog, "four")->replaced);
	catalog_release(&catalog);
	scoped(mem) char *cmd = mem_printf("sed -i '0,/" SHA "/s//" OTHER "/' %s/five.json", dir);
	CHECK_INT(system(cmd), 0);
	CHECK_INT(catalog_read(store, &catalog, &err), 0);
	CHECK(entry_of(&catalog, "four")->replaced);
	CHECK(!entry_of(&catalog, "four")->gap);
}

/* What no recipe names, and looks like ours; never what may be of a recipe that cannot be read. */
static void test_strays(void)
{
	static const char *const ours[] = { "a.db",          "b.db.zst.age",      "c.drill.json",
					    "d.db.gz",       "e.pki.tar.zst.age", "fine.db.age",
					    "broken2.db.age" };
	static const char *const others[] = { "fine.db",
					      "fine.pki.tar.age",
					      "fine.drill.json",
					      "broken.db.zst.age",
					      "broken.pki.tar.zst.age",
					      "notes.txt",
					      "x.zst",
					      "db" };
	scoped(store) struct store *store = open_store();
	scoped(catalog) struct catalog catalog = { .arena = NULL };
	struct err err = ERR_INIT;

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		write_object(store, ours[i], "1234567", 7);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		write_object(store, others[i], "12345", 5);
	write_object(store, "broken.json", "{", 1);
	files = "fine.pki.tar.age";
	write_recipe(store, "fine", "fine.db", 1000, NULL);
	files = NULL;
	CHECK_INT(catalog_read(store, &catalog, &err), 0);
	CHECK_INT(catalog.stray_count, 7);
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		bool found = false;
		for (size_t k = 0; k < catalog.stray_count; k++)
			found |= strcmp(catalog.strays[k].name, ours[i]) == 0 &&
				 catalog.strays[k].size == 7;
		CHECK_STR(found ? "" : ours[i], "");
		CHECK_INT(store_remove(store, ours[i], &err), 0);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		CHECK_INT(store_remove(store, others[i], &err), 0);
	CHECK_INT(store_remove(store, "broken.json", &err), 0);
	CHECK_INT(store_remove(store, "fine.json", &err), 0);
}

/* A recipe says of which object it is: not of another snapshot's, which prune would remove by it. */
static void test_foreign(void)
{
	static const char *const objects[] = { "one.db", "nineteen.db", "ni", "nine-2.db" };
	scoped(store) struct store *store = open_store();
	scoped(arena) struct arena *arena = arena_new();
	struct catalog_entry entry;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
		write_recipe(store, "nine", objects[i], 5000, NULL);
		CHECK_INT(catalog_find(store, arena, "nine", &entry, &err), 0);
		CHECK_INT(entry.state, CATALOG_UNREAD);
		CHECK_HAS(entry.trouble, "the recipe of another object");
		CHECK_STR(entry.object, "nine");
		CHECK(!entry.recipe.stored.name && !entry.recipe.previous);
		CHECK_INT(store_remove(store, "nine.json", &err), 0);
	}
	write_recipe(store, "nine", "nine.db.zst.age", 5000, NULL);
	CHECK_INT(catalog_find(store, arena, "nine", &entry, &err), 0);
	CHECK_INT(entry.state, CATALOG_MISSING);
}

/* The files belong to their snapshot: they are no entry, and without them it is not whole. */
static void test_files(void)
{
	scoped(store) struct store *store = open_store();
	scoped(catalog) struct catalog catalog = { .arena = NULL };
	struct catalog_entry entry;
	struct err err = ERR_INIT;

	files = "six.pki.tar.age";
	write_object(store, "six.db", "1234567", 7);
	write_recipe(store, "six", "six.db", 6000, NULL);
	CHECK_INT(catalog_read(store, &catalog, &err), 0);
	size_t count = catalog.count;
	CHECK_INT(entry_of(&catalog, "six")->state, CATALOG_MISSING);
	CHECK_HAS(entry_of(&catalog, "six")->trouble, "six.pki.tar.age is not there");
	CHECK_INT(catalog_find(store, catalog.arena, "six", &entry, &err), 0);
	CHECK_INT(entry.state, CATALOG_MISSING);
	catalog_release(&catalog);
	write_object(store, files, "12345", 5);
	CHECK_INT(catalog_read(store, &catalog, &err), 0);
	CHECK_INT(catalog.count, count);
	CHECK_INT(entry_of(&catalog, "six")->state, CATALOG_OK);
	CHECK_INT(catalog_find(store, catalog.arena, "six", &entry, &err), 0);
	CHECK_INT(entry.state, CATALOG_OK);
	catalog_release(&catalog);
	CHECK_INT(store_remove(store, files, &err), 0);
	write_object(store, files, "1234", 4);
	CHECK_INT(catalog_read(store, &catalog, &err), 0);
	CHECK_INT(entry_of(&catalog, "six")->state, CATALOG_SIZE);
	CHECK_HAS(entry_of(&catalog, "six")->trouble, "six.pki.tar.age has 4 bytes");
	CHECK_INT(catalog_find(store, catalog.arena, files, &entry, &err), -1);
	files = NULL;
	CHECK_INT(store_remove(store, "six.json", &err), 0); /* the next test has one of its own */
	CHECK_INT(store_remove(store, "six.db", &err), 0);
}

static const char report[] =
	"{\"kind\": \"DrillReport\", \"apiVersion\": \"etcd-backup/v1\", \"ok\": %s, "
	"\"members\": 3, \"at\": \"2026-11-21T10:00:00Z\", \"snapshot\": {\"sha256\": \"%s\"}}";

/* A report counts when it is of this very file, and good; it is no recipe. */
static void test_drilled(void)
{
	static const struct {
		const char *ok, *sha256;
		bool drilled;
	} cases[] = { { "true", SHA, true },
		      { "true", OTHER, false },
		      { "false", SHA, false },
		      { "}", SHA, false } };
	scoped(store) struct store *store = open_store();
	struct err err = ERR_INIT;

	write_object(store, "seven.db", "1234567", 7);
	write_recipe(store, "seven", "seven.db", 7000, NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped(catalog) struct catalog catalog = { .arena = NULL };
		scoped(catalog) struct catalog before = { .arena = NULL };
		scoped(mem) char *text = mem_zalloc(1000);
		snprintf(text, 1000, report, cases[i].ok, cases[i].sha256);
		CHECK_INT(catalog_read(store, &before, &err), 0);
		CHECK(!entry_of(&before, "seven")->drilled);
		CHECK(!entry_of(&before, "seven")->has_report);
		write_object(store, "seven.drill.json", text, strlen(text));
		CHECK_INT(catalog_read(store, &catalog, &err), 0);
		CHECK_INT(catalog.count, before.count);
		CHECK_INT(entry_of(&catalog, "seven")->state, CATALOG_OK);
		CHECK(entry_of(&catalog, "seven")->has_report);
		CHECK_INT(entry_of(&catalog, "seven")->drilled, cases[i].drilled);
		if (cases[i].drilled)
			CHECK_INT(entry_of(&catalog, "seven")->drill.members, 3);
		CHECK_INT(store_remove(store, "seven.drill.json", &err), 0);
	}
	CHECK_INT(store_remove(store, "seven.json", &err), 0);
}

/* By itself, for a snapshot whose file is known. */
static void test_report(void)
{
	scoped(store) struct store *store = open_store();
	scoped(arena) struct arena *arena = arena_new();
	scoped(mem) char *text = mem_zalloc(1000);
	struct drill_report drill = { .members = 7 };
	struct err err = ERR_INIT;
	bool drilled = true;

	CHECK_INT(catalog_report(store, arena, "eight", SHA, &drill, &drilled, &err), -1);
	CHECK_INT(err.code, ERR_STORE);
	CHECK(!drilled);
	err = ERR_INIT;
	snprintf(text, 1000, report, "true", SHA);
	write_object(store, "eight.drill.json", text, strlen(text));
	CHECK_INT(catalog_report(store, arena, "eight", OTHER, &drill, &drilled, &err), 0);
	CHECK(!drilled && drill.members == 7);
	CHECK_INT(catalog_report(store, arena, "eight", SHA, &drill, &drilled, &err), 0);
	CHECK(drilled && drill.members == 3);
	CHECK_INT(store_remove(store, "eight.drill.json", &err), 0);
}

static void make_dir(void)
{
	snprintf(dir, sizeof(dir), "/tmp/catalog-XXXXXX");
	CHECK(mkdtemp(dir) != NULL);
}

static void drop_dir(void)
{
	scoped(mem) char *cmd = mem_printf("rm -rf %s", dir);

	CHECK_INT(system(cmd), 0);
}

TESTS(TEST(make_dir), TEST(test_strays), TEST(test_read), TEST(test_find), TEST(test_replaced),
      TEST(test_files), TEST(test_drilled), TEST(test_report), TEST(test_foreign), TEST(drop_dir))
