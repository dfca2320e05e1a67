/*
 * report_html: see report_html.h.
 */
#include "plugin/report_html.h"

#include "plugin/html.h"
#include "plugin/report.h"
#include "plugin/report_html_drill.h"
#include "plugin/report_style.h"
#include "plugin/report_svg.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Should anything get past the escaping: the browser runs and loads nothing. */
static const char head[] =
	"<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
	"'unsafe-inline'\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	"<meta name=\"color-scheme\" content=\"light dark\">\n";

static bool is_true(const struct tree *map, const char *key)
{
	const char *text = tree_string(map, key);

	return text && strcmp(text, "true") == 0;
}

/* A row of a dl; nothing when there is no value. */
static void row(struct html *html, const char *name, const char *value, bool mono)
{
	if (!value)
		return;
	html_element(html, "dt", NULL, name);
	html_element(html, "dd", mono ? "mono" : NULL, value);
}

static void row_of(struct html *html, const struct tree *map, const char *name, const char *key)
{
	row(html, name, tree_string(map, key), false);
}

static void row_mono(struct html *html, const struct tree *map, const char *name, const char *key)
{
	row(html, name, tree_string(map, key), true);
}

static void seconds(char out[24], uint64_t ms)
{
	snprintf(out, 24, "%.1f s", (double)ms / 1000);
}

static void row_ms(struct html *html, const struct tree *map, const char *name, const char *key)
{
	char text[24];

	if (!tree_string(map, key))
		return;
	seconds(text, report_number(map, key));
	row(html, name, text, false);
}

static void figure(struct html *html, const char *value, const char *name)
{
	html_raw(html, "<div class=\"figure\">");
	html_element(html, "b", NULL, value);
	html_element(html, "span", "faint", name);
	html_raw(html, "</div>\n");
}

static void figure_ms(struct html *html, const struct tree *map, const char *key, const char *name)
{
	char text[24];

	if (!tree_string(map, key))
		return;
	seconds(text, report_number(map, key));
	figure(html, text, name);
}

static const char *outcome_words(const struct tree *report)
{
	const char *word = tree_string(report, "outcome");

	if (report_html_is_drill(report))
		return report_html_drill_outcome(word);
	if (strcmp(word, "needs-you") == 0)
		return "needs you";
	return strcmp(word, "untouched") == 0 ? "nothing was changed" : word;
}

/* "Restore of prod" */
static void heading(struct html *html, const struct tree *report)
{
	const char *playbook = tree_string(report, "playbook");
	char name[64];

	snprintf(name, sizeof(name), "%s", playbook ? playbook : "run");
	name[0] = (char)toupper((unsigned char)name[0]);
	html_text(html, name);
	html_raw(html, " of ");
	html_text(html, tree_string(tree_get(report, "cluster"), "name"));
}

static void write_head(struct html *html, const struct tree *report)
{
	html_raw(html, head);
	html_raw(html, "<title>");
	heading(html, report);
	html_raw(html, ": ");
	html_text(html, outcome_words(report));
	html_raw(html, "</title>\n<style>");
	for (const char *const *piece = report_style; *piece; piece++)
		html_raw(html, *piece);
	html_raw(html, "</style>\n</head>\n<body>\n<main>\n<header><h1>");
	heading(html, report);
	html_rawf(html, "</h1><span class=\"pill %s\">",
		  report_html_is_drill(report) &&
				  strcmp(tree_string(report, "outcome"), "done") != 0
			  ? "failed"
			  : tree_string(report, "outcome"));
	html_text(html, outcome_words(report));
	html_raw(html, "</span>\n");
	html_element(html, "p", "lead", tree_string(report, "outcomeText"));
	html_raw(html, "<p class=\"faint\">");
	html_text(html, tree_string(report, "beganAt"));
	html_raw(html, " by ");
	html_text(html, tree_string(report, "operator"));
	if (tree_string(report, "run")) {
		html_raw(html, ", run ");
		html_text(html, tree_string(report, "run"));
	}
	html_rawf(html, ", exit status %s</p></header>\n", tree_string(report, "exitStatus"));
}

static void write_figures(struct html *html, const struct tree *report)
{
	const struct tree *down = tree_get(report, "apiDown");
	const struct tree *members = tree_get(report, "members");
	const char *until = tree_string(down, "until");
	char count[24];

	html_raw(html, "<div class=\"figures\">\n");
	figure_ms(html, down, "ms",
		  !until                        ? "API down, not seen ready again"
		  : strcmp(until, "ready") == 0 ? "API down"
						: "API down, until it listened again");
	figure_ms(html, down, "allReadyAfterMs", "all ready after");
	figure_ms(html, tree_get(report, "drill"), "forecastApiDownMs",
		  "forecast: API down in a restore");
	figure_ms(html, report, "ms",
		  is_true(report, "begunEarlier") ? "this part of the run"
		  : report_html_is_drill(report)  ? "whole drill"
						  : "whole run");
	snprintf(count, sizeof(count), "%zu", tree_count(members));
	figure(html, count, tree_count(members) == 1 ? "member" : "members");
	html_raw(html, "</div>\n");
}

static void write_trouble(struct html *html, const struct tree *report)
{
	const struct tree *error = tree_get(report, "error");
	const char *hint = tree_string(error, "hint");

	if (is_true(report, "begunEarlier"))
		html_raw(html, "<section><p>An earlier process began this run: steps and figures "
			       "are those of the process that ended it.</p></section>\n");
	if (!tree_count(error))
		return;
	html_raw(html, "<section class=\"trouble\"><h2>What failed</h2>");
	html_element(html, "p", NULL, tree_string(error, "text"));
	if (hint) {
		html_raw(html, "<p class=\"faint\">Hint: ");
		html_text(html, hint);
		html_raw(html, "</p>");
	}
	if (report_html_is_drill(report))
		report_html_drill_where(html, report);
	html_raw(html, "</section>\n");
}

/* Only what is in the picture. */
static void write_legend(struct html *html, const struct tree *report)
{
	bool undo = false, failed = false;
	const struct tree *steps = tree_get(report, "steps");

	for (const struct tree *step = steps->first; step; step = step->next) {
		undo |= is_true(step, "undo");
		failed |= is_true(step, "failed");
	}
	html_raw(html, "<div class=\"legend\"><span><i class=\"looks\"></i>looks or waits</span>"
		       "<span><i class=\"changes\"></i>changes</span>");
	if (undo)
		html_raw(html, "<span><i class=\"undo\"></i>undo</span>");
	if (failed)
		html_raw(html, "<span><i class=\"bad\"></i>failed</span>");
	if (tree_count(tree_get(report, "apiDown")))
		html_raw(html, "<span><i class=\"down\"></i>API down</span>");
	html_raw(html, "<span>numbers: see the steps</span></div>\n");
}

static void write_timeline(struct html *html, const struct tree *report)
{
	html_raw(html, "<section><h2>Timeline</h2>\n");
	report_svg(html, report);
	write_legend(html, report);
	html_raw(html, "</section>\n");
}

static void write_proved(struct html *html, const struct tree *report)
{
	const struct tree *proved = tree_get(report, "proved");

	html_raw(html, "<section><h2>What was proved, and how</h2>\n");
	if (!proved->first)
		html_raw(html, "<p>Nothing.</p>");
	html_raw(html, "<ul class=\"proved\">\n");
	for (const struct tree *one = proved->first; one; one = one->next) {
		html_raw(html, "<li>");
		html_text(html, tree_string(one, "what"));
		html_element(html, "span", NULL, tree_string(one, "how"));
		html_raw(html, "</li>\n");
	}
	html_raw(html, "</ul></section>\n");
}

static void write_snapshot(struct html *html, const struct tree *report)
{
	const struct tree *s = tree_get(report, "snapshot");

	if (!tree_count(s))
		return;
	html_raw(html, "<section><h2>Snapshot</h2><dl>\n");
	row_of(html, s, "name", "name");
	row_of(html, s, "taken", "takenAt");
	row_of(html, s, "of cluster", "cluster");
	row_of(html, s, "from member", "member");
	row_of(html, s, "etcd", "etcdVersion");
	row_of(html, s, "degraded", "degraded");
	row_of(html, s, "revision", "revision");
	row_of(html, s, "raised by", "revisionRaisedBy");
	row_of(html, s, "bytes", "size");
	row_mono(html, s, "SHA-256", "sha256");
	row_mono(html, s, "HashKV", "hashKV");
	row_mono(html, s, "SHA-256 as stored", "storedSHA256");
	row_of(html, s, "compression", "compression");
	row_of(html, s, "encryption", "encryption");
	html_raw(html, "</dl></section>\n");
}

/* "0123456789abcdef, as expected" */
static void id_row(struct html *html, const char *name, const char *expected, const char *found)
{
	char text[100];

	if (!expected)
		return;
	snprintf(text, sizeof(text), "%s%s%s", found ? found : expected,
		 !found                         ? ", not seen serving"
		 : strcmp(found, expected) == 0 ? ", as expected"
						: ", expected ",
		 found && strcmp(found, expected) != 0 ? expected : "");
	row(html, name, text, true);
}

/* By its own name where all are on one machine. */
static void write_member(struct html *html, const struct tree *m, bool named)
{
	html_raw(html, "<div class=\"member\">");
	html_element(html, "h3", NULL, tree_string(m, named ? "name" : "node"));
	html_raw(html, "<dl>");
	row_of(html, m, named ? "on" : "member", named ? "node" : "name");
	row_of(html, m, "address", "address");
	row_of(html, m, "peer URLs", "peerURLs");
	row_of(html, m, "etcd", "etcdVersion");
	row_of(html, m, "API server", "apiServerVersion");
	row_ms(html, m, "etcd served after", "etcdServedAfterMs");
	row_ms(html, m, "API ready after", "apiReadyAfterMs");
	id_row(html, "member id", tree_string(m, "expectedID"), tree_string(m, "foundID"));
	id_row(html, "cluster id", tree_string(m, "expectedClusterID"),
	       tree_string(m, "foundClusterID"));
	row_mono(html, m, "HashKV", "hashKV");
	row_of(html, m, "revision", "revision");
	row_of(html, m, "data dir", "dataDir");
	row_of(html, m, "tool", "tool");
	html_raw(html, "</dl></div>\n");
}

static void write_members(struct html *html, const struct tree *report)
{
	const struct tree *members = tree_get(report, "members");
	const char *way = tree_string(tree_get(report, "drill"), "way");

	html_raw(html, "<section><h2>Members</h2><div class=\"cards\">\n");
	for (const struct tree *m = members->first; m; m = m->next)
		write_member(html, m, way && strcmp(way, "local") == 0);
	html_raw(html, "</div></section>\n");
}

static void write_nodes(struct html *html, const struct tree *step)
{
	const struct tree *nodes = tree_get(step, "nodes");

	html_raw(html, "<div class=\"chips\">");
	for (const struct tree *node = nodes->first; node; node = node->next) {
		html_raw(html, "<span>");
		html_text(html, tree_string(node, "node"));
		html_rawf(html, " <b>%.1f</b></span>", (double)report_number(node, "ms") / 1000);
	}
	html_raw(html, "</div>");
	for (const struct tree *node = nodes->first; node; node = node->next) {
		if (!tree_string(node, "error"))
			continue;
		html_raw(html, "<div class=\"why\">");
		html_text(html, tree_string(node, "node"));
		html_raw(html, ": ");
		html_text(html, tree_string(node, "error"));
		html_raw(html, "</div>");
	}
}

static void write_step(struct html *html, const struct tree *step)
{
	html_rawf(html, "<div class=\"step\"><span class=\"faint\">%s</span><span>",
		  tree_string(step, "number"));
	if (is_true(step, "undo"))
		html_raw(html, "<span class=\"tag\">undo</span>");
	if (is_true(step, "failed"))
		html_raw(html, "<span class=\"tag bad\">failed</span>");
	html_text(html, tree_string(step, "name"));
	html_rawf(
		html,
		"</span><span class=\"second faint\">%.1f</span><span class=\"second\">%.1f</span>",
		(double)report_number(step, "startMs") / 1000,
		(double)report_number(step, "ms") / 1000);
	write_nodes(html, step);
	html_raw(html, "</div>\n");
}

static void write_steps(struct html *html, const struct tree *report)
{
	const struct tree *steps = tree_get(report, "steps");

	html_raw(html, "<section><h2>Steps</h2>\n<div class=\"steps\"><div class=\"step head\">"
		       "<span>#</span><span>step, and seconds on each node</span>"
		       "<span class=\"second\">begins</span>"
		       "<span class=\"second\">seconds</span></div>\n");
	for (const struct tree *step = steps->first; step; step = step->next)
		write_step(html, step);
	html_raw(html, "</div></section>\n");
}

static void write_run(struct html *html, const struct tree *report)
{
	const struct tree *c = tree_get(report, "cluster");
	bool drill = report_html_is_drill(report);

	html_raw(html, drill ? "<section><h2>Drill and cluster</h2><dl>\n"
			     : "<section><h2>Run and cluster</h2><dl>\n");
	if (drill)
		report_html_drill_rows(html, report);
	row_of(html, report, "run", "run");
	row_of(html, report, "back to before", "target");
	row_of(html, report, "commit", "committed");
	row_of(html, report, "what next", "next");
	row_of(html, report, "journal", "journal");
	row_of(html, report, "playbook", "playbook");
	row_mono(html, report, "SHA-256 of it", "playbookSHA256");
	row_of(html, c, "Kubernetes", "kubernetesVersion");
	row_of(html, c, drill ? "revision of the live one" : "revision before", "revisionBefore");
	row_mono(html, c, drill ? "cluster id of the live one" : "cluster id before", "idBefore");
	row_mono(html, c, "cluster id expected", "id");
	row_mono(html, c, "etcd CA", "caFingerprint");
	row_mono(html, c, "initial cluster", "initialCluster");
	row_mono(html, c, "token", "initialClusterToken");
	html_raw(html, "</dl></section>\n<footer>kubectl etcd-backup ");
	html_text(html, tree_string(report, "programVersion"));
	html_raw(html, "</footer>\n</main>\n</body>\n</html>\n");
}

int report_html(const struct tree *report, struct buf *out, struct err *err)
{
	struct html html = { .out = out };

	write_head(&html, report);
	write_figures(&html, report);
	write_trouble(&html, report);
	write_timeline(&html, report);
	write_proved(&html, report);
	report_html_last(&html, report);
	write_snapshot(&html, report);
	write_members(&html, report);
	write_steps(&html, report);
	write_run(&html, report);
	return html.failed ? err_set(err, ERR_BUG, "the page is too long for its place") : 0;
}
