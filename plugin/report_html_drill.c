/*
 * report_html_drill: see report_html_drill.h.
 */
#include "plugin/report_html_drill.h"

#include "plugin/report.h"
#include "plugin/time_words.h"

#include <stdio.h>
#include <string.h>

static bool is(const struct tree *map, const char *key, const char *value)
{
	const char *text = tree_string(map, key);

	return text && strcmp(text, value) == 0;
}

bool report_html_is_drill(const struct tree *report)
{
	return tree_count(tree_get(report, "drill")) > 0;
}

const char *report_html_drill_outcome(const char *outcome)
{
	if (strcmp(outcome, "needs-you") == 0)
		return "something is left";
	return strcmp(outcome, "done") == 0 ? "done" : "failed";
}

void report_html_drill_where(struct html *html, const struct tree *report)
{
	const struct tree *steps = tree_get(report, "steps");
	const struct tree *step = steps->first;
	size_t count = 0;

	while (step && !is(step, "failed", "true"))
		step = step->next;
	if (!step)
		return;
	html_raw(html, "<p class=\"faint\">In step ");
	html_text(html, tree_string(step, "number"));
	html_raw(html, is(step, "undo", "true") ? ", the undo " : ", ");
	html_text(html, tree_string(step, "name"));
	for (const struct tree *n = tree_get(step, "nodes")->first; n; n = n->next) {
		if (!tree_string(n, "error"))
			continue;
		html_raw(html, count++ ? ", " : ", on ");
		html_text(html, tree_string(n, "node"));
	}
	html_raw(html, ".</p>");
}

static void row(struct html *html, const char *name, const char *value)
{
	if (!value)
		return;
	html_element(html, "dt", NULL, name);
	html_element(html, "dd", NULL, value);
}

void report_html_drill_rows(struct html *html, const struct tree *report)
{
	const struct tree *drill = tree_get(report, "drill");
	char age[16];

	row(html, "where",
	    is(drill, "way", "local") ? "on this machine"
				      : "on the nodes, beside the live cluster");
	row(html, "begun on", tree_string(drill, "host"));
	row(html, "etcd", tree_string(drill, "etcdVersion"));
	row(html, "restored by", tree_string(drill, "restoredBy"));
	if (tree_string(drill, "snapshotAgeSeconds")) {
		age_text(report_number(drill, "snapshotAgeSeconds"), 0, age);
		row(html, "age of the snapshot", age);
	}
	for (const struct tree *one = tree_get(drill, "remarks")->first; one; one = one->next)
		row(html, "remark", tree_text(one));
}

static void cell(struct html *html, const struct tree *pair, const char *key)
{
	const char *text = tree_string(pair, key);
	char words[24];

	if (text && is(pair, "unit", "ms")) {
		snprintf(words, sizeof(words), "%.1f s", (double)report_number(pair, key) / 1000);
		text = words;
	} else if (text && is(pair, "unit", "s")) {
		age_text(report_number(pair, key), 0, words);
		text = words;
	}
	html_element(html, "td", text ? NULL : "faint", text ? text : "not told");
}

static void write_rows(struct html *html, const struct tree *last, bool drill)
{
	html_raw(html, "<table><thead><tr><th></th><th>last drill</th><th>");
	html_raw(html, drill ? "this one" : "this run");
	html_raw(html, "</th></tr></thead><tbody>\n");
	for (const struct tree *one = tree_get(last, "rows")->first; one; one = one->next) {
		html_raw(html, is(one, "differs", "true") ? "<tr class=\"differs\">" : "<tr>");
		html_element(html, "td", NULL, tree_string(one, "what"));
		cell(html, one, "then");
		cell(html, one, "now");
		html_raw(html, "</tr>\n");
	}
	html_raw(html, "</tbody></table>\n");
}

void report_html_last(struct html *html, const struct tree *report)
{
	const struct tree *last = tree_get(report, "lastDrill");
	bool drill = report_html_is_drill(report);

	if (!drill && !tree_count(last))
		return;
	html_raw(html, "<section><h2>What differs from the last drill</h2>\n");
	if (!tree_count(last)) {
		html_raw(html, is(tree_get(report, "drill"), "lastSought", "true")
				       ? "<p>No report of an earlier drill of this cluster was "
					 "found.</p></section>\n"
				       : "<p>It could not be looked for.</p></section>\n");
		return;
	}
	html_raw(html, "<p class=\"faint\">The last one was of ");
	html_raw(html,
		 is(last, "sameSnapshot", "true") ? "the same snapshot, " : "another snapshot, ");
	html_text(html, tree_string(last, "snapshot"));
	html_raw(html, ", and ended at ");
	html_text(html, tree_string(last, "at"));
	html_raw(html,
		 ".  What differs stands out; a time does when it is half as long again, or was, "
		 "and by a second.</p>\n");
	write_rows(html, last, drill);
	html_raw(html, "</section>\n");
}
