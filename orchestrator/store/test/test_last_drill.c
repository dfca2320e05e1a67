/* last_drill: which of a folder's reports is that of the cluster's last drill. */
#include "base/test/check.h"
#include "store/last_drill.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define CA_1 "1111111111111111111111111111111111111111111111111111111111111111"
#define CA_2 "2222222222222222222222222222222222222222222222222222222222222222"

static char dir[64];

/* As if it had been put `at` seconds after 1970. */
static void put(const char *name, const char *ending, const char *text, size_t len, time_t at)
{
	const struct timespec times[2] = { { .tv_sec = at }, { .tv_sec = at } };
	scoped(mem) char *path = mem_printf("%s/%s%s", dir, name, ending);
	FILE *file = fopen(path, "w");

	CHECK(file && fwrite(text, 1, len, file) == len && fclose(file) == 0);
	CHECK_INT(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void put_report(const char *name, time_t at)
{
	scoped(mem) char *text = mem_printf(
		"{\"kind\": \"DrillReport\", \"apiVersion\": \"etcd-backup/v1\", \"ok\": true, "
		"\"members\": 3, \"at\": \"2026-11-21T10:00:00Z\", \"milliseconds\": %lld, "
		"\"snapshot\": {\"sha256\": \"" SHA "\"}}",
		(long long)at);

	put(name, ".drill.json", text, strlen(text), at);
}

static struct recipe recipe_of(const char *cluster, const char *ca)
{
	return (struct recipe){
		.cluster = { .name = cluster,
			     .ca_fingerprint = ca,
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
		.taken_at = 1000,
	};
}

static void put_recipe(const char *name, const char *cluster, const char *ca)
{
	scoped(buf) struct buf text = BUF_INIT(RECIPE_MAX);
	struct recipe recipe = recipe_of(cluster, ca);
	struct err err = ERR_INIT;

	CHECK_INT(recipe_write(&recipe, &text, &err), 0);
	CHECK_STR(err.text, "");
	put(name, ".json", text.data, text.len, 1000);
}

/* The ms of the report that is found for the snapshot "mine"; "": none is. */
static const char *found(const struct recipe *recipe)
{
	static char ms[32];
	struct store_settings settings = { .cancel_fd = -1 };
	struct err err = ERR_INIT;
	scoped(arena) struct arena *arena = arena_new();
	scoped(store) struct store *store = store_open(dir, &settings, &err);
	struct last_drill last = { "x", NULL };

	CHECK_INT(last_drill_find(store, arena, "mine", recipe, &last, &err), 0);
	CHECK_STR(err.text, "");
	CHECK_INT(!last.name, !last.report);
	snprintf(ms, sizeof(ms), "%s", last.report ? tree_string(last.report, "milliseconds") : "");
	return ms;
}

static void test_own(void)
{
	const struct recipe prod = recipe_of("prod", CA_1);

	CHECK_STR(found(NULL), "");
	CHECK_STR(found(&prod), "");
	put_report("mine", 100);
	CHECK_STR(found(NULL), "100");
	CHECK_STR(found(&prod), "100");
	/* "mine" is also the beginning of another name */
	put_report("mine.db", 200);
	CHECK_STR(found(NULL), "100");
}

static void test_cluster(void)
{
	const struct recipe prod = recipe_of("prod", CA_1), nameless = recipe_of("prod", NULL);

	put_report("same", 300);
	put_recipe("same", "renamed", CA_1);
	CHECK_STR(found(&prod), "300");
	CHECK_STR(found(NULL), "100");
	CHECK_STR(found(&nameless), "100");
	/* the newest of the cluster, not of another one that has its name */
	put_report("other", 400);
	put_recipe("other", "prod", CA_2);
	CHECK_STR(found(&prod), "300");
	CHECK_STR(found(&nameless), "400");
	put_report("no-recipe", 500);
	CHECK_STR(found(&prod), "300");
	put_report("older", 50);
	put_recipe("older", "prod", CA_1);
	CHECK_STR(found(&prod), "300");
}

/* What is no report is passed over, and so is what is not read. */
static void test_odd(void)
{
	const struct recipe prod = recipe_of("prod", CA_1);
	scoped(mem) char *large = mem_zalloc(100 * 1024);

	put("odd", ".drill.json", "{", 1, 600);
	put_recipe("odd", "prod", CA_1);
	put_report("bad", 700);
	put("bad", ".json", "[]", 2, 700);
	memset(large, ' ', 100 * 1024);
	put("large", ".drill.json", large, 100 * 1024, 800);
	put_recipe("large", "prod", CA_1);
	CHECK_STR(found(&prod), "300");
	for (int i = 0; i < 40; i++) {
		char name[24];
		snprintf(name, sizeof(name), "many-%d", i);
		put_report(name, 1000 + i);
	}
	CHECK_STR(found(&prod), "");
	CHECK_STR(found(NULL), "100");
	put_recipe("many-20", "prod", CA_1);
	CHECK_STR(found(&prod), "1020");
}

static void test_no_store(void)
{
	struct store_settings settings = { .cancel_fd = -1 };
	struct err err = ERR_INIT;
	scoped(arena) struct arena *arena = arena_new();
	scoped(store) struct store *store = store_open("/nowhere/at/all", &settings, &err);
	struct last_drill last;

	CHECK_INT(last_drill_find(store, arena, "mine", NULL, &last, &err), -1);
	CHECK(!last.report);
}

static void make_dir(void)
{
	snprintf(dir, sizeof(dir), "/tmp/last-drill-XXXXXX");
	CHECK(mkdtemp(dir) != NULL);
}

static void drop_dir(void)
{
	scoped(mem) char *cmd = mem_printf("rm -rf %s", dir);

	CHECK_INT(system(cmd), 0);
}

TESTS(TEST(make_dir), TEST(test_own), TEST(test_cluster), TEST(test_odd), TEST(test_no_store),
      TEST(drop_dir))
