/*
 * report_last: see report_last.h.  Both are read as documents, since the older one is nothing else.
 */
#include "plugin/report_last.h"

#include <string.h>

struct pair {
	struct arena *arena;
	struct tree *rows;
	const struct tree *then, *now;
};

static bool times_differ(const char *then, const char *now, const char *unit)
{
	uint64_t a = 0, b = 0, second = strcmp(unit, "ms") == 0 ? 1000 : 1;

	if (parse_uint(then, UINT32_MAX, &a) || parse_uint(now, UINT32_MAX, &b))
		return true;
	uint64_t less = a < b ? a : b, more = a < b ? b : a;
	return more - less >= second && 2 * more >= 3 * less;
}

static struct tree *value(struct arena *arena, const char *text, const char *unit)
{
	uint64_t number;

	return *unit && text && !parse_uint(text, UINT64_MAX, &number)
		       ? tree_new_number(arena, number)
		       : tree_new_string(arena, text);
}

/* No row of what neither tells. */
static void add(struct pair *p, const char *what, const char *unit, const char *then,
		const char *now)
{
	struct tree *row = tree_map(p->arena);

	if (!then && !now)
		return;
	tree_set_string(p->arena, row, "what", what);
	tree_set_string(p->arena, row, "unit", unit);
	tree_set(p->arena, row, "then", value(p->arena, then, unit));
	tree_set(p->arena, row, "now", value(p->arena, now, unit));
	tree_set_bool(p->arena, row, "differs",
		      !then || !now ||
			      (*unit ? times_differ(then, now, unit) : strcmp(then, now) != 0));
	tree_add(p->rows, row);
}

static void add_key(struct pair *p, const char *what, const char *unit, const char *key)
{
	add(p, what, unit, tree_string(p->then, key), tree_string(p->now, key));
}

/* What the entry called `name` of a list says under `key`. */
static const char *in_list(const struct tree *top, const char *list, const char *name,
			   const char *key)
{
	const struct tree *all = tree_get(top, list);

	for (const struct tree *one = all && all->kind == TREE_LIST ? all->first : NULL; one;
	     one = one->next) {
		const char *its = tree_string(one, "name");
		if (its && strcmp(its, name) == 0)
			return tree_string(one, key);
	}
	return NULL;
}

static void add_proof(struct pair *p, const char *name)
{
	add(p, name, "", in_list(p->then, "proved", name, "words"),
	    in_list(p->now, "proved", name, "words"));
}

/* In the order of this drill; a step that only the last one had is not of interest. */
static void add_steps(struct pair *p)
{
	const struct tree *steps = tree_get(p->now, "steps");

	for (const struct tree *step = steps->first; step; step = step->next) {
		const char *name = tree_string(step, "name");
		add(p, arena_printf(p->arena, "step %s", name), "ms",
		    in_list(p->then, "steps", name, "milliseconds"),
		    tree_string(step, "milliseconds"));
	}
}

/* The rows, and of which drill they are. */
static struct tree *with_head(const struct pair *p, const char *snapshot, bool same)
{
	struct tree *map = tree_map(p->arena);

	tree_set_string(p->arena, map, "snapshot", snapshot);
	tree_set_string(p->arena, map, "at", tree_string(p->then, "at"));
	tree_set_bool(p->arena, map, "sameSnapshot", same);
	tree_set(p->arena, map, "rows", p->rows);
	return map;
}

/* What the restore did as well: the steps of the same names. */
static void add_same_steps(struct pair *p, const struct drill_report *drill)
{
	for (size_t i = 0; i < drill->step_count; i++) {
		const char *name = drill->steps[i].name;
		const char *now = in_list(p->now, "steps", name, "ms");
		if (now)
			add(p, arena_printf(p->arena, "step %s", name), "ms",
			    in_list(p->then, "steps", name, "milliseconds"), now);
	}
}

/* The version of all members; NULL: not known of each, or not the same. */
static const char *etcd_now(const struct tree *members)
{
	const char *all = NULL;

	for (const struct tree *one = members->first; one; one = one->next) {
		const char *its = tree_string(one, "etcdVersion");
		if (!its || (all && strcmp(all, its) != 0))
			return NULL;
		all = its;
	}
	return all;
}

struct tree *report_last_restore(struct arena *arena, const struct drill_report *drill,
				 const struct tree *now)
{
	struct pair p = { .arena = arena,
			  .rows = tree_list(arena),
			  .then = drill_report_tree(arena, drill),
			  .now = now };
	const struct tree *members = tree_get(now, "members"), *down = tree_get(now, "apiDown");
	const char *ready = tree_string(down, "until");

	add(&p, "members", "", tree_string(p.then, "members"),
	    arena_printf(arena, "%zu", tree_count(members)));
	add(&p, "etcd", "", tree_string(p.then, "etcdVersion"), etcd_now(members));
	add(&p, "kubectl etcd-backup", "", tree_string(p.then, "version"),
	    tree_string(now, "programVersion"));
	add(&p, "API down", "ms", tree_string(p.then, "forecastApiDownMilliseconds"),
	    ready && strcmp(ready, "ready") == 0 ? tree_string(down, "ms") : NULL);
	add_same_steps(&p, drill);
	return with_head(&p, tree_string(tree_get(now, "snapshot"), "name"), true);
}

static const char *result(const struct tree *drill)
{
	const char *ok = tree_string(drill, "ok"), *trouble = tree_string(drill, "trouble");

	return ok && strcmp(ok, "true") == 0 ? "went well" : trouble ? trouble : "failed";
}

static const char *of_snapshot(const struct tree *drill, const char *key)
{
	return tree_string(tree_get(drill, "snapshot"), key);
}

struct tree *report_last(struct arena *arena, const struct last_drill *last,
			 const struct drill_report *drill)
{
	struct pair p = { .arena = arena,
			  .rows = tree_list(arena),
			  .then = last->report,
			  .now = drill_report_tree(arena, drill) };
	const char *then = of_snapshot(p.then, "sha256"), *now = of_snapshot(p.now, "sha256");

	add(&p, "result", "", result(p.then), result(p.now));
	add_key(&p, "way", "", "way");
	add(&p, "revision", "", of_snapshot(p.then, "revision"), of_snapshot(p.now, "revision"));
	add(&p, "age of the snapshot", "s", of_snapshot(p.then, "ageSeconds"),
	    of_snapshot(p.now, "ageSeconds"));
	add_key(&p, "members", "", "members");
	add_key(&p, "etcd", "", "etcdVersion");
	add_key(&p, "restored by", "", "restoredBy");
	add_key(&p, "kubectl etcd-backup", "", "version");
	add_proof(&p, "HashKV");
	add_proof(&p, "objects");
	add_proof(&p, "secrets");
	add_key(&p, "forecast of API down", "ms", "forecastApiDownMilliseconds");
	add_key(&p, "whole drill", "ms", "milliseconds");
	add_steps(&p);
	return with_head(&p, of_snapshot(p.then, "name"), then && now && strcmp(then, now) == 0);
}
