/*
 * etcd_objects: see etcd_objects.h.
 */
#include "etcd/etcd_objects.h"

#include "base/mem.h"

#include <stdlib.h>

/* Counts of places: sums[i] belongs to places.list[i]. */
struct table {
	struct object_places places;
	struct object_count *sums;
};

struct reading {
	struct arena *arena;
	struct table resources, places;
	struct object_large *largest; /* in order */
	size_t largest_count, largest_max;
	struct object_count all, left_out;
};

static struct table table_new(struct arena *arena, size_t max)
{
	return (struct table){ .places = object_places_new(arena, max),
			       .sums = mem_zalloc(max * sizeof(struct object_count)) };
}

static void table_free(struct table *table)
{
	object_places_release(&table->places);
	free(table->sums);
}

/* NULL: the table is full. */
static struct object_count *table_row(struct table *table, const char *resource,
				      struct bolt_slice space)
{
	size_t i = object_places_see(&table->places, resource, space);

	return i == table->places.max ? NULL : &table->sums[i];
}

static void add(struct object_count *to, uint64_t bytes)
{
	to->count++;
	to->bytes += bytes;
}

/* In order, so that the result does not depend on the order of the keys: by bytes, then by name. */
static bool is_before(uint64_t bytes, struct bolt_slice key, const struct object_large *other)
{
	struct bolt_slice name = { (const uint8_t *)other->key, strlen(other->key) };

	return bytes != other->bytes ? bytes > other->bytes : bolt_compare(key, name) < 0;
}

static void add_large(struct reading *r, struct bolt_slice key, uint64_t bytes)
{
	size_t n = r->largest_count, i;
	char *text;

	if (key.len > OBJECT_KEY_SHOWN)
		key.len = OBJECT_KEY_SHOWN;
	if (!r->largest_max || (n == r->largest_max && !is_before(bytes, key, &r->largest[n - 1])))
		return;
	text = mem_zalloc(key.len + 1);
	memcpy(text, key.data, key.len);
	if (n == r->largest_max)
		free((char *)(uintptr_t)r->largest[--n].key);
	for (i = n; i && is_before(bytes, key, &r->largest[i - 1]); i--)
		r->largest[i] = r->largest[i - 1];
	r->largest[i] = (struct object_large){ text, bytes };
	r->largest_count = n + 1;
}

static int see(void *arg, const struct etcd_kv *kv, struct err *err)
{
	struct reading *r = arg;
	uint64_t bytes = kv->key.len + kv->stored.len;
	char resource[OBJECT_RESOURCE_TEXT];
	struct object_count *row;
	struct object_name name;

	(void)err;
	object_name_of(kv->key, &name);
	object_resource_text(&name, resource);
	add(&r->all, bytes);
	row = table_row(&r->resources, resource, (struct bolt_slice){ 0 });
	if (row)
		add(row, bytes);
	row = table_row(&r->places, resource, name.space);
	add(row ? row : &r->left_out, bytes);
	add_large(r, kv->key, bytes);
	return 0;
}

static int by_bytes(const void *left, const void *right)
{
	const struct object_count *a = left, *b = right;
	int order = strcmp(a->resource, b->resource);

	if (a->bytes != b->bytes)
		return a->bytes < b->bytes ? 1 : -1;
	return order ? order : strcmp(a->namespace_, b->namespace_);
}

static struct object_count *sorted(struct arena *arena, const struct table *table)
{
	size_t count = table->places.count;
	struct object_count *out = arena_alloc(arena, (count + 1) * sizeof(*out));

	for (size_t i = 0; i < count; i++)
		out[i] = (struct object_count){ .resource = table->places.list[i].resource,
						.namespace_ = table->places.list[i].namespace_,
						.count = table->sums[i].count,
						.bytes = table->sums[i].bytes };
	qsort(out, count, sizeof(*out), by_bytes);
	return out;
}

static void finish(struct reading *r, struct etcd_objects *out)
{
	struct object_large *largest =
		arena_alloc(r->arena, (r->largest_count + 1) * sizeof(*largest));

	for (size_t i = 0; i < r->largest_count; i++)
		largest[i] = (struct object_large){ arena_strdup(r->arena, r->largest[i].key),
						    r->largest[i].bytes };
	r->all.resource = r->all.namespace_ = "";
	r->left_out.resource = r->left_out.namespace_ = "";
	*out = (struct etcd_objects){ .arena = r->arena,
				      .resources = sorted(r->arena, &r->resources),
				      .resource_count = r->resources.places.count,
				      .places = sorted(r->arena, &r->places),
				      .place_count = r->places.places.count,
				      .largest = largest,
				      .largest_count = r->largest_count,
				      .all = r->all,
				      .left_out = r->left_out };
}

int etcd_objects_read(struct etcd_db *db, size_t largest, struct etcd_objects *out, struct err *err)
{
	struct object_large large[OBJECT_LARGEST_MAX];
	struct reading r = { .largest = large,
			     .largest_max =
				     largest < OBJECT_LARGEST_MAX ? largest : OBJECT_LARGEST_MAX };
	int failed = etcd_db_keys_at(db, db->revision, err);

	if (failed)
		return -1;
	r.arena = arena_new();
	r.resources = table_new(r.arena, OBJECT_RESOURCES_MAX);
	r.places = table_new(r.arena, OBJECT_PLACES_MAX);
	failed = etcd_keys_each(db->keys, see, &r, err);
	if (failed)
		arena_free(r.arena);
	else
		finish(&r, out);
	for (size_t i = 0; i < r.largest_count; i++)
		free((char *)(uintptr_t)r.largest[i].key);
	table_free(&r.resources);
	table_free(&r.places);
	return failed;
}

void etcd_objects_release(struct etcd_objects *objects)
{
	arena_free(objects->arena);
	*objects = (struct etcd_objects){ 0 };
}

void etcd_objects_scoped(struct etcd_objects *objects)
{
	etcd_objects_release(objects);
}
