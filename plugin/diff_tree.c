/*
 * diff_tree: how two snapshots differ, as a document; see diff_print.h.
 */
#include "plugin/diff_print.h"

static const char *const changes[] = { "added", "removed", "changed" };

/* tree_add looks for the end each time, which many thousands of lines make slow. */
static void append(struct tree *list, struct tree **last, struct tree *value)
{
	if (*last)
		(*last)->next = value;
	else
		tree_add(list, value);
	*last = value;
}

static void set_counts(struct arena *arena, struct tree *map, const uint64_t count[DIFF_CHANGES])
{
	for (size_t i = 0; i < DIFF_CHANGES; i++)
		tree_set_number(arena, map, changes[i], count[i]);
}

static struct tree *counts_tree(struct arena *arena, const uint64_t count[DIFF_CHANGES])
{
	struct tree *map = tree_map(arena);

	set_counts(arena, map, count);
	return map;
}

static struct tree *side_tree(struct arena *arena, const struct source *s, uint64_t revision)
{
	struct tree *map = tree_map(arena);
	char when[21] = "";

	if (s->recipe.taken_at)
		time_text(s->recipe.taken_at, when);
	tree_set_string(arena, map, "name", s->shown);
	tree_set_string(arena, map, "sha256", s->file.sha256);
	tree_set_number(arena, map, "revision", revision);
	tree_set_string(arena, map, "takenAt", *when ? when : NULL);
	tree_set_string(arena, map, "member", s->recipe.member);
	tree_set_string(arena, map, "cluster", s->recipe.cluster.name);
	return map;
}

static struct tree *places_tree(struct arena *arena, const struct etcd_diff *d, bool itself)
{
	struct tree *list = tree_list(arena), *last = NULL;

	for (size_t i = 0; i < d->place_count; i++) {
		const struct diff_count *p = &d->places[i];
		const uint64_t *count = itself ? p->itself : p->count;
		struct tree *map = tree_map(arena);
		if (!count[DIFF_ADDED] && !count[DIFF_REMOVED] && !count[DIFF_CHANGED])
			continue;
		tree_set_string(arena, map, "resource", p->resource);
		tree_set_string(arena, map, "namespace", p->namespace_);
		set_counts(arena, map, count);
		append(list, &last, map);
	}
	return list;
}

static struct tree *names_tree(struct arena *arena, const struct etcd_diff *d)
{
	struct tree *list = tree_list(arena), *last = NULL;

	for (size_t i = 0; i < d->name_count; i++) {
		const struct diff_name *n = &d->names[i];
		struct tree *map = tree_map(arena);
		tree_set_string(arena, map, "change", changes[n->change]);
		tree_set_string(arena, map, "resource", n->place ? n->place->resource : NULL);
		tree_set_string(arena, map, "namespace", n->place ? n->place->namespace_ : NULL);
		tree_set_string(arena, map, "name", n->name);
		append(list, &last, map);
	}
	return list;
}

struct tree *diff_tree(struct arena *arena, const struct comparison *c, const struct opts *opts)
{
	struct tree *top = tree_map(arena);
	const struct etcd_diff *d = c->diff;

	tree_set_string(arena, top, "kind", "SnapshotDiff");
	tree_set_string(arena, top, "apiVersion", "etcd-backup/v1");
	tree_set(arena, top, "from", side_tree(arena, c->from, c->from_revision));
	tree_set(arena, top, "to", side_tree(arena, c->to, c->to_revision));
	tree_set_bool(arena, top, "differ", diff_differs(d));
	tree_set_number(arena, top, "same", d->same);
	set_counts(arena, top, d->count);
	tree_set(arena, top, "places", places_tree(arena, d, false));
	tree_set(arena, top, "byThemselves", counts_tree(arena, d->itself));
	tree_set(arena, top, "placesByThemselves", places_tree(arena, d, true));
	tree_set(arena, top, "notCountedByPlace", counts_tree(arena, d->left_out));
	tree_set(arena, top, "names",
		 opts->names ? names_tree(arena, d) : tree_new_string(arena, NULL));
	tree_set_number(arena, top, "notNamed", d->names_left_out);
	return top;
}
