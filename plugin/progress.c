/*
 * progress: see progress.h.  One line an event with a UTC time: readable on a terminal and in a CI log.
 */
#include "plugin/progress.h"

#include "base/mem.h"
#include "plugin/print.h"

#include <stdio.h>
#include <string.h>

void progress_begin(struct progress *progress, struct arena *arena, bool quiet)
{
	*progress = (struct progress){ .quiet = quiet, .arena = arena, .began = now_ms() };
}

void progress_line(const struct progress *progress, const char *fmt, ...)
{
	char line[1024], when[21];
	va_list ap;

	if (progress->quiet)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	time_text(now_unix(), when);
	print_notice("%.8s %s", when + 11, line);
}

static void step_begins(void *arg, size_t number, size_t of, const struct step *step, bool undo)
{
	struct progress *p = arg;

	if (p->count < sizeof(p->steps) / sizeof(p->steps[0]))
		p->steps[p->count++] = (struct progress_step){ .verb = step->verb,
							       .undo = undo,
							       .first = step->on == ON_FIRST,
							       .start = now_ms() - p->began };
	if (undo)
		progress_line(p, "undo %s", step->verb->name);
	else
		progress_line(p, "step %zu/%zu %s", number, of, step->verb->name);
}

static void node_ended(void *arg, const struct step *step, const struct node *node, uint64_t ms,
		       const struct err *err)
{
	struct progress *p = arg;
	struct progress_step *now = &p->steps[p->count - 1];

	uint64_t ended = now_ms() - p->began;

	now->node_start[node->index] = ended - now->start > ms ? ended - ms : now->start;
	now->node_ms[node->index] = ms;
	now->node_ran[node->index] = true;
	if (err && p->arena)
		now->node_error[node->index] = arena_strdup(p->arena, err->text);
	if (err) /* each node that failed is told, even when all else is quiet */
		print_notice("%s %s failed: %s", step->verb->name, node->name, err->text);
	else
		progress_line(p, "%s %s ok %.1fs", step->verb->name, node->name, (double)ms / 1000);
}

static void step_ended(void *arg, const struct step *step, uint64_t ms, bool failed, bool undo)
{
	struct progress *p = arg;

	(void)step;
	(void)undo;
	p->steps[p->count - 1].ms = ms;
	p->steps[p->count - 1].failed = failed;
}

static void committed(void *arg, const char *text)
{
	struct progress *p = arg;

	p->committed = now_ms() - p->began;
	p->commit_text = text;
	progress_line(p, "commit: %s", text);
}

struct play_events progress_events(struct progress *progress)
{
	return (struct play_events){ .arg = progress,
				     .step_begins = step_begins,
				     .node_ended = node_ended,
				     .step_ended = step_ended,
				     .committed = committed };
}

void progress_table(const struct progress *p, const struct cluster *cluster)
{
	struct table table;

	table_init(&table);
	table_cell(&table, "STEP");
	for (size_t i = 0; i < cluster->count; i++)
		table_cell(&table, "%s", cluster->members[i].node);
	table_cell(&table, "SECONDS");
	table_row(&table);
	for (size_t s = 0; s < p->count; s++) {
		const struct progress_step *step = &p->steps[s];
		table_cell(&table, "%s%s", step->undo ? "undo:" : "", step->verb->name);
		for (size_t i = 0; i < cluster->count; i++) {
			if (step->node_ran[i])
				table_cell(&table, "%.1f", (double)step->node_ms[i] / 1000);
			else
				table_cell(&table, "<none>");
		}
		table_cell(&table, "%.1f", (double)step->ms / 1000);
		table_row(&table);
	}
	table_print(&table);
}

/* How many nodes there are: all take part in the first steps. */
static size_t node_count(const struct progress *progress)
{
	size_t count = 0;

	for (size_t i = 0; i < progress->count; i++)
		for (size_t n = count; n < CLUSTER_MEMBERS_MAX; n++)
			if (progress->steps[i].node_ran[n])
				count = n + 1;
	return count;
}

bool progress_ended_well(const struct progress *progress, const char *verb, bool undo)
{
	bool well[CLUSTER_MEMBERS_MAX] = { false }, all = false;
	size_t count = node_count(progress);

	for (size_t i = 0; i < progress->count; i++) {
		const struct progress_step *step = &progress->steps[i];
		if (step->undo != undo || strcmp(step->verb->name, verb) != 0)
			continue;
		all = !step->failed; /* it was tried again */
		for (size_t n = 0; n < (step->first ? 1 : count); n++) {
			well[n] |= step->node_ran[n] && !step->node_error[n];
			all &= well[n];
		}
	}
	return all;
}

struct api_down progress_api_down(const struct play_ctx *ctx)
{
	struct api_down down = { 0 };

	for (size_t i = 0; i < ctx->cluster->count; i++) {
		const struct play_node *node = &ctx->nodes[i];
		if (node->api_stopped_at && (!down.from || node->api_stopped_at < down.from))
			down.from = node->api_stopped_at;
		if (node->api_ready_at && (!down.until || node->api_ready_at < down.until))
			down.until = node->api_ready_at;
	}
	return down;
}
