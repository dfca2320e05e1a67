/*
 * bolt_walk: see bolt_walk.h.  Recursive; the depth is limited.
 */
#include "etcd/bolt_walk.h"

enum {
	DEPTH_MAX = 32,
	NAME_SHOWN = 32,
	FLAG_BUCKET = 1,
	HELD_PAGES =
		256, /* that are read before their memory is given back; the kernel maps up to 16 around each */
};

struct walk {
	const struct bolt_map *map;
	const struct bolt_visitor *visitor;
	const char *only;
	struct bolt_slice bucket;
	uint64_t pages_left;
	uint64_t held; /* pages read since their memory was given back */
};

/* Where the walk is, and the borders of the keys there: min <= key < max; data NULL: no border. */
struct place {
	unsigned depth, level;
	struct bolt_slice min, max;
};

static int walk_page(struct walk *w, const struct bolt_page *page, const struct place *place,
		     struct err *err);

static int in_bucket(const struct walk *w, struct err *err)
{
	int shown = w->bucket.len < NAME_SHOWN ? (int)w->bucket.len : NAME_SHOWN;

	if (!w->bucket.data)
		return -1;
	return err_in(err, "bucket \"%.*s\"", shown, (const char *)w->bucket.data);
}

static int damaged(const struct walk *w, const struct bolt_page *page, unsigned i, const char *what,
		   struct err *err)
{
	uint64_t at = page->offset + BOLT_HEADER + (uint64_t)i * BOLT_ELEMENT;

	err_set(err, ERR_CORRUPT, "page %llu, element %u (byte %llu): %s",
		(unsigned long long)(page->id ? page->id : page->offset / w->map->page_size), i,
		(unsigned long long)at, what);
	return in_bucket(w, err);
}

static int walk_id(struct walk *w, uint64_t id, const struct place *place, struct err *err)
{
	struct bolt_page page;

	if (bolt_page_get(w->map, id, &page, err))
		return in_bucket(w, err);
	if (w->visitor->page && w->visitor->page(w->visitor->arg, &page, err))
		return in_bucket(w, err);
	if (page.pages > w->pages_left) {
		err_set(err, ERR_CORRUPT, "page %llu (byte %llu) or one before it is used twice",
			(unsigned long long)id, (unsigned long long)page.offset);
		return in_bucket(w, err);
	}
	w->pages_left -= page.pages;
	if (w->held > HELD_PAGES) {
		bolt_map_forget(w->map);
		w->held = 0;
	}
	w->held += page.pages;
	return walk_page(w, &page, place, err);
}

static int walk_bucket(struct walk *w, const struct bolt_page *page, unsigned i,
		       const struct bolt_element *e, const struct place *above, struct err *err)
{
	const struct place place = { .depth = above->depth + 1, .level = above->level + 1 };
	struct bolt_page inside;
	uint64_t root;

	if (e->value.len < BOLT_BUCKET)
		return damaged(w, page, i, "a bucket's value is too short", err);
	root = bolt_u64(e->value.data);
	if (root)
		return walk_id(w, root, &place, err);
	if (bolt_page_inline(w->map, e->value, &inside, err))
		return in_bucket(w, err);
	return walk_page(w, &inside, &place, err);
}

static int walk_entry(struct walk *w, const struct bolt_page *page, unsigned i,
		      const struct bolt_element *e, const struct place *place, struct err *err)
{
	const struct bolt_entry entry = { .level = place->level,
					  .bucket = w->bucket,
					  .key = e->key,
					  .value = e->value,
					  .is_bucket = e->flags == FLAG_BUCKET,
					  .at = e->at };
	int failed;

	if (e->flags & ~(unsigned)FLAG_BUCKET)
		return damaged(w, page, i, "unknown flags", err);
	if (!e->key.len)
		return damaged(w, page, i, "the key is empty", err);
	if (!place->level && w->only && !bolt_is(e->key, w->only))
		return 0;
	if (w->visitor->entry && w->visitor->entry(w->visitor->arg, &entry, err)) {
		err_in(err, "page %llu, element %u (byte %llu)",
		       (unsigned long long)(page->id ? page->id : e->at / w->map->page_size), i,
		       (unsigned long long)e->at);
		return in_bucket(w, err);
	}
	if (!entry.is_bucket)
		return 0;
	if (!place->level)
		w->bucket = e->key;
	failed = walk_bucket(w, page, i, e, place, err);
	if (!place->level)
		w->bucket = (struct bolt_slice){ 0 };
	return failed;
}

/* The keys of a child are not before its own key in the branch, and before the next one. */
static int walk_child(struct walk *w, const struct bolt_page *page, unsigned i,
		      const struct bolt_element *e, const struct place *above, struct err *err)
{
	struct place place = {
		.depth = above->depth + 1, .level = above->level, .min = e->key, .max = above->max
	};
	struct bolt_element next;

	if (i + 1 < page->count) {
		if (!bolt_element_get(w->map, page, i + 1, &next))
			return damaged(w, page, i + 1, "it lies outside its page", err);
		place.max = next.key;
	}
	return walk_id(w, e->child, &place, err);
}

static const char *key_complaint(struct bolt_slice key, const struct bolt_slice *before,
				 const struct place *place)
{
	if (before && bolt_compare(*before, key) >= 0)
		return "the key is not after the one before it";
	if (place->min.data && bolt_compare(key, place->min) < 0)
		return "the key is before the first one that the branch allows";
	if (place->max.data && bolt_compare(key, place->max) >= 0)
		return "the key is after the last one that the branch allows";
	return NULL;
}

static int walk_page(struct walk *w, const struct bolt_page *page, const struct place *place,
		     struct err *err)
{
	struct bolt_element e = { 0 };
	uint64_t end = BOLT_HEADER + (uint64_t)page->count * BOLT_ELEMENT;
	const char *complaint;

	if (place->depth >= DEPTH_MAX)
		return damaged(w, page, 0, "the tree of pages is too deep", err);
	if (page->branch && !page->count)
		return damaged(w, page, 0, "a branch has no element", err);
	for (unsigned i = 0; i < page->count; i++) {
		struct bolt_slice before = e.key;
		if (!bolt_element_get(w->map, page, i, &e))
			return damaged(w, page, i, "it lies outside its page", err);
		if (e.start < end)
			return damaged(w, page, i, "it overlaps the one before it", err);
		complaint = key_complaint(e.key, i ? &before : NULL, place);
		if (complaint)
			return damaged(w, page, i, complaint, err);
		end = e.stop;
		if (page->branch ? walk_child(w, page, i, &e, place, err)
				 : walk_entry(w, page, i, &e, place, err))
			return -1;
	}
	return 0;
}

int bolt_walk(const struct bolt_map *map, const char *only, const struct bolt_visitor *visitor,
	      struct err *err)
{
	struct walk w = {
		.map = map, .visitor = visitor, .only = only, .pages_left = map->meta->pages
	};
	int failed = walk_id(&w, map->meta->root, &(struct place){ 0 }, err);

	bolt_map_forget(map);
	return failed;
}
