/*
 * test_report: what a report says of made-up runs, that page and document say the same, that nothing from outside becomes
 * markup, and where it may be written.
 */
#include "base/json.h"
#include "base/test/check.h"
#include "plugin/report_file.h"
#include "plugin/report_html.h"
#include "plugin/report_svg.h"
#include "plugin/test/made_run.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct made_run made;

static struct tree *make(enum made_kind kind)
{
	made_run(&made, kind, 3);
	return report_tree(made.plan.arena, &made.report);
}

static void test_done(void)
{
	const struct tree *top = make(MADE_DONE), *down = tree_get(top, "apiDown");

	CHECK_STR(tree_string(top, "outcome"), "done");
	CHECK_STR(tree_string(top, "exitStatus"), "0");
	CHECK_STR(tree_string(top, "beganAt"), "2026-11-21T06:25:36Z");
	CHECK_INT(tree_get(top, "error")->kind, TREE_NULL);
	CHECK_INT(report_number(down, "fromMs"), 6600);
	CHECK_INT(report_number(down, "untilMs"), 19900);
	CHECK_INT(report_number(down, "ms"), 13300);
	CHECK_STR(tree_string(down, "until"), "ready");
	CHECK_INT(report_number(down, "allReadyAfterMs"), report_number(top, "ms") - 6600);
	CHECK(report_number(top, "committedMs") > 6600);
	const struct tree *member = tree_get(top, "members")->first->next;
	CHECK_STR(tree_string(member, "expectedID"), "beef000000000001");
	CHECK_STR(tree_string(member, "foundID"), "beef000000000001");
	CHECK_STR(tree_string(member, "hashKV"), "5d2c11aa");
	CHECK_STR(tree_string(tree_get(top, "snapshot"), "takenAt"), "2026-11-21T06:25:12Z");
	CHECK_STR(tree_string(tree_get(top, "snapshot"), "revisionRaisedBy"), "1000038");
	CHECK_INT(tree_count(tree_get(top, "steps")), 15);
	const struct tree *step = tree_get(top, "steps")->first->next->next;
	CHECK_STR(tree_string(step, "name"), "put-snapshot");
	CHECK_STR(tree_string(step, "startMs"), "1067");
	CHECK_STR(tree_string(tree_get(step, "nodes")->first, "ms"), "2400");
	CHECK_INT(tree_get(tree_get(step, "nodes")->first, "error")->kind, TREE_NULL);
	CHECK(proves(top, "snapshot") && proves(top, "stop-etcd") && proves(top, "wait-etcd"));
	CHECK(!proves(top, "compare-etcd") && !proves(top, "undo:start-etcd"));
	made_free(&made);
}

static struct progress_step *step_of(const char *verb)
{
	for (size_t i = 0; i < made.progress.count; i++)
		if (strcmp(made.progress.steps[i].verb->name, verb) == 0)
			return &made.progress.steps[i];
	abort();
}

/* A node that was left out of a step has proved nothing; nor has a step of the first node's alone that went without it. */
static void test_left_out(void)
{
	made_run(&made, MADE_DONE, 3);
	struct progress_step *step = step_of("wait-apiserver"), *again;
	CHECK(proves(report_tree(made.plan.arena, &made.report), "wait-apiserver"));
	step->node_ran[1] = false;
	CHECK(!proves(report_tree(made.plan.arena, &made.report), "wait-apiserver"));
	/* it was tried again there, and there only */
	step->failed = step->node_ran[1] = true;
	step->node_error[1] = "no answer";
	again = &made.progress.steps[made.progress.count++];
	*again = (struct progress_step){ .verb = step->verb, .node_ran = { false, true } };
	CHECK(proves(report_tree(made.plan.arena, &made.report), "wait-apiserver"));
	step = step_of("wait-controllers");
	CHECK(proves(report_tree(made.plan.arena, &made.report), "wait-controllers"));
	step->node_ran[0] = false;
	CHECK(!proves(report_tree(made.plan.arena, &made.report), "wait-controllers"));
	made_free(&made);
}

/* Too few nodes are left: neither outcome says that the cluster serves, and the way on is a restore on them. */
static void test_no_quorum(void)
{
	for (int undone = 0; undone < 2; undone++) {
		made_run(&made, MADE_DONE, 3);
		made.report.outcome = undone ? PLAY_UNDONE : PLAY_DONE;
		made.plan.ctx.no_quorum = true;
		const struct tree *top = report_tree(made.plan.arena, &made.report);
		CHECK_HAS(tree_string(top, "outcomeText"), "which are no quorum");
		CHECK_HAS(tree_string(top, "next"),
			  "left: kubectl etcd-backup restore SNAPSHOT --nodes ha-control-plane=");
		CHECK_HAS(tree_string(top, "next"), " --without MEMBER,...");
		made_free(&made);
	}
}

static bool goes_back(void)
{
	const char *next = tree_string(report_tree(made.plan.arena, &made.report), "next");

	CHECK_HAS(next, "To remove it: kubectl etcd-backup clean ");
	return strstr(next, "rollback") != NULL;
}

/* Nodes that have not all members of the old data are not sent back to it. */
static void test_no_way_back(void)
{
	made_run(&made, MADE_DONE, 1);
	const char *own = made.plan.found.cluster.members[0].peer_url;
	CHECK(goes_back());
	made.plan.nodes[0].voters = own;
	CHECK(goes_back());
	made.plan.nodes[0].voters = arena_printf(made.plan.arena, "%s https://10.9.9.9:2380", own);
	CHECK(!goes_back());
	/* nobody told: of three one is left */
	made.plan.nodes[0].voters = NULL;
	made.plan.left_out_count = 2;
	CHECK(!goes_back());
	made_free(&made);
}

static const char *how(const char *step)
{
	const struct tree *top = report_tree(made.plan.arena, &made.report);

	for (const struct tree *at = tree_get(top, "proved")->first; at; at = at->next)
		if (strcmp(tree_string(at, "step"), step) == 0)
			return tree_string(at, "how");
	return "";
}

/* What etcd's auth refused is not claimed, and is told. */
static void test_hash_refused(void)
{
	made_run(&made, MADE_DONE, 3);
	CHECK_HAS(how("wait-etcd"), "HashKV is the same on all");
	made.plan.nodes[2].hash_refused = true;
	CHECK_HAS(how("wait-etcd"), "etcd's auth refused HashKV");
	CHECK(!strstr(how("wait-etcd"), "the same on all"));
	made_free(&made);

	made_run(&made, MADE_ROLLBACK, 3);
	CHECK_HAS(how("compare-etcd"), "is the same on all");
	made.plan.nodes[2].hash_refused = true;
	CHECK_HAS(how("compare-etcd"), "etcd's auth refused HashKV");
	CHECK(!strstr(how("compare-etcd"), "is the same on all"));
	CHECK_HAS(how("wait-etcd"), "the member and cluster id of the old data");
	made_free(&made);
}

static const struct tree *row_of(const struct tree *last, const char *what)
{
	const struct tree *row = tree_get(last, "rows")->first;

	while (row && strcmp(tree_string(row, "what"), what) != 0)
		row = row->next;
	return row;
}

/* A restore that the snapshot's drill foretold: both side by side; without a drill there is nothing. */
static void test_drilled(void)
{
	scoped(buf) struct buf page = BUF_INIT(1024 * 1024);
	struct err err = ERR_INIT;

	const struct tree *top = make(MADE_DONE);
	CHECK_INT(tree_get(top, "lastDrill")->kind, TREE_NULL);
	CHECK_INT(report_html(top, &page, &err), 0);
	CHECK(!strstr(buf_str(&page), "last drill"));
	made.plan.forecast.drilled = true;
	made.plan.forecast.drill = (struct drill_report){
		.at = 1795242000,
		.members = 3,
		.etcd = "3.5.16",
		.program = "0.9",
		.forecast_ms = 12000,
		.steps = { { "put-snapshot", 1000 }, { "prove-drill", 100 } },
		.step_count = 2,
	};
	top = report_tree(made.plan.arena, &made.report);
	const struct tree *last = tree_get(top, "lastDrill"), *down = row_of(last, "API down");
	CHECK_STR(tree_string(down, "then"), "12000");
	CHECK_STR(tree_string(down, "now"), "13300");
	CHECK_STR(tree_string(down, "differs"), "false"); /* not half as long again */
	CHECK_STR(tree_string(row_of(last, "step put-snapshot"), "now"), "2401");
	CHECK_STR(tree_string(row_of(last, "step put-snapshot"), "differs"), "true");
	CHECK(!row_of(last, "step prove-drill")); /* a restore has none */
	CHECK_STR(tree_string(row_of(last, "members"), "now"), "3");
	CHECK_STR(tree_string(last, "at"), "2026-11-21T06:20:00Z");
	buf_clear(&page);
	CHECK_INT(report_html(top, &page, &err), 0);
	CHECK_HAS(buf_str(&page), "<th>last drill</th><th>this run</th>");
	/* one that failed is compared with nothing */
	made.report.outcome = PLAY_UNDONE;
	top = report_tree(made.plan.arena, &made.report);
	CHECK_INT(tree_get(top, "lastDrill")->kind, TREE_NULL);
	made_free(&made);
}

static void test_undone(void)
{
	const struct tree *top = make(MADE_UNDONE), *down = tree_get(top, "apiDown");
	const struct tree *step = tree_get(top, "steps")->first;

	CHECK_STR(tree_string(top, "outcome"), "undone");
	CHECK_STR(tree_string(top, "exitStatus"), "4");
	CHECK_STR(tree_string(tree_get(top, "error"), "hint"), "look at /var/lib/etcd there");
	CHECK_STR(tree_string(down, "until"), "listening");
	for (size_t i = 1; i < 7; i++)
		step = step->next;
	CHECK_STR(tree_string(step, "name"), "swap-data");
	CHECK_STR(tree_string(step, "failed"), "true");
	CHECK_STR(tree_string(tree_get(step, "nodes")->first->next, "error"), MADE_ERROR);
	CHECK_STR(tree_string(step->next, "undo"), "true");
	CHECK(!tree_get(top, "committedMs"));
	CHECK(!tree_get(down, "allReadyAfterMs"));
	CHECK(proves(top, "undo:start-apiserver") && !proves(top, "wait-etcd"));
	CHECK(!tree_string(tree_get(top, "members")->first, "foundID"));
	made_free(&made);
}

static void test_others(void)
{
	const struct tree *top = make(MADE_NEEDS_YOU);
	CHECK_STR(tree_string(top, "outcome"), "needs-you");
	CHECK_HAS(tree_string(top, "next"), "resume 20261121t062536-f346");
	CHECK_INT(tree_get(tree_get(top, "apiDown"), "until")->kind, TREE_NULL);
	CHECK_INT(report_number(tree_get(top, "apiDown"), "untilMs"), 24000);
	CHECK(proves(top, "wait-etcd") && !proves(top, "wait-apiserver"));
	made_free(&made);

	top = make(MADE_ROLLBACK);
	CHECK_HAS(tree_string(top, "outcomeText"), "before run 20261120t101112-0abc");
	CHECK_INT(tree_get(top, "snapshot")->kind, TREE_NULL);
	CHECK(proves(top, "compare-etcd") && !proves(top, "snapshot"));
	made_free(&made);

	/* what an earlier process may have done is not claimed */
	top = make(MADE_RESUMED);
	CHECK_STR(tree_string(top, "begunEarlier"), "true");
	CHECK_INT(tree_get(top, "apiDown")->kind, TREE_NULL);
	CHECK(!proves(top, "stop-etcd") && proves(top, "wait-apiserver"));
	made_free(&made);

	made_run(&made, MADE_DONE, 3);
	made.report.earlier = true;
	CHECK(!proves(report_tree(made.plan.arena, &made.report), "put-snapshot"));
	CHECK(proves(report_tree(made.plan.arena, &made.report), "wait-etcd"));
	made_free(&made);
}

/* A step that failed and then did not is proved; the other way round it is not. */
static void test_again(void)
{
	made_run(&made, MADE_DONE, 3);
	made_step(&made, "wait-apiserver", 100, false);
	made_fail(&made, 0, "no");
	CHECK(!proves(report_tree(made.plan.arena, &made.report), "wait-apiserver"));
	made_step(&made, "wait-apiserver", 100, false);
	err_set(&made.err, ERR_KUBE, "no");
	CHECK_INT(tree_get(report_tree(made.plan.arena, &made.report), "error")->kind, TREE_NULL);
	CHECK(proves(report_tree(made.plan.arena, &made.report), "wait-apiserver"));
	made_free(&made);
}

static void test_page(void)
{
	for (enum made_kind kind = MADE_DONE; kind < MADE_KINDS; kind++) {
		scoped(buf) struct buf page = BUF_INIT(1 << 20);
		struct err err = ERR_INIT;
		CHECK_INT(report_html(make(kind), &page, &err), 0);
		const char *text = buf_str(&page);
		CHECK(!strstr(text, "<script") && !strstr(text, "<img") && !strstr(text, "\x1b"));
		CHECK(!strstr(text, "src=") || kind == MADE_UNDONE || kind == MADE_DRILL_FAILED);
		CHECK(!strstr(text, "href=") && !strstr(text, "url(") && !strstr(text, "@import"));
		CHECK_INT(count_of(text, "<div"), count_of(text, "</div>"));
		CHECK_INT(count_of(text, "<span"), count_of(text, "</span>"));
		CHECK_INT(count_of(text, "<section"), count_of(text, "</section>"));
		CHECK_INT(count_of(text, "<g>"), count_of(text, "</g>"));
		CHECK_INT(count_of(text, "<tr"), count_of(text, "</tr>"));
		CHECK_INT(count_of(text, "<td"), count_of(text, "</td>"));
		CHECK_INT(count_of(text, "</title></svg>"), 0);
		made_free(&made);
	}
}

static void test_page_says(void)
{
	scoped(buf) struct buf done = BUF_INIT(1 << 20), undone = BUF_INIT(1 << 20);
	struct err err = ERR_INIT;

	report_html(make(MADE_DONE), &done, &err);
	CHECK_HAS(buf_str(&done), "<b>13.3 s</b><span class=\"faint\">API down</span>");
	CHECK_HAS(buf_str(&done), "<title>Restore of kind-ha: done</title>");
	CHECK_HAS(buf_str(&done), ">beef000000000002, as expected<");
	CHECK_HAS(buf_str(&done), "class=\"commit\"");
	made_free(&made);
	report_html(make(MADE_UNDONE), &undone, &err);
	CHECK_HAS(buf_str(&undone), "&lt;script&gt;document.title=&#39;owned&#39;&lt;/script&gt;");
	CHECK_HAS(buf_str(&undone), "&quot;quoted&quot; &amp; &#39;single&#39; ^[[31mred");
	CHECK_HAS(buf_str(&undone), "<span class=\"tag\">undo</span>start-etcd");
	CHECK_HAS(buf_str(&undone), "class=\"bar bad\"");
	CHECK(!strstr(buf_str(&undone), "class=\"commit\""));
	made_free(&made);

	struct buf small = BUF_INIT(1000);
	CHECK_INT(report_html(make(MADE_DONE), &small, &err), -1);
	CHECK_INT(err.code, ERR_BUG);
	buf_release(&small);
	made_free(&made);
}

/* Bars stand where the document says. */
static void test_picture(void)
{
	scoped(buf) struct buf out = BUF_INIT(1 << 20);
	struct html html = { .out = &out };
	char want[100];
	const struct tree *top = make(MADE_DONE);
	double whole = (double)report_number(top, "ms");

	report_svg(&html, top);
	CHECK(!html.failed);
	CHECK_INT(count_of(buf_str(&out), "class=\"track\""), 3);
	CHECK_INT(count_of(buf_str(&out), "class=\"bar "), 14 * 3 + 1);
	snprintf(want, sizeof(want), "<rect class=\"down\" x=\"%.3f%%\" y=\"18\" width=\"%.3f%%\"",
		 660000 / whole, 1330000 / whole);
	CHECK_HAS(buf_str(&out), want);
	snprintf(want, sizeof(want),
		 "put-snapshot: 2.4 s</title><rect class=\"bar changes\" x=\"%.3f%%\"",
		 106700 / whole);
	CHECK_HAS(buf_str(&out), want);
	CHECK_HAS(buf_str(&out), ">API down 13.3 s</text>");
	made_free(&made);

	/* a run of no time at all, and one without nodes */
	buf_clear(&out);
	made_run(&made, MADE_RESUMED, 0);
	made.progress.count = 0;
	made.report.ended = 0;
	report_svg(&html, report_tree(made.plan.arena, &made.report));
	CHECK(!html.failed && !strstr(buf_str(&out), "nan") && !strstr(buf_str(&out), "inf"));
	made_free(&made);
}

static void read_file(const char *path, struct buf *out)
{
	char piece[4096];
	FILE *file = fopen(path, "r");

	CHECK(file);
	for (size_t n; file && (n = fread(piece, 1, sizeof(piece), file)) > 0;)
		buf_add(out, piece, n);
	if (file)
		fclose(file);
}

static void test_file(void)
{
	char folder[] = "/tmp/report.XXXXXX", path[100], part[110];
	scoped(buf) struct buf text = BUF_INIT(1 << 20);
	scoped(arena) struct arena *arena = arena_new();
	struct err err = ERR_INIT;
	struct stat st;

	CHECK(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/r.json", folder);
	snprintf(part, sizeof(part), "%s.part", path);
	CHECK_INT(report_file_check(NULL, &err), 0);
	CHECK_INT(report_file_check(path, &err), 0);
	const struct tree *top = make(MADE_DONE);
	CHECK_INT(report_file_write(path, top, &err), 0);
	CHECK(!stat(path, &st) && (st.st_mode & 0777) == 0600 && access(part, F_OK));
	read_file(path, &text);
	const struct tree *read = json_parse(arena, buf_str(&text), text.len, 1 << 20, &err);
	CHECK_STR(tree_string(read, "kind"), "RunReport");
	CHECK_STR(tree_string(tree_get(read, "apiDown"), "ms"), "13300");
	CHECK_INT(tree_count(tree_get(read, "steps")), 15);

	/* never over another, neither at the beginning nor at the end */
	CHECK_INT(report_file_check(path, &err), -1);
	CHECK_HAS(err.text, "is there already");
	CHECK_INT(report_file_write(path, top, &err), -1);
	CHECK(access(part, F_OK));
	made_free(&made);
	unlink(path);
	rmdir(folder);
	CHECK_INT(report_file_check(path, &err), -1);
	CHECK_INT(err.code, ERR_FILE);
	CHECK_INT(report_file_check("r.txt", &err), -1);
	CHECK_INT(err.code, ERR_USAGE);
	CHECK_INT(report_file_check(".html", &err), -1);
}

/* The record that the report is made of. */
static void test_progress(void)
{
	static struct progress progress;
	scoped(arena) struct arena *arena = arena_new();
	struct step step = { .verb = verb_find("stop-etcd") };
	struct node node = { .name = "cp-2", .index = 1 };
	struct err err = ERR_INIT;

	progress_begin(&progress, arena, true);
	progress.began -= 5000;
	struct play_events events = progress_events(&progress);
	events.step_begins(&progress, 1, 2, &step, false);
	progress.began -= 3000;
	events.node_ended(&progress, &step, &node, 1000, NULL);
	events.step_ended(&progress, &step, 3000, false, false);
	events.committed(&progress, "served");
	CHECK_INT(progress.count, 1);
	CHECK(progress.steps[0].start >= 5000 && progress.steps[0].start < 6000);
	/* it began before the other nodes' turn was over */
	CHECK(progress.steps[0].node_start[1] >= 7000 && progress.steps[0].node_start[1] < 8000);
	CHECK(!progress.steps[0].node_error[1] && !progress.steps[0].node_ran[0]);
	CHECK(progress.committed >= 8000);

	err_set(&err, ERR_REMOTE, "still runs");
	events.step_begins(&progress, 2, 2, &step, true);
	events.node_ended(&progress, &step, &node, 100000, &err);
	events.step_ended(&progress, &step, 100000, true, true);
	err_set(&err, ERR_REMOTE, "another");
	CHECK_INT(progress.steps[1].node_start[1], progress.steps[1].start);
	CHECK_STR(progress.steps[1].node_error[1], "still runs");
	CHECK(progress.steps[1].undo && progress.steps[1].failed);
}

TESTS(TEST(test_done), TEST(test_drilled), TEST(test_left_out), TEST(test_no_quorum),
      TEST(test_no_way_back), TEST(test_hash_refused), TEST(test_undone), TEST(test_others),
      TEST(test_again), TEST(test_page), TEST(test_page_says), TEST(test_picture), TEST(test_file),
      TEST(test_progress))
