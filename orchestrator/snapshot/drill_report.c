/*
 * drill_report: see drill_report.h.  Described for readers in docs/drill.md.
 */
#include "snapshot/drill_report.h"

#include "base/json.h"

#include <string.h>
#include <time.h>

static void set_time(struct arena *arena, struct tree *map, const char *key, uint64_t at)
{
	char text[21];

	time_text(at, text);
	tree_set_string(arena, map, key, at ? text : NULL);
}

static struct tree *snapshot_tree(struct arena *arena, const struct drill_report *r)
{
	struct tree *map = tree_map(arena);

	tree_set_string(arena, map, "name", r->snapshot);
	tree_set_string(arena, map, "sha256", r->sha256);
	tree_set_number(arena, map, "revision", r->revision);
	set_time(arena, map, "takenAt", r->taken_at);
	if (r->taken_at && r->at >= r->taken_at)
		tree_set_number(arena, map, "ageSeconds", r->at - r->taken_at);
	return map;
}

struct tree *drill_report_tree(struct arena *arena, const struct drill_report *r)
{
	struct tree *top = tree_map(arena), *proved = tree_list(arena), *steps = tree_list(arena),
		    *nodes = tree_list(arena);
	uint64_t all = 0;

	for (size_t i = 0; i < r->proof_count; i++) {
		struct tree *map = tree_map(arena);
		tree_set_string(arena, map, "name", r->proofs[i].name);
		tree_set_string(arena, map, "words", r->proofs[i].words);
		tree_add(proved, map);
	}
	for (size_t i = 0; i < r->step_count; i++) {
		struct tree *map = tree_map(arena);
		tree_set_string(arena, map, "name", r->steps[i].name);
		tree_set_number(arena, map, "milliseconds", r->steps[i].ms);
		tree_add(steps, map);
		all += r->steps[i].ms;
	}
	tree_set_string(arena, top, "kind", "DrillReport");
	tree_set_string(arena, top, "apiVersion", "etcd-backup/v1");
	tree_set_bool(arena, top, "ok", !r->trouble);
	if (r->trouble)
		tree_set_string(arena, top, "trouble", r->trouble);
	set_time(arena, top, "at", r->at);
	tree_set_string(arena, top, "host", r->host);
	tree_set_string(arena, top, "way", r->way);
	tree_set_number(arena, top, "members", r->members);
	for (size_t i = 0; i < r->node_count; i++)
		tree_add(nodes, tree_new_string(arena, r->nodes[i]));
	if (r->node_count)
		tree_set(arena, top, "nodes", nodes);
	tree_set_string(arena, top, "version", r->program);
	tree_set_string(arena, top, "etcdVersion", r->etcd);
	tree_set_string(arena, top, "restoredBy", r->restored_by);
	tree_set(arena, top, "snapshot", snapshot_tree(arena, r));
	tree_set(arena, top, "proved", proved);
	tree_set(arena, top, "steps", steps);
	tree_set_number(arena, top, "milliseconds", all);
	if (r->forecast_ms)
		tree_set_number(arena, top, "forecastApiDownMilliseconds", r->forecast_ms);
	return top;
}

static int read_time(const char *text, uint64_t *out, struct err *err)
{
	struct tm tm = { 0 };
	const char *end = text ? strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm) : NULL;
	time_t at = end && !*end ? timegm(&tm) : -1;

	if (at <= 0)
		return err_set(err, ERR_CONFIG, "drill report: its time is \"%.40s\"",
			       text ? text : "");
	*out = (uint64_t)at;
	return 0;
}

/* What is more than there can be is left out. */
static void read_nodes(const struct tree *nodes, struct drill_report *out)
{
	for (const struct tree *at = nodes ? nodes->first : NULL; at; at = at->next)
		if (out->node_count < DRILL_NODES_MAX && tree_text(at))
			out->nodes[out->node_count++] = tree_text(at);
}

static void read_steps(const struct tree *steps, struct drill_report *out)
{
	for (const struct tree *at = steps ? steps->first : NULL; at; at = at->next) {
		struct drill_step step = { .name = tree_string(at, "name") };
		const char *ms = tree_string(at, "milliseconds");
		if (out->step_count < DRILL_STEPS_MAX && step.name && ms &&
		    !parse_uint(ms, UINT32_MAX, &step.ms))
			out->steps[out->step_count++] = step;
	}
}

int drill_report_read(struct arena *arena, const char *text, size_t len, struct drill_report *out,
		      struct err *err)
{
	const struct tree *top = json_parse(arena, text, len, DRILL_REPORT_MAX, err);
	const char *kind = tree_string(top, "kind"), *version = tree_string(top, "apiVersion"),
		   *ok = tree_string(top, "ok"), *members = tree_string(top, "members");
	struct drill_report r = { .sha256 = tree_string(tree_get(top, "snapshot"), "sha256"),
				  .trouble = tree_string(top, "trouble"),
				  .way = tree_string(top, "way"),
				  .program = tree_string(top, "version"),
				  .etcd = tree_string(top, "etcdVersion"),
				  .restored_by = tree_string(top, "restoredBy") };

	if (!top)
		return err_in(err, "drill report");
	if (!kind || strcmp(kind, "DrillReport") != 0)
		return err_set(err, ERR_CONFIG, "drill report: its kind is not DrillReport");
	if (!version || strcmp(version, "etcd-backup/v1") != 0)
		return err_set(err, ERR_CONFIG,
			       "drill report: its apiVersion is not etcd-backup/v1");
	if (!r.sha256 || !members || parse_uint(members, UINT32_MAX, &r.members))
		return err_set(err, ERR_CONFIG, "drill report: it does not say of what it is");
	const char *forecast = tree_string(top, "forecastApiDownMilliseconds");
	if (forecast && parse_uint(forecast, UINT32_MAX, &r.forecast_ms))
		r.forecast_ms = 0;
	if (read_time(tree_string(top, "at"), &r.at, err))
		return -1;
	read_nodes(tree_get(top, "nodes"), &r);
	read_steps(tree_get(top, "steps"), &r);
	if (!r.trouble && (!ok || strcmp(ok, "true") != 0))
		r.trouble = "the report does not say that it went well";
	*out = r;
	return 0;
}

bool drill_report_is_name(const char *name)
{
	size_t len = strlen(name), size = sizeof(DRILL_REPORT_ENDING) - 1;

	return len > size && strcmp(name + len - size, DRILL_REPORT_ENDING) == 0;
}
