/*
 * object_name: see object_name.h.
 */
#include "etcd/object_name.h"

#include "base/crc32c.h"

#include <stdlib.h>

enum { WORDS = 5 };

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

void object_name_of(struct bolt_slice key, struct object_name *out)
{
	static const char prefix[] = "/registry/";
	struct bolt_slice words[WORDS], *word = words;
	size_t skip = sizeof(prefix) - 1, n;
	bool grouped;

	*out = (struct object_name){ .name = key };
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
	out->name = word[n - 1];
}

static size_t add_text(struct bolt_slice name, char *out)
{
	size_t len = name.len < OBJECT_WORD_SHOWN ? name.len : OBJECT_WORD_SHOWN;

	if (len)
		memcpy(out, name.data, len);
	out[len] = '\0';
	return len;
}

void object_resource_text(const struct object_name *name, char out[OBJECT_RESOURCE_TEXT])
{
	size_t len = add_text(name->resource, out);

	if (!name->group.len)
		return;
	out[len++] = '.';
	add_text(name->group, out + len);
}

bool object_changes_by_itself(const struct object_name *name)
{
	static const char *const resources[] = { "events", "leases", "masterleases" };

	if (!name->resource.len)
		return !name->name.len || bolt_is(name->name, "compact_rev_key");
	for (size_t i = 0; i < sizeof(resources) / sizeof(resources[0]) && !name->group.len; i++)
		if (bolt_is(name->resource, resources[i]))
			return true;
	return false;
}

struct object_places object_places_new(struct arena *arena, size_t max)
{
	return (struct object_places){ .arena = arena,
				       .list = mem_zalloc(max * sizeof(struct object_place)),
				       .index = mem_zalloc(2 * max * sizeof(uint16_t)),
				       .max = max };
}

void object_places_release(struct object_places *places)
{
	free(places->list);
	free(places->index);
	*places = (struct object_places){ .arena = NULL };
}

static char *text_of(struct arena *arena, struct bolt_slice name)
{
	size_t len = name.len < OBJECT_WORD_SHOWN ? name.len : OBJECT_WORD_SHOWN;

	return arena_strndup(arena, len ? (const char *)name.data : "", len);
}

static bool same(const char *text, struct bolt_slice name)
{
	size_t len = name.len < OBJECT_WORD_SHOWN ? name.len : OBJECT_WORD_SHOWN;

	if (!len)
		return !*text;
	/* text ends at a NUL of the name's */
	return strlen(text) == strnlen((const char *)name.data, len) &&
	       !memcmp(text, name.data, strlen(text));
}

size_t object_places_see(struct object_places *p, const char *resource, struct bolt_slice space)
{
	uint32_t hash = crc32c(crc32c(0, resource, strlen(resource)), space.data, space.len);
	size_t size = 2 * p->max, i = hash % size;

	for (; p->index[i]; i = i + 1 == size ? 0 : i + 1) {
		const struct object_place *place = &p->list[p->index[i] - 1];
		if (!strcmp(place->resource, resource) && same(place->namespace_, space))
			return p->index[i] - 1u;
	}
	if (p->count == p->max)
		return p->max;
	p->index[i] = (uint16_t)(p->count + 1);
	p->list[p->count] =
		(struct object_place){ arena_strdup(p->arena, resource), text_of(p->arena, space) };
	return p->count++;
}
