/*
 * test_report_drill: what a report says of made-up drills: what was proved, by which step, what failed and what is left, and what
 * differs from the last one.
 */
#include "base/test/check.h"
#include "plugin/report_html.h"
#include "plugin/test/made_run.h"

static struct made_run made;

static struct tree *make(enum made_kind kind)
{
	made_run(&made, kind, 3);
	return report_tree(made.plan.arena, &made.report);
}

/* What the row of the last drill called `what` says under `key`. */
static const char *last_says(const struct tree *top, const char *what, const char *key)
{
	const struct tree *rows = tree_get(tree_get(top, "lastDrill"), "rows");

	for (const struct tree *row = rows ? rows->first : NULL; row; row = row->next)
		if (strcmp(tree_string(row, "what"), what) == 0)
			return tree_string(row, key);
	return "no such row";
}

static const char *how_proved(const struct tree *top, const char *what)
{
	for (const struct tree *at = tree_get(top, "proved")->first; at; at = at->next)
		if (strcmp(tree_string(at, "what"), what) == 0)
			return tree_string(at, "how");
	return "not proved";
}

static void test_drill(void)
{
	const struct tree *top = make(MADE_DRILL), *drill = tree_get(top, "drill");

	CHECK_STR(tree_string(top, "outcome"), "done");
	CHECK_HAS(tree_string(top, "outcomeText"), "beside the live cluster");
	CHECK(!tree_string(top, "next"));
	CHECK_INT(tree_get(top, "apiDown")->kind, TREE_NULL);
	CHECK_STR(tree_string(drill, "way"), "nodes");
	CHECK_STR(tree_string(drill, "forecastApiDownMs"), "20201");
	CHECK_STR(tree_string(drill, "snapshotAgeSeconds"), "644");
	CHECK_STR(tree_text(tree_get(drill, "remarks")->first),
		  "not served: masterleases (3), ranges (2): in the snapshot, and no resource of "
		  "this API server");
	CHECK(proves(top, "snapshot") && proves(top, "put-snapshot") &&
	      proves(top, "build-member"));
	CHECK_HAS(how_proved(top, "Every member has the snapshot's data."),
		  "5d2c11aa at revision 972");
	CHECK_HAS(how_proved(top, "The members take writes."), "up to revision 975");
	CHECK_HAS(how_proved(top, "Every object is served."), "953 of 26 resources");
	CHECK_HAS(how_proved(top, "Secrets can be read, whatever key they are encrypted with."),
		  "k8s:enc:aescbc:v1:key1");
	CHECK(proves(top, "undo:stop-drill") && proves(top, "undo:stop-drill-api") &&
	      proves(top, "undo:drop-member"));
	const struct tree *member = tree_get(top, "members")->first;
	CHECK_STR(tree_string(member, "etcdServedAfterMs"), "2400");
	CHECK_STR(tree_string(member, "apiReadyAfterMs"), "7300");
	CHECK(!tree_string(member->next, "apiReadyAfterMs"));
	made_free(&made);

	/* a restore says nothing of the kind */
	top = make(MADE_DONE);
	CHECK(!tree_get(top, "drill") && tree_get(top, "lastDrill")->kind == TREE_NULL &&
	      !tree_get(tree_get(top, "members")->first, "etcdServedAfterMs"));
	made_free(&made);
}

static void test_drill_failed(void)
{
	const struct tree *top = make(MADE_DRILL_FAILED);

	CHECK_STR(tree_string(top, "outcome"), "undone");
	CHECK_HAS(tree_string(top, "outcomeText"), "everything that it had made is removed");
	CHECK_INT(tree_get(tree_get(top, "drill"), "forecastApiDownMs")->kind, TREE_NULL);
	CHECK(proves(top, "wait-etcd") && proves(top, "prove-drill") && !proves(top, "read-drill"));
	CHECK(!proves(top, "start-drill-api") && proves(top, "undo:stop-drill"));
	CHECK_HAS(last_says(top, "result", "now"), "read-drill");
	CHECK_STR(last_says(top, "result", "differs"), "true");
	made_free(&made);

	top = make(MADE_DRILL_LEFT);
	CHECK_STR(tree_string(top, "outcome"), "needs-you");
	CHECK_HAS(tree_string(top, "outcomeText"), "Something of it is left on the nodes");
	CHECK_STR(tree_string(top, "next"), "To remove what is left: kubectl etcd-backup resume "
					    "20261121t062536-f346 --undo");
	CHECK(proves(top, "read-drill-api") && !proves(top, "undo:stop-drill"));
	CHECK_INT(tree_get(top, "lastDrill")->kind, TREE_NULL);
	made.report.err = &(struct err){ .code = ERR_TAKEN };
	top = report_tree(made.plan.arena, &made.report);
	CHECK(!tree_string(top, "next"));
	made_free(&made);
}

static void test_drill_last(void)
{
	const struct tree *top = make(MADE_DRILL), *last = tree_get(top, "lastDrill");

	CHECK_STR(tree_string(last, "sameSnapshot"), "false");
	CHECK_STR(tree_string(last, "at"), "2026-11-14T06:35:56Z");
	CHECK_STR(last_says(top, "etcd", "then"), "3.5.12");
	CHECK_STR(last_says(top, "etcd", "now"), "3.5.16");
	CHECK_STR(last_says(top, "etcd", "differs"), "true");
	CHECK_STR(last_says(top, "revision", "differs"), "true");
	CHECK_STR(last_says(top, "members", "differs"), "false");
	CHECK_STR(last_says(top, "result", "then"), "went well");
	CHECK_STR(last_says(top, "age of the snapshot", "differs"), "false");
	CHECK_STR(last_says(top, "step start-drill", "then"), "7803");
	CHECK_STR(last_says(top, "step start-drill", "now"), "2601");
	CHECK_STR(last_says(top, "step start-drill", "differs"), "true");
	CHECK_STR(last_says(top, "step put-snapshot", "differs"), "false");
	CHECK_STR(last_says(top, "forecast of API down", "differs"), "true");
	made_free(&made);

	/* a step and a proof that only one of them has; times that are short or alike */
	made_run(&made, MADE_DRILL, 3);
	struct drill_report then = made.drill;
	then.sha256 = made.drill.sha256;
	then.proof_count = 0;
	then.step_count = 2;
	then.steps[0].ms += 999;
	then.steps[1].ms = 2 * then.steps[1].ms + 999;
	then.forecast_ms = 13535;
	made.last.report = drill_report_tree(made.plan.arena, &then);
	top = report_tree(made.plan.arena, &made.report);
	CHECK_STR(tree_string(tree_get(top, "lastDrill"), "sameSnapshot"), "true");
	CHECK_STR(last_says(top, "step check-nodes", "differs"), "false");
	CHECK_STR(last_says(top, "step check-drill", "differs"), "true");
	CHECK_STR(last_says(top, "forecast of API down", "differs"), "false"); /* 20.2 s now */
	CHECK(!last_says(top, "step read-drill", "then"));
	CHECK_STR(last_says(top, "step read-drill", "differs"), "true");
	CHECK(!last_says(top, "HashKV", "then"));
	made_free(&made);
}

static void test_drill_page(void)
{
	scoped(buf) struct buf done = BUF_INIT(1 << 20), failed = BUF_INIT(1 << 20),
			       left = BUF_INIT(1 << 20);
	struct err err = ERR_INIT;

	report_html(make(MADE_DRILL), &done, &err);
	CHECK_HAS(buf_str(&done), "<title>Drill of kind-ha: done</title>");
	CHECK_HAS(buf_str(&done),
		  "<b>20.2 s</b><span class=\"faint\">forecast: API down in a restore</span>");
	CHECK(!strstr(buf_str(&done), "class=\"down\"") &&
	      !strstr(buf_str(&done), "class=\"commit\""));
	CHECK_HAS(buf_str(&done), "<tr class=\"differs\"><td>etcd</td><td>3.5.12</td>"
				  "<td>3.5.16</td></tr>");
	CHECK_HAS(buf_str(&done), "<tr><td>members</td><td>3</td><td>3</td></tr>");
	CHECK_HAS(buf_str(&done), "prod-&lt;b&gt;20261114T062512Z&lt;/b&gt;");
	CHECK_HAS(buf_str(&done), "<td>age of the snapshot</td><td>10m</td><td>10m</td>");
	made_free(&made);
	report_html(make(MADE_DRILL_FAILED), &failed, &err);
	CHECK_HAS(buf_str(&failed), "<span class=\"pill failed\">failed</span>");
	CHECK_HAS(buf_str(&failed), "In step 10, read-drill, on ha-control-plane2.");
	CHECK_HAS(buf_str(&failed), "everything that it had made is removed");
	made_free(&made);
	report_html(make(MADE_DRILL_LEFT), &left, &err);
	CHECK_HAS(buf_str(&left), "<span class=\"pill failed\">something is left</span>");
	CHECK_HAS(buf_str(&left), "In step 14, the undo stop-drill, on ha-control-plane3.");
	CHECK_HAS(buf_str(&left), "resume 20261121t062536-f346 --undo");
	CHECK_HAS(buf_str(&left), "It could not be looked for.");
	made_free(&made);
	buf_clear(&left);
	made_run(&made, MADE_DRILL_LEFT, 3);
	made.report.last = &made.last;
	report_html(report_tree(made.plan.arena, &made.report), &left, &err);
	CHECK_HAS(buf_str(&left), "No report of an earlier drill of this cluster was found.");
	made_free(&made);
}

/* Members on one machine share its lane, and are called by their own names. */
static void test_drill_local(void)
{
	scoped(buf) struct buf page = BUF_INIT(1 << 20);
	struct err err = ERR_INIT;

	made_run(&made, MADE_DRILL, 3);
	made.drill.way = "local";
	made.plan.ctx.run[0] = '\0';
	for (size_t i = 0; i < 3; i++)
		made.plan.found.cluster.members[i].node = "bastion";
	const struct tree *top = report_tree(made.plan.arena, &made.report);
	CHECK_INT(tree_get(top, "run")->kind, TREE_NULL);
	CHECK_HAS(tree_string(top, "outcomeText"), "on this machine");
	report_html(top, &page, &err);
	CHECK_INT(count_of(buf_str(&page), "class=\"track\""), 1);
	CHECK_HAS(buf_str(&page), "<h3>ha-control-plane2</h3><dl><dt>on</dt><dd>bastion</dd>");
	CHECK(!strstr(buf_str(&page), ", run ") && !strstr(buf_str(&page), "the live cluster"));
	made_free(&made);
}

TESTS(TEST(test_drill), TEST(test_drill_failed), TEST(test_drill_last), TEST(test_drill_page),
      TEST(test_drill_local))
