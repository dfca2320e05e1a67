/*
 * bolt_check: see bolt_check.h.
 */
#include "etcd/bolt_check.h"

#include "base/mem.h"

enum { FLAG_FREELIST = 0x10, COUNT_ELSEWHERE = 0xffff };

struct check {
	const struct bolt_map *map;
	const struct bolt_visitor *also;
	char *seen; /* a bit a page */
	struct bolt_check facts;
};

/* False when it was marked already. */
static bool mark(struct check *c, uint64_t id)
{
	char bit = (char)(1 << (id % 8));

	if (c->seen[id / 8] & bit)
		return false;
	c->seen[id / 8] = (char)(c->seen[id / 8] | bit);
	return true;
}

static int mark_used(struct check *c, uint64_t id, uint64_t pages, struct err *err)
{
	for (uint64_t i = id; i < id + pages; i++) {
		unsigned long long offset = i * c->map->page_size;
		if (!mark(c, i))
			return err_set(err, ERR_CORRUPT,
				       "page %llu (byte %llu, part of page %llu) is used twice",
				       (unsigned long long)i, offset, (unsigned long long)id);
	}
	c->facts.used += pages;
	return 0;
}

static int see_page(void *arg, const struct bolt_page *page, struct err *err)
{
	struct check *c = arg;

	if (mark_used(c, page->id, page->pages, err))
		return -1;
	return c->also && c->also->page ? c->also->page(c->also->arg, page, err) : 0;
}

static int see_entry(void *arg, const struct bolt_entry *entry, struct err *err)
{
	struct check *c = arg;

	if (entry->is_bucket)
		c->facts.buckets++;
	else
		c->facts.entries++;
	return c->also && c->also->entry ? c->also->entry(c->also->arg, entry, err) : 0;
}

/* Each page that it names is free, once, and the others are all used. */
static int check_free(struct check *c, const uint8_t *ids, uint64_t count, struct err *err)
{
	uint64_t pages = c->map->meta->pages;

	for (uint64_t i = 0; i < count; i++) {
		uint64_t id = bolt_u64(ids + 8 * i);
		if (id < 2 || id >= pages)
			return err_set(err, ERR_CORRUPT,
				       "the list of free pages has page %llu, which does not exist",
				       (unsigned long long)id);
		if (!mark(c, id))
			return err_set(err, ERR_CORRUPT,
				       "page %llu is in the list of free pages and used, or twice "
				       "in it",
				       (unsigned long long)id);
	}
	for (uint64_t id = 0; id < pages; id++)
		if (!(c->seen[id / 8] >> (id % 8) & 1))
			return err_set(err, ERR_CORRUPT, "page %llu is neither used nor free",
				       (unsigned long long)id);
	c->facts.freelist = true;
	return 0;
}

static int check_freelist(struct check *c, uint64_t id, struct err *err)
{
	const struct bolt_map *map = c->map;
	uint64_t pages = map->meta->pages, span, count, room;
	unsigned long long offset = id * map->page_size;
	const uint8_t *page, *ids;

	if (id < 2 || id >= pages)
		return err_set(err, ERR_CORRUPT,
			       "the list of free pages is page %llu, which does not exist",
			       (unsigned long long)id);
	page = map->data + id * map->page_size;
	span = 1 + (uint64_t)bolt_u32(page + 12);
	if (bolt_u64(page) != id || bolt_u16(page + 8) != FLAG_FREELIST || span > pages - id)
		return err_set(err, ERR_CORRUPT, "page %llu (byte %llu) is no list of free pages",
			       (unsigned long long)id, offset);
	if (mark_used(c, id, span, err))
		return err_in(err, "the list of free pages");
	ids = page + BOLT_HEADER;
	room = (span * map->page_size - BOLT_HEADER) / 8;
	count = bolt_u16(page + 10);
	if (count == COUNT_ELSEWHERE) { /* too many for 16 bits: the first number is how many */
		count = bolt_u64(ids);
		ids += 8;
		room--;
	}
	if (count > room)
		return err_set(err, ERR_CORRUPT,
			       "page %llu (byte %llu): %llu free pages do not fit into it",
			       (unsigned long long)id, offset, (unsigned long long)count);
	return check_free(c, ids, count, err);
}

int bolt_check(const struct bolt_map *map, const struct bolt_visitor *also, struct bolt_check *out,
	       struct err *err)
{
	const struct bolt_meta *meta = map->meta;
	scoped(mem) char *seen = mem_zalloc((size_t)(meta->pages / 8 + 1));
	struct check c = { .map = map, .also = also, .seen = seen };
	const struct bolt_visitor visitor = { .arg = &c, .page = see_page, .entry = see_entry };

	if (meta->pages < 3)
		return err_set(err, ERR_CORRUPT, "the database has only %llu pages",
			       (unsigned long long)meta->pages);
	c.facts.pages = meta->pages;
	c.facts.meta = meta == &map->metas[1];
	for (int i = 0; i < 2; i++)
		c.facts.meta_bad[i] = map->metas[i].bad;
	if (mark_used(&c, 0, 2, err) || bolt_walk(map, NULL, &visitor, err))
		return -1;
	if (meta->freelist != BOLT_NO_FREELIST && check_freelist(&c, meta->freelist, err))
		return -1;
	*out = c.facts;
	return 0;
}
