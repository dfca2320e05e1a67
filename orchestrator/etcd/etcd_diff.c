/*
 * etcd_diff: see etcd_diff.h.  Each live key of one database is looked up in the table of the other, twice over: so
 * nothing is sorted but the names that are kept.
 */
#include "etcd/etcd_diff.h"

#include "base/mem.h"

#include <stdlib.h>

/* A name to be kept, still in its database. */
struct named {
	struct bolt_slice key, name;
	enum diff_change change;
	size_t place;
};

struct reading {
	const struct etcd_db *other; /* than the one that is gone through */
	bool backwards;              /* that is `from` */
	struct object_places places;
	struct diff_count *counts; /* of places */
	struct diff_wish wish;
	struct named *names; /* a heap: the last one by key is on top */
	size_t name_count;
	struct etcd_diff diff;
};

static int by_key(const void *left, const void *right)
{
	const struct named *a = left, *b = right;

	return bolt_compare(a->key, b->key);
}

static void swap(struct named *a, struct named *b)
{
	struct named kept = *a;

	*a = *b;
	*b = kept;
}

static void sink_down(struct named *heap, size_t count)
{
	for (size_t i = 0, child; (child = 2 * i + 1) < count; i = child) {
		if (child + 1 < count && by_key(&heap[child], &heap[child + 1]) < 0)
			child++;
		if (by_key(&heap[i], &heap[child]) >= 0)
			break;
		swap(&heap[i], &heap[child]);
	}
}

/* Keeps the first ones by key, whatever the order in which they come. */
static void keep_name(struct reading *r, const struct named *name)
{
	struct named *heap = r->names;

	if (r->name_count < r->wish.names) {
		size_t i = r->name_count++;
		heap[i] = *name;
		for (; i && by_key(&heap[(i - 1) / 2], &heap[i]) < 0; i = (i - 1) / 2)
			swap(&heap[(i - 1) / 2], &heap[i]);
		return;
	}
	r->diff.names_left_out++;
	if (r->wish.names && by_key(name, heap) < 0) {
		*heap = *name;
		sink_down(heap, r->name_count);
	}
}

static void add(struct reading *r, struct bolt_slice key, enum diff_change change)
{
	char resource[OBJECT_RESOURCE_TEXT];
	struct object_name name;
	bool itself;
	size_t i; /* the place */

	object_name_of(key, &name);
	object_resource_text(&name, resource);
	itself = object_changes_by_itself(&name);
	(itself ? r->diff.itself : r->diff.count)[change]++;
	i = object_places_see(&r->places, resource, name.space);
	if (i == r->places.max)
		r->diff.left_out[change]++;
	else
		(itself ? r->counts[i].itself : r->counts[i].count)[change]++;
	if (r->wish.names && (!itself || r->wish.also_itself))
		keep_name(r, &(struct named){ key, name.name, change, i });
}

static int see(void *arg, const struct etcd_kv *kv, struct err *err)
{
	struct reading *r = arg;
	struct bolt_slice value, before;
	struct etcd_kv other;

	if (!etcd_keys_find(r->other->keys, kv->key, &other)) {
		add(r, kv->key, r->backwards ? DIFF_REMOVED : DIFF_ADDED);
		return 0;
	}
	if (r->backwards) /* it was compared on the way there */
		return 0;
	if (!etcd_kv_value(kv, &value) || !etcd_kv_value(&other, &before))
		return err_set(err, ERR_CORRUPT, "a database changes while it is read");
	if (bolt_compare(value, before))
		add(r, kv->key, DIFF_CHANGED);
	else
		r->diff.same++;
	return 0;
}

struct placed {
	struct diff_count count;
	size_t was; /* in the order in which they were seen */
};

static int by_place(const void *left, const void *right)
{
	const struct diff_count *a = &((const struct placed *)left)->count,
				*b = &((const struct placed *)right)->count;
	int order = strcmp(a->resource, b->resource);

	return order ? order : strcmp(a->namespace_, b->namespace_);
}

/* The counts in order; moved[i] is where the one went that was seen as number i. */
static void finish_places(struct reading *r, size_t moved[])
{
	struct etcd_diff *d = &r->diff;
	size_t count = d->place_count = r->places.count;
	struct placed *placed = mem_alloc(count * sizeof(*placed));

	for (size_t i = 0; i < count; i++) {
		placed[i] = (struct placed){ r->counts[i], i };
		placed[i].count.resource = r->places.list[i].resource;
		placed[i].count.namespace_ = r->places.list[i].namespace_;
	}
	qsort(placed, count, sizeof(*placed), by_place);
	d->places = arena_alloc(d->arena, (count + 1) * sizeof(*d->places));
	for (size_t i = 0; i < count; i++) {
		d->places[i] = placed[i].count;
		moved[placed[i].was] = i;
	}
	free(placed);
}

static void finish_names(struct reading *r, const size_t moved[])
{
	struct etcd_diff *d = &r->diff;

	qsort(r->names, r->name_count, sizeof(*r->names), by_key);
	d->names = arena_alloc(d->arena, (r->name_count + 1) * sizeof(*d->names));
	d->name_count = r->name_count;
	for (size_t i = 0; i < r->name_count; i++) {
		const struct named *n = &r->names[i];
		size_t len = n->name.len < OBJECT_KEY_SHOWN ? n->name.len : OBJECT_KEY_SHOWN;
		d->names[i].change = n->change;
		d->names[i].place = n->place == r->places.max ? NULL : &d->places[moved[n->place]];
		d->names[i].name =
			arena_strndup(d->arena, len ? (const char *)n->name.data : "", len);
	}
}

static void finish(struct reading *r)
{
	size_t *moved = mem_alloc(r->places.count * sizeof(*moved));

	finish_places(r, moved);
	finish_names(r, moved);
	free(moved);
}

static int compare(struct reading *r, struct etcd_db *from, struct etcd_db *to, struct err *err)
{
	if (etcd_db_keys_at(from, from->revision, err) || etcd_db_keys_at(to, to->revision, err))
		return -1;
	r->other = from;
	if (etcd_keys_each(to->keys, see, r, err))
		return -1;
	r->other = to;
	r->backwards = true;
	return etcd_keys_each(from->keys, see, r, err);
}

int etcd_diff_read(struct etcd_db *from, struct etcd_db *to, const struct diff_wish *wish,
		   struct etcd_diff *out, struct err *err)
{
	struct arena *arena = arena_new();
	struct reading r = { .wish = *wish, .diff.arena = arena };

	if (r.wish.names > DIFF_NAMES_MAX)
		r.wish.names = DIFF_NAMES_MAX;
	r.places = object_places_new(arena, DIFF_PLACES_MAX);
	r.counts = mem_zalloc(DIFF_PLACES_MAX * sizeof(*r.counts));
	r.names = mem_alloc(r.wish.names * sizeof(*r.names));
	int failed = compare(&r, from, to, err);
	if (failed) {
		arena_free(arena);
	} else {
		finish(&r);
		*out = r.diff;
	}
	object_places_release(&r.places);
	free(r.counts);
	free(r.names);
	return failed ? -1 : 0;
}

void etcd_diff_release(struct etcd_diff *diff)
{
	arena_free(diff->arena);
	*diff = (struct etcd_diff){ 0 };
}

void etcd_diff_scoped(struct etcd_diff *diff)
{
	etcd_diff_release(diff);
}
