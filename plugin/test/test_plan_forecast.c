/*
 * test_plan_forecast: when the report of a drill tells how long a restore takes, when it does not, and that no report, however odd
 * it or its store is, is more than "not known".
 */
#include "base/test/check.h"
#include "plugin/plan.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "f123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static char dir[64];

/* A cluster of three, and a snapshot of it in the folder. */
static void made(struct plan *plan)
{
	static const char *const nodes[] = { "cp-1", "cp-2", "cp-3" };
	struct cluster *c = &plan->found.cluster;

	plan_begin(plan);
	plan->source.place = dir;
	plan->source.name = "prod-1";
	plan->source.shown = "prod-1.db";
	memcpy(plan->source.file.sha256, SHA, sizeof(SHA));
	for (c->count = 0; c->count < 3; c->count++)
		c->members[c->count] = (struct member){ .name = nodes[c->count],
							.node = nodes[c->count],
							.version = "3.5.16" };
}

static struct drill_report good(void)
{
	return (struct drill_report){ .sha256 = SHA,
				      .at = 1795687200, /* 2026-11-26T10:00:00Z */
				      .way = "nodes",
				      .members = 3,
				      .nodes = { "cp-3", "cp-2", "cp-1" },
				      .node_count = 3,
				      .etcd = "3.5.16",
				      .forecast_ms = 17499 };
}

static void test_foreign(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct plan plan;

	made(&plan);
	struct cluster *c = &plan.found.cluster;
	const struct drill_report same = good();
	CHECK_STR(plan_forecast_foreign(&same, c, arena), NULL);
	struct drill_report drill = good();
	drill.forecast_ms = 0;
	CHECK_STR(plan_forecast_foreign(&drill, c, arena), "it started no API server");
	drill = good();
	drill.members = 1;
	CHECK_STR(plan_forecast_foreign(&drill, c, arena), "it had 1 member, and here are 3");
	c->members[1].node = "10.0.0.2";
	CHECK_STR(plan_forecast_foreign(&same, c, arena), NULL);
	c->members[1].node = "cp-2";
	drill = good();
	drill.nodes[2] = "cp-10";
	CHECK_STR(plan_forecast_foreign(&drill, c, arena), "cp-1 was not among its nodes");
	drill.node_count = 0;
	CHECK_STR(plan_forecast_foreign(&drill, c, arena), "cp-1 was not among its nodes");
	c->count = 1;
	CHECK_STR(plan_forecast_foreign(&same, c, arena), "it had 3 members, and here is 1");
	plan_release(&plan);
}

static void test_versions(void)
{
	static const struct {
		const char *then, *now, *words;
	} table[] = {
		{ "3.5.16", "3.5.9", NULL },
		{ "3.5.16", "3.5.16-0", NULL },
		{ "3.5.16", NULL, NULL },     /* nobody knows */
		{ "3.5.16", "latest", NULL }, /* nor here */
		{ "3.4.23", "3.5.16", "it was of etcd 3.4, and cp-2 has 3.5" },
		{ "3.5.16", "3.50.1", "it was of etcd 3.5, and cp-2 has 3.50" },
		{ "3.5.16", "3.6.0", "it was of etcd 3.5, and cp-2 has 3.6" },
		{ NULL, "3.5.16", "it was of etcd of an unknown version, and cp-1 has 3.5" },
		{ "\x1b[31m", "3.5.16", "it was of etcd of an unknown version, and cp-1 has 3.5" },
	};
	scoped(arena) struct arena *arena = arena_new();
	struct plan plan;

	made(&plan);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct drill_report drill = good();
		drill.etcd = table[i].then;
		for (size_t k = 0; k < 3; k++)
			plan.found.cluster.members[k].version = "";
		plan.found.cluster.members[table[i].then && table[i].then[0] == '3'].version =
			table[i].now;
		CHECK_STR(plan_forecast_foreign(&drill, &plan.found.cluster, arena),
			  table[i].words);
	}
	plan_release(&plan);
}

static void test_words(void)
{
	struct plan plan;

	made(&plan);
	CHECK_STR(plan_forecast_words(&plan), NULL);
	CHECK(!plan_forecast_tree(&plan));
	plan.forecast.hint = "drill it";
	CHECK_STR(plan_forecast_words(&plan),
		  "not known: no drill of this snapshot; to drill it: drill it");
	plan.forecast = (struct plan_forecast){ .drilled = true, .drill = good() };
	CHECK_STR(plan_forecast_words(&plan),
		  "API down for about 17 s, as the drill of 2026-11-26T10:00:00Z on these nodes "
		  "measured");
	const struct tree *tree = plan_forecast_tree(&plan);
	CHECK_STR(tree_string(tree, "apiDownMilliseconds"), "17499");
	CHECK_STR(tree_string(tree, "drilledAt"), "2026-11-26T10:00:00Z");
	plan.forecast.drill.forecast_ms++;
	CHECK_HAS(plan_forecast_words(&plan), "about 18 s,");
	plan.forecast.drill.members = 1;
	CHECK_STR(plan_forecast_words(&plan),
		  "not known; the drill of 2026-11-26T10:00:00Z does not tell it: it had 1 member, "
		  "and here are 3");
	CHECK(!plan_forecast_tree(&plan));
	plan_release(&plan);
}

/* A file beside the snapshot, with the report's name. */
static void put(const char *text)
{
	scoped(mem) char *path = mem_printf("%s/prod-1.drill.json", dir);
	FILE *file = fopen(path, "w");

	CHECK(file && fputs(text, file) >= 0);
	if (file)
		fclose(file);
}

/* What is known by it, in words. */
static const char *found(const struct opts *opts)
{
	static char words[200];
	struct plan plan;

	made(&plan);
	plan.forecast.drilled = true; /* of an earlier look, which does not count */
	plan_forecast_find(opts, &plan);
	const char *now = plan_forecast_words(&plan);
	snprintf(words, sizeof(words), "%s", now ? now : "nothing");
	plan_release(&plan);
	return words;
}

#define REPORT(ok, sha)                                                                      \
	"{\"kind\": \"DrillReport\", \"apiVersion\": \"etcd-backup/v1\", \"ok\": " ok        \
	", \"members\": 3, \"etcdVersion\": \"3.5.1\", \"at\": \"2026-11-26T10:00:00Z\", "   \
	"\"nodes\": [\"cp-1\", \"cp-2\", \"cp-3\"], \"forecastApiDownMilliseconds\": 16000," \
	" \"snapshot\": {\"sha256\": \"" sha "\"}}"

static void test_find(void)
{
	static const char *const none[] = { "", "{", REPORT("false", SHA), REPORT("true", OTHER),
					    "{\"kind\": \"DrillReport\"}" };
	const struct opts opts = { .command = "restore" };
	scoped(mem) char *long_one = mem_alloc(2 * DRILL_REPORT_MAX);

	CHECK_STR(found(&opts), "nothing");
	put(REPORT("true", SHA));
	CHECK_STR(found(&opts), "API down for about 16 s, as the drill of 2026-11-26T10:00:00Z on "
				"these nodes measured");
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		put(none[i]);
		CHECK_STR(found(&opts), "nothing");
	}
	memset(long_one, ' ', 2 * DRILL_REPORT_MAX);
	memcpy(long_one, REPORT("true", SHA), sizeof(REPORT("true", SHA)) - 1);
	long_one[2 * DRILL_REPORT_MAX - 1] = '\0';
	put(long_one);
	CHECK_STR(found(&opts), "nothing");
}

/* A folder or a fifo of that name, and a store that is none. */
static void test_odd(void)
{
	scoped(mem) char *path = mem_printf("%s/prod-1.drill.json", dir);
	const struct opts opts = { .command = "restore" };

	CHECK_INT(unlink(path), 0);
	CHECK_INT(mkdir(path, 0700), 0);
	CHECK_STR(found(&opts), "nothing");
	CHECK_INT(rmdir(path), 0);
	CHECK_INT(mkfifo(path, 0600), 0);
	CHECK_STR(found(&opts), "nothing");
	CHECK_INT(unlink(path), 0);
	const struct opts wrong = { .command = "restore", .s3_path_style = "maybe" };
	CHECK_STR(found(&wrong), "nothing");
}

/* With time for a drill, and only then, it is said how to make one. */
static void test_hint(void)
{
	struct opts opts = { .command = "restore", .dry_run = "none", .from = dir };

	CHECK_STR(found(&opts), "nothing");
	opts.dry_run = "server";
	scoped(mem) char *named = mem_printf("not known: no drill of this snapshot; to drill it: "
					     "kubectl etcd-backup drill prod-1 --from %s",
					     dir);
	CHECK_STR(found(&opts), named);
	opts.from = "/elsewhere";
	CHECK_STR(found(&opts), "not known: no drill of this snapshot; to drill it: kubectl "
				"etcd-backup drill prod-1.db");
}

/* A store that takes the connection and says nothing. */
static void test_silent_store(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(at);
	scoped(fd) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct plan plan;

	CHECK_INT(bind(fd, (struct sockaddr *)&at, size), 0);
	CHECK_INT(listen(fd, 5), 0);
	CHECK_INT(getsockname(fd, (struct sockaddr *)&at, &size), 0);
	scoped(mem) char *endpoint = mem_printf("http://127.0.0.1:%u", ntohs(at.sin_port));
	const struct opts opts = { .command = "restore",
				   .s3_endpoint = endpoint,
				   .s3_region = "r" };
	setenv("AWS_ACCESS_KEY_ID", "a", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "b", 1);
	made(&plan);
	plan.source.place = "s3://bucket/prefix";
	uint64_t began = now_ms();
	plan_forecast_find(&opts, &plan);
	uint64_t took = now_ms() - began;
	CHECK(took >= 4000 && took < 15000);
	CHECK(!plan.forecast.drilled);
	plan_release(&plan);
}

static void make_dir(void)
{
	snprintf(dir, sizeof(dir), "/tmp/forecast-XXXXXX");
	CHECK(mkdtemp(dir) != NULL);
}

static void drop_dir(void)
{
	scoped(mem) char *cmd = mem_printf("rm -rf %s", dir);

	CHECK_INT(system(cmd), 0);
}

TESTS(TEST(make_dir), TEST(test_foreign), TEST(test_versions), TEST(test_words), TEST(test_find),
      TEST(test_odd), TEST(test_hint), TEST(test_silent_store), TEST(drop_dir))
