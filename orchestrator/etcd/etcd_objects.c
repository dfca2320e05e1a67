/*
 * etcd_objects: see etcd_objects.h.
 */
#include "etcd/etcd_objects.h"

#include "base/crc32c.h"
#include "base/mem.h"

#include <stdlib.h>

enum { WORDS = 5, NAME_SHOWN = 253, RESOURCE_TEXT = 2 * NAME_SHOWN + 2 };

/* Counts by name; index: open addressing, twice as many as there can be. */
struct table {
	struct object_count *counts;
	uint16_t *index; /* 1 + place in counts; 0: empty */
	size_t count, max;
};

struct reading {
	struct arena *arena;
	struct table resources, places;
	struct object_large *largest; /* in order */
	size_t largest_count, largest_max;
	struct object_count all, left_out;
};

struct object_name {
	struct bolt_slice resource, group, space;
};

static struct table table_new(size_t max)
{
	return (struct table){ .counts = mem_zalloc(max * sizeof(struct object_count)),
			       .index = mem_zalloc(2 * max * sizeof(uint16_t)),
			       .max = max };
}

static void table_free(struct table *table)
{
	free(table->counts);
	free(table->index);
}

static char *text_of(struct arena *arena, struct bolt_slice name)
{
	size_t len = name.len < NAME_SHOWN ? name.len : NAME_SHOWN;

	return arena_strndup(arena, len ? (const char *)name.data : "", len);
}

static bool same(const char *text, struct bolt_slice name)
{
	size_t len = name.len < NAME_SHOWN ? name.len : NAME_SHOWN;

	if (!len)
		return !*text;
	/* text ends at a NUL of the name's */
	return strlen(text) == strnlen((const char *)name.data, len) &&
	       !memcmp(text, name.data, strlen(text));
}

/* The row of that resource and namespace, a new one when there is none yet; NULL: the table is full. */
static struct object_count *table_row(struct reading *r, struct table *t, const char *resource,
				      struct bolt_slice space)
{
	uint32_t hash = crc32c(crc32c(0, resource, strlen(resource)), space.data, space.len);
	size_t size = 2 * t->max, i = hash % size;

	for (; t->index[i]; i = i + 1 == size ? 0 : i + 1) {
		struct object_count *row = &t->counts[t->index[i] - 1];
		if (!strcmp(row->resource, resource) && same(row->namespace_, space))
			return row;
	}
	if (t->count == t->max)
		return NULL;
	t->index[i] = (uint16_t)(t->count + 1);
	t->counts[t->count] = (struct object_count){ .resource = arena_strdup(r->arena, resource),
						     .namespace_ = text_of(r->arena, space) };
	return &t->counts[t->count++];
}

/* What stands between the slashes after the prefix; returns how many, WORDS when there are more. */
static size_t split(struct bolt_slice rest, struct bolt_slice words[WORDS])
{
	size_t n = 0;

	for (bool more = true; more && n < WORDS; n++) {
		const uint8_t *slash = rest.len ? memchr(rest.data, '/', rest.len) : NULL;
		size_t len = slash ? (size_t)(slash - rest.data) : rest.len;
		words[n] = (struct bolt_slice){ rest.data, len };
		more = slash;
		rest.data += len + more;
		rest.len -= len + more;
	}
	return n;
}

/* kube-apiserver's keys have old names for some resources. */
static struct bolt_slice modern(struct bolt_slice resource)
{
	static const char *const names[][2] = { { "minions", "nodes" },
						{ "specs", "services" },
						{ "controllers", "replicationcontrollers" },
						{ "ingress", "ingresses" } };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (bolt_is(resource, names[i][0]))
			return (struct bolt_slice){ (const uint8_t *)names[i][1],
						    strlen(names[i][1]) };
	return resource;
}

/* All empty when it is no object. */
static void name_of(struct bolt_slice key, struct object_name *out)
{
	static const char prefix[] = "/registry/";
	struct bolt_slice words[WORDS], *word = words;
	size_t skip = sizeof(prefix) - 1, n;
	bool grouped;

	*out = (struct object_name){ 0 };
	if (key.len <= skip || memcmp(key.data, prefix, skip) != 0)
		return;
	n = split((struct bolt_slice){ key.data + skip, key.len - skip }, words);
	grouped = n > 2 && memchr(words[0].data, '.', words[0].len);
	if (grouped || (n > 2 && bolt_is(words[0], "services"))) {
		word++; /* also of services/specs and services/endpoints */
		n--;
	}
	if (n < 2 || n > 3)
		return;
	out->resource = grouped ? word[0] : modern(word[0]);
	if (grouped)
		out->group = words[0];
	if (n == 3)
		out->space = word[1];
}

static size_t add_text(struct bolt_slice name, char *out)
{
	size_t len = name.len < NAME_SHOWN ? name.len : NAME_SHOWN;

	if (len)
		memcpy(out, name.data, len);
	out[len] = '\0';
	return len;
}

static void resource_text(const struct object_name *name, char out[RESOURCE_TEXT])
{
	size_t len = add_text(name->resource, out);

	if (!name->group.len)
		return;
	out[len++] = '.';
	add_text(name->group, out + len);
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
	char resource[RESOURCE_TEXT];
	struct object_count *row;
	struct object_name name;

	(void)err;
	name_of(kv->key, &name);
	resource_text(&name, resource);
	add(&r->all, bytes);
	row = table_row(r, &r->resources, resource, (struct bolt_slice){ 0 });
	if (row)
		add(row, bytes);
	row = table_row(r, &r->places, resource, name.space);
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
	size_t size = table->count * sizeof(*table->counts);
	struct object_count *out = arena_alloc(arena, size + 1);

	if (size)
		memcpy(out, table->counts, size);
	qsort(out, table->count, sizeof(*out), by_bytes);
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
				      .resource_count = r->resources.count,
				      .places = sorted(r->arena, &r->places),
				      .place_count = r->places.count,
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
	r.resources = table_new(OBJECT_RESOURCES_MAX);
	r.places = table_new(OBJECT_PLACES_MAX);
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
