/*
 * report_svg: see report_svg.h.
 */
#include "plugin/report_svg.h"

#include "plugin/report.h"

#include <stdio.h>
#include <string.h>

enum {
	HEAD = 46, /* above the first lane: two lines of words, when there are any */
	LANE = 46, /* the node's name, then its bar */
	NAME = 14,
	BAR = 20,
	AXIS = 30,
	TICKS_MAX = 6,
	NARROW = 5, /* percent: a number in such a bar has no room on a small screen */
	HIDDEN = 2, /* percent: nowhere */
};

struct picture {
	struct html *html;
	const struct tree *report;
	double whole; /* ms of the whole run, never 0 */
	size_t lanes, head;
};

static double percent(const struct picture *p, uint64_t ms)
{
	double at = (double)ms * 100 / p->whole;

	return at > 100 ? 100 : at;
}

static size_t floor_y(const struct picture *p)
{
	return p->head + p->lanes * LANE;
}

static const char *bar_class(const struct tree *step, bool failed)
{
	if (failed)
		return "bad";
	if (strcmp(tree_string(step, "undo"), "true") == 0)
		return "undo";
	return strcmp(tree_string(step, "changes"), "true") == 0 ? "changes" : "looks";
}

static void draw_bar(const struct picture *p, size_t lane, const struct tree *step,
		     const struct tree *node)
{
	bool failed = tree_string(node, "error") != NULL;
	uint64_t ms = report_number(node, "ms");
	double x = percent(p, report_number(node, "startMs")), wide = percent(p, ms);
	double least = failed ? 1.2 : 0.3; /* or nobody would see it */
	size_t y = p->head + lane * LANE + NAME + 5;

	if (wide > 100 - x)
		wide = 100 - x;
	html_rawf(p->html, "<g><title>%s. ", tree_string(step, "number"));
	html_text(p->html, tree_string(step, "name"));
	html_rawf(p->html,
		  ": %.1f s</title><rect class=\"bar %s\" x=\"%.3f%%\" y=\"%zu\" width=\"%.3f%%\" "
		  "height=\"%d\" rx=\"2\"/>",
		  (double)ms / 1000, bar_class(step, failed), x, y, wide < least ? least : wide,
		  BAR);
	if (wide >= HIDDEN)
		html_rawf(p->html,
			  "<text class=\"number%s\" x=\"%.3f%%\" y=\"%zu\" "
			  "text-anchor=\"middle\">%s</text>",
			  wide < NARROW ? " wide-only" : "", x + wide / 2, y + 14,
			  tree_string(step, "number"));
	html_raw(p->html, "</g>\n");
}

static void draw_lane(const struct picture *p, size_t lane, const struct tree *member)
{
	const char *name = tree_string(member, "node");
	size_t y = p->head + lane * LANE;

	html_rawf(p->html, "<text class=\"name\" x=\"0\" y=\"%zu\">", y + NAME);
	html_text(p->html, name);
	html_rawf(p->html,
		  "</text><rect class=\"track\" x=\"0\" y=\"%zu\" width=\"100%%\" height=\"%d\" "
		  "rx=\"2\"/>\n",
		  y + NAME + 5, BAR);
}

/* Members of a drill on one machine share its lane. */
static bool has_lane(const struct tree *members, const struct tree *member)
{
	const char *name = tree_string(member, "node");

	for (const struct tree *m = members->first; name && m != member; m = m->next)
		if (tree_string(m, "node") && strcmp(tree_string(m, "node"), name) == 0)
			return false;
	return true;
}

static size_t count_lanes(const struct tree *members)
{
	size_t count = 0;

	for (const struct tree *m = members->first; m; m = m->next)
		count += has_lane(members, m);
	return count;
}

static void draw_bars(const struct picture *p, size_t lane, const struct tree *member)
{
	const char *name = tree_string(member, "node");
	const struct tree *steps = tree_get(p->report, "steps");

	for (const struct tree *step = steps->first; step; step = step->next) {
		const struct tree *nodes = tree_get(step, "nodes");
		for (const struct tree *node = nodes->first; node; node = node->next)
			if (name && strcmp(tree_string(node, "node"), name) == 0)
				draw_bar(p, lane, step, node);
	}
}

/* Words at a place in time, never over an edge. */
static void words_at(const struct picture *p, const char *class, double from, double to, size_t y,
		     const char *words)
{
	double middle = (from + to) / 2;
	const char *anchor = middle < 25 ? "start" : middle > 75 ? "end" : "middle";
	double x = middle < 25 ? from : middle > 75 ? to : middle;

	html_rawf(p->html, "<text class=\"%s\" x=\"%.3f%%\" y=\"%zu\" text-anchor=\"%s\">", class,
		  x, y, anchor);
	html_text(p->html, words);
	html_raw(p->html, "</text>\n");
}

static void draw_api_down(const struct picture *p)
{
	const struct tree *down = tree_get(p->report, "apiDown");
	char words[40];

	if (!tree_count(down))
		return;
	double from = percent(p, report_number(down, "fromMs"));
	double to = percent(p, report_number(down, "untilMs"));
	html_rawf(p->html,
		  "<rect class=\"down\" x=\"%.3f%%\" y=\"18\" width=\"%.3f%%\" height=\"%zu\"/>\n",
		  from, to - from, floor_y(p) - 18);
	snprintf(words, sizeof(words), "API down %.1f s", (double)report_number(down, "ms") / 1000);
	words_at(p, "down-words", from, to, 12, words);
}

static void draw_commit(const struct picture *p)
{
	double x = percent(p, report_number(p->report, "committedMs"));

	if (!tree_get(p->report, "committedMs"))
		return;
	html_rawf(p->html,
		  "<line class=\"commit\" x1=\"%.3f%%\" x2=\"%.3f%%\" y1=\"36\" y2=\"%zu\"/>\n", x,
		  x, floor_y(p));
	words_at(p, "commit-words", x, x, 32, "commit");
}

/* Ticks at 1, 2 or 5 times a power of ten. */
static uint64_t tick_ms(double whole)
{
	static const unsigned parts[] = { 1, 2, 5 };

	for (uint64_t power = 100;; power *= 10)
		for (size_t i = 0; i < 3; i++)
			if (whole / (double)(power * parts[i]) <= TICKS_MAX)
				return power * parts[i];
}

static void draw_axis(const struct picture *p)
{
	uint64_t step = tick_ms(p->whole);
	size_t y = floor_y(p) + 4;

	html_rawf(p->html, "<line class=\"axis\" x1=\"0\" x2=\"100%%\" y1=\"%zu\" y2=\"%zu\"/>\n",
		  y, y);
	for (uint64_t at = 0; (double)at <= p->whole; at += step) {
		double x = percent(p, at);
		html_rawf(p->html,
			  "<line class=\"axis\" x1=\"%.3f%%\" x2=\"%.3f%%\" y1=\"%zu\" "
			  "y2=\"%zu\"/><text class=\"tick\" x=\"%.3f%%\" y=\"%zu\" "
			  "text-anchor=\"%s\">%.*f s</text>\n",
			  x, x, y, y + 4, x, y + 18,
			  at == 0  ? "start"
			  : x > 95 ? "end"
				   : "middle",
			  step < 1000 ? 1 : 0, (double)at / 1000);
	}
}

void report_svg(struct html *html, const struct tree *report)
{
	const struct tree *members = tree_get(report, "members");
	uint64_t ms = report_number(report, "ms");
	struct picture p = { .html = html,
			     .report = report,
			     .whole = ms ? (double)ms : 1,
			     .lanes = count_lanes(members) };
	p.head = tree_count(tree_get(report, "apiDown")) || tree_get(report, "committedMs") ? HEAD
											    : 0;
	size_t lane = 0;

	html_rawf(html,
		  "<svg role=\"img\" aria-label=\"When each node did which step\" "
		  "xmlns=\"http://www.w3.org/2000/svg\" width=\"100%%\" height=\"%zu\">\n",
		  floor_y(&p) + AXIS);
	for (const struct tree *m = members->first; m; m = m->next)
		if (has_lane(members, m))
			draw_lane(&p, lane++, m);
	draw_api_down(&p); /* over the lanes and under the bars, whose colours mean something */
	lane = 0;
	for (const struct tree *m = members->first; m; m = m->next)
		if (has_lane(members, m))
			draw_bars(&p, lane++, m);
	draw_commit(&p);
	draw_axis(&p);
	html_raw(html, "</svg>\n");
}
