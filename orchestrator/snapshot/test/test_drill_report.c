/* Drill reports: written and read back, and what is no report. */
#include "snapshot/drill_report.h"

#include "base/json.h"
#include "base/test/check.h"

static void write(const struct drill_report *report, struct buf *out)
{
	scoped(arena) struct arena *arena = arena_new();
	struct err err = ERR_INIT;

	CHECK_INT(json_write(drill_report_tree(arena, report), false, out, &err), 0);
}

static struct drill_report good(void)
{
	return (struct drill_report){ .snapshot = "prod-1",
				      .sha256 = "ab12",
				      .revision = 972,
				      .taken_at = 1800000000,
				      .at = 1800003600,
				      .host = "here",
				      .way = "local",
				      .program = "1",
				      .etcd = "3.5.16",
				      .restored_by = "etcdutl 3.5.16",
				      .members = 3,
				      .proofs = { { "voters", "3" } },
				      .proof_count = 1,
				      .steps = { { "read", 2 }, { "start", 3 } },
				      .step_count = 2 };
}

static void test_both_ways(void)
{
	scoped(arena) struct arena *arena = arena_new();
	scoped(buf) struct buf text = BUF_INIT(DRILL_REPORT_MAX);
	struct drill_report report = good(), back;
	struct err err = ERR_INIT;

	write(&report, &text);
	CHECK_HAS(buf_str(&text), "\"ageSeconds\": 3600");
	CHECK_HAS(buf_str(&text), "\"milliseconds\": 5\n");
	CHECK_HAS(buf_str(&text), "\"name\": \"voters\"");
	CHECK_INT(drill_report_read(arena, text.data, text.len, &back, &err), 0);
	CHECK_STR(back.sha256, "ab12");
	CHECK_STR(back.etcd, "3.5.16");
	CHECK_STR(back.way, "local");
	CHECK_STR(back.program, "1");
	CHECK_STR(back.restored_by, "etcdutl 3.5.16");
	CHECK_INT(back.step_count, 2);
	CHECK_STR(back.steps[1].name, "start");
	CHECK_INT(back.steps[1].ms, 3);
	CHECK_INT(back.at, 1800003600);
	CHECK_INT(back.members, 3);
	CHECK_STR(back.trouble, NULL);
}

/* Which cluster its figures are of: what a restore compares. */
static void test_figures(void)
{
	scoped(arena) struct arena *arena = arena_new();
	scoped(buf) struct buf text = BUF_INIT(DRILL_REPORT_MAX), more = BUF_INIT(DRILL_REPORT_MAX);
	struct drill_report report = good(), back;
	struct err err = ERR_INIT;

	write(&report, &text);
	CHECK_INT(drill_report_read(arena, text.data, text.len, &back, &err), 0);
	CHECK_INT(back.forecast_ms, 0);
	CHECK_INT(back.node_count, 0);
	report.forecast_ms = 17125;
	report.nodes[report.node_count++] = "cp-1";
	report.nodes[report.node_count++] = "cp-2";
	buf_clear(&text);
	write(&report, &text);
	CHECK_INT(drill_report_read(arena, text.data, text.len, &back, &err), 0);
	CHECK_INT(back.forecast_ms, 17125);
	CHECK_INT(back.node_count, 2);
	CHECK_STR(back.nodes[1], "cp-2");
	buf_adds(&more,
		 "{\"kind\": \"DrillReport\", \"apiVersion\": \"etcd-backup/v1\", \"ok\": true, "
		 "\"members\": 3, \"at\": \"2026-11-21T10:00:00Z\", \"snapshot\": {\"sha256\": "
		 "\"ab\"}, "
		 "\"forecastApiDownMilliseconds\": -1, \"nodes\": [{}");
	for (size_t i = 0; i < 2 * DRILL_NODES_MAX; i++)
		buf_addf(&more, ", \"cp-%zu\"", i);
	buf_adds(&more, "]}");
	CHECK_INT(drill_report_read(arena, more.data, more.len, &back, &err), 0);
	CHECK_INT(back.forecast_ms, 0);
	CHECK_INT(back.node_count, DRILL_NODES_MAX);
	CHECK_STR(back.nodes[0], "cp-0");
}

static void test_failed(void)
{
	scoped(arena) struct arena *arena = arena_new();
	scoped(buf) struct buf text = BUF_INIT(DRILL_REPORT_MAX);
	struct drill_report report = good(), back;
	struct err err = ERR_INIT;

	report.trouble = "it hangs";
	write(&report, &text);
	CHECK_HAS(buf_str(&text), "\"ok\": false");
	CHECK_INT(drill_report_read(arena, text.data, text.len, &back, &err), 0);
	CHECK_STR(back.trouble, "it hangs");
}

static void test_bad(void)
{
	static const char *const texts[] = {
		"",
		"{",
		"[]",
		"{\"kind\": \"SnapshotRecipe\", \"apiVersion\": \"etcd-backup/v1\"}",
		"{\"kind\": \"DrillReport\", \"apiVersion\": \"etcd-backup/v2\"}",
		"{\"kind\": \"DrillReport\", \"apiVersion\": \"etcd-backup/v1\"}",
		"{\"kind\": \"DrillReport\", \"apiVersion\": \"etcd-backup/v1\", \"ok\": true, "
		"\"members\": 3,"
		" \"at\": \"yesterday\", \"snapshot\": {\"sha256\": \"ab\"}}",
		"{\"kind\": \"DrillReport\", \"apiVersion\": \"etcd-backup/v1\", \"ok\": true, "
		"\"members\": -1,"
		" \"at\": \"2026-11-21T10:00:00Z\", \"snapshot\": {\"sha256\": \"ab\"}}",
	};
	static const char no_ok[] =
		"{\"kind\": \"DrillReport\", \"apiVersion\": \"etcd-backup/v1\", \"members\": 1,"
		" \"at\": \"2026-11-21T10:00:00Z\", \"snapshot\": {\"sha256\": \"ab\"}}";
	scoped(arena) struct arena *arena = arena_new();
	struct drill_report back;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct err err = ERR_INIT;
		CHECK_INT(drill_report_read(arena, texts[i], strlen(texts[i]), &back, &err), -1);
		CHECK_INT(err.code, ERR_CONFIG);
	}
	struct err err = ERR_INIT;
	CHECK_INT(drill_report_read(arena, no_ok, strlen(no_ok), &back, &err), 0);
	CHECK(back.trouble != NULL); /* what does not say that it went well did not */
}

static void test_names(void)
{
	CHECK(drill_report_is_name("prod-1.drill.json"));
	CHECK(drill_report_is_name("prod.db.drill.json"));
	CHECK(!drill_report_is_name("prod-1.json"));
	CHECK(!drill_report_is_name(".drill.json"));
	CHECK(!drill_report_is_name("prod-1.drill.json.part"));
}

TESTS(TEST(test_both_ways), TEST(test_figures), TEST(test_failed), TEST(test_bad), TEST(test_names))
