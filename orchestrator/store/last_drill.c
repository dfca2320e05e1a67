/*
 * last_drill: see last_drill.h.
 */
#include "store/last_drill.h"

#include "base/json.h"
#include "snapshot/drill_report.h"
#include "store/store_text.h"

#include <stdlib.h>
#include <string.h>

/* How many reports of other clusters may be newer. */
enum { LOOKS_MAX = 32 };

struct newest {
	struct arena *arena;
	struct store_object list[LOOKS_MAX]; /* newest first */
	size_t count;
};

static int add_newest(void *arg, const struct store_object *object, struct err *err)
{
	struct newest *newest = arg;
	size_t at = newest->count;

	(void)err;
	if (!drill_report_is_name(object->name))
		return 0;
	while (at && newest->list[at - 1].at < object->at)
		at--;
	if (at == LOOKS_MAX)
		return 0;
	if (newest->count < LOOKS_MAX)
		newest->count++;
	for (size_t i = newest->count - 1; i > at; i--)
		newest->list[i] = newest->list[i - 1];
	newest->list[at] = *object;
	newest->list[at].name = arena_strdup(newest->arena, object->name);
	return 0;
}

static bool same_cluster(const struct recipe *a, const struct recipe *b)
{
	const char *one = a->cluster.ca_fingerprint, *other = b->cluster.ca_fingerprint;

	if (one && other)
		return strcmp(one, other) == 0;
	return a->cluster.name && b->cluster.name && strcmp(a->cluster.name, b->cluster.name) == 0;
}

/* Whether the snapshot `name` is of that cluster; one without a recipe is of none. */
static int is_of(struct store *store, struct arena *arena, const char *name,
		 const struct recipe *recipe, bool *same, struct err *err)
{
	scoped(buf) struct buf text = BUF_INIT(RECIPE_MAX);
	const char *file = arena_printf(arena, "%s.json", name);
	struct store_object object;
	struct recipe other;
	bool missing = false;

	*same = false;
	if (store_stat(store, file, &object, &missing, err)) {
		if (!missing)
			return -1;
		*err = ERR_INIT;
		return 0;
	}
	if (!store_text(store, file, &text, err) &&
	    !recipe_read(arena, buf_str(&text), text.len, &other, err)) {
		*same = same_cluster(recipe, &other);
		return 0;
	}
	if (err->code != ERR_CONFIG)
		return -1;
	*err = ERR_INIT;
	return 0;
}

/* NULL, with err only when the store does not answer: it is no report. */
static const struct tree *read_report(struct store *store, struct arena *arena, const char *name,
				      struct err *err)
{
	scoped(buf) struct buf text = BUF_INIT(DRILL_REPORT_MAX);
	struct drill_report report;

	if (!store_text(store, name, &text, err) &&
	    !drill_report_read(arena, buf_str(&text), text.len, &report, err))
		return json_parse(arena, buf_str(&text), text.len, DRILL_REPORT_MAX, err);
	if (err->code == ERR_CONFIG)
		*err = ERR_INIT;
	return NULL;
}

static int look(struct store *store, struct arena *arena, const char *object, const char *name,
		const struct recipe *recipe, struct last_drill *out, struct err *err)
{
	size_t len = strlen(object) - (sizeof(DRILL_REPORT_ENDING) - 1);
	const char *of = arena_strndup(arena, object, len);
	bool same = strcmp(of, name) == 0;

	if (!same && recipe && is_of(store, arena, of, recipe, &same, err))
		return -1;
	const struct tree *report = same ? read_report(store, arena, object, err) : NULL;
	if (report)
		*out = (struct last_drill){ of, report };
	return err->code ? -1 : 0;
}

int last_drill_find(struct store *store, struct arena *arena, const char *name,
		    const struct recipe *recipe, struct last_drill *out, struct err *err)
{
	struct newest newest = { .arena = arena };

	*out = (struct last_drill){ NULL, NULL };
	if (store_list(store, recipe ? "" : name, add_newest, &newest, err))
		return -1;
	for (size_t i = 0; i < newest.count && !out->report; i++)
		if (look(store, arena, newest.list[i].name, name, recipe, out, err))
			return err_in(err, "%s", newest.list[i].name);
	return 0;
}
