/*
 * bolt_stream: see bolt_stream.h; the form of pages is in bolt.c.  Pages that are free hold old headers, too: what
 * is remembered of them is not on the way from the root, so nobody asks for it.
 */
#include "etcd/bolt_stream.h"

#include "base/mem.h"
#include "etcd/bolt_meta.h"

#include <endian.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
	HEAD = 2 * BOLT_PAGE_MAX, /* holds both metas at any page size */
	ELEMENT = 16,
	BUCKET = 16,
	REVISION = 17,
	PENDING_MAX = 256,
	DEPTH_MAX = 32,
	FEW = 16, /* children of a branch of the root */
};

/* Page `page` leads to `to`: another page, a revision. */
struct step {
	uint64_t page, to;
};

/* In the order of the pages, so that it can be searched. */
struct steps {
	struct step *list;
	size_t count, room;
};

/* A key that lies in a page still to come. */
struct pending {
	uint64_t page, offset;
	size_t have;
	uint8_t bytes[REVISION];
};

struct bolt_stream {
	uint64_t min_revision;
	uint64_t size; /* bytes so far */
	uint64_t page_size, root, pages;
	const char *bad; /* it is no database, and why */
	uint8_t *head;   /* until page_size is known, then one page */
	size_t held;
	uint64_t page;        /* number of the page that is collected */
	struct steps last;    /* branch -> last child */
	struct steps few;     /* small branch -> each child */
	struct steps leaves;  /* leaf -> its last revision */
	struct steps keys;    /* leaf of the root -> root of bucket "key" */
	struct steps inlined; /* leaf of the root -> last revision of an inline bucket "key" */
	struct pending pending[PENDING_MAX];
	size_t pending_count;
};

static uint64_t main_revision(const uint8_t *key)
{
	uint64_t value;

	memcpy(&value, key, sizeof(value));
	return be64toh(value);
}

static void add(struct steps *steps, uint64_t page, uint64_t to)
{
	if (steps->count == steps->room) {
		steps->room = steps->room ? steps->room * 2 : 64;
		steps->list = mem_grow(steps->list, steps->room * sizeof(*steps->list));
	}
	steps->list[steps->count++] = (struct step){ page, to };
}

static int by_page(const void *a, const void *b)
{
	const struct step *one = a, *other = b;

	return one->page < other->page ? -1 : one->page > other->page;
}

static const struct step *find(const struct steps *steps, uint64_t page)
{
	const struct step wanted = { page, 0 };

	return steps->count ? bsearch(&wanted, steps->list, steps->count, sizeof(wanted), by_page)
			    : NULL;
}

struct bolt_stream *bolt_stream_new(uint64_t min_revision)
{
	struct bolt_stream *s = mem_zalloc(sizeof(*s));

	s->min_revision = min_revision;
	s->head = mem_alloc(HEAD);
	return s;
}

void bolt_stream_free(struct bolt_stream *s)
{
	if (!s)
		return;
	mem_wipe(s->head, HEAD);
	free(s->head);
	free(s->last.list);
	free(s->few.list);
	free(s->leaves.list);
	free(s->keys.list);
	free(s->inlined.list);
	free(s);
}

void bolt_stream_scoped(struct bolt_stream **s)
{
	bolt_stream_free(*s);
}

/* Takes the valid meta with the higher txid; the second lies one page on. */
static void read_metas(struct bolt_stream *s)
{
	struct bolt_meta best = { .bad = "it has no valid meta page" }, one;

	for (size_t at = 0; at <= BOLT_PAGE_MAX; at = at ? at * 2 : BOLT_PAGE_MIN)
		if (at + BOLT_META_END <= s->held && !bolt_meta_read(s->head + at, at, &one) &&
		    (best.bad || one.txid > best.txid))
			best = one;
	s->page_size = best.page_size;
	s->root = best.root;
	s->pages = best.pages;
	s->bad = best.bad;
}

static void found_leaf(struct bolt_stream *s, uint64_t page, uint64_t revision)
{
	if (revision >= s->min_revision)
		add(&s->leaves, page, revision);
}

/* The last key of a leaf; it may lie in one of the pages that follow. */
static void look_last(struct bolt_stream *s, const uint8_t *page, unsigned count, uint64_t overflow)
{
	uint64_t at = BOLT_HEADER + (uint64_t)(count - 1) * ELEMENT;

	if (at + ELEMENT > s->page_size)
		return;
	const uint8_t *e = page + at;
	uint64_t key = at + bolt_u32(e + 4), size = bolt_u32(e + 8);
	if (bolt_u32(e) || (size != REVISION && size != REVISION + 1) ||
	    key + REVISION > (overflow + 1) * s->page_size)
		return;
	if (key + REVISION <= s->page_size) {
		found_leaf(s, s->page, main_revision(page + key));
	} else {
		if (s->pending_count ==
		    PENDING_MAX) /* the oldest was of a free page, or we are lost */
			memmove(s->pending, s->pending + 1,
				--s->pending_count * sizeof(s->pending[0]));
		struct pending *p = &s->pending[s->pending_count++];
		*p = (struct pending){ .page = s->page, .offset = s->page * s->page_size + key };
		if (key < s->page_size) {
			p->have = s->page_size - key;
			memcpy(p->bytes, page + key, p->have);
		}
	}
}

/* Bytes of this page that an earlier leaf waits for. */
static void look_pending(struct bolt_stream *s, const uint8_t *page)
{
	uint64_t start = s->page * s->page_size;
	size_t kept = 0;

	for (size_t i = 0; i < s->pending_count; i++) {
		struct pending *p = &s->pending[i];
		while (p->have < REVISION && p->offset + p->have >= start &&
		       p->offset + p->have < start + s->page_size) {
			p->bytes[p->have] = page[p->offset + p->have - start];
			p->have++;
		}
		if (p->have < REVISION) {
			s->pending[kept++] = *p;
			continue;
		}
		uint64_t revision = main_revision(p->bytes);
		if (revision >= s->min_revision) { /* earlier pages may have been added since */
			size_t at = s->leaves.count;
			add(&s->leaves, p->page, revision);
			for (; at && s->leaves.list[at - 1].page > p->page; at--)
				s->leaves.list[at] = s->leaves.list[at - 1];
			s->leaves.list[at] = (struct step){ p->page, revision };
		}
	}
	s->pending_count = kept;
}

/* A leaf of the root: where is bucket "key"? */
static void look_buckets(struct bolt_stream *s, const uint8_t *page, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		uint64_t at = BOLT_HEADER + (uint64_t)i * ELEMENT;
		if (at + ELEMENT > s->page_size)
			return;
		const uint8_t *e = page + at;
		uint64_t key = at + bolt_u32(e + 4), size = bolt_u32(e + 8), value = key + size;
		if (bolt_u32(e) != 1 || size != 3 || value + BUCKET > s->page_size ||
		    memcmp(page + key, "key", 3) != 0)
			continue;
		uint64_t root = bolt_u64(page + value), len = bolt_u32(e + 12);
		if (root) {
			add(&s->keys, s->page, root);
			return;
		}
		/* a page inside the value: few keys, as in a cluster just made */
		const uint8_t *in = page + value + BUCKET;
		if (len < BUCKET + BOLT_HEADER || value + len > s->page_size)
			return;
		uint64_t n = le16toh((uint16_t)(in[10] | in[11] << 8)), end = len - BUCKET;
		uint64_t last = BOLT_HEADER + (n ? n - 1 : 0) * ELEMENT;
		if (!n)
			add(&s->inlined, s->page, 0);
		else if (last + ELEMENT <= end && last + bolt_u32(in + last + 4) + REVISION <= end)
			add(&s->inlined, s->page,
			    main_revision(in + last + bolt_u32(in + last + 4)));
		return;
	}
}

static void look_branch(struct bolt_stream *s, const uint8_t *page, unsigned count)
{
	uint64_t at = BOLT_HEADER + (uint64_t)(count - 1) * ELEMENT;

	if (at + ELEMENT > s->page_size)
		return;
	add(&s->last, s->page, bolt_u64(page + at + 8));
	for (unsigned i = 0; count <= FEW && i < count; i++)
		add(&s->few, s->page, bolt_u64(page + BOLT_HEADER + (size_t)i * ELEMENT + 8));
}

static void look_page(struct bolt_stream *s, const uint8_t *page)
{
	unsigned flags = page[8] | (unsigned)page[9] << 8;
	unsigned count = page[10] | (unsigned)page[11] << 8;

	look_pending(s, page);
	if (s->page < 2 || bolt_u64(page) != s->page || !count)
		return;
	if (flags == BOLT_FLAG_BRANCH) {
		look_branch(s, page, count);
	} else if (flags == BOLT_FLAG_LEAF) {
		if (bolt_u32(page + BOLT_HEADER) == 1)
			look_buckets(s, page, count);
		else
			look_last(s, page, count, bolt_u32(page + 12));
	}
}

/* Whole pages of what is held; what is left moves to the front. */
static void take_pages(struct bolt_stream *s)
{
	size_t at = 0;

	for (; s->held - at >= s->page_size; at += s->page_size, s->page++)
		look_page(s, s->head + at);
	memmove(s->head, s->head + at, s->held - at);
	s->held -= at;
}

void bolt_stream_add(struct bolt_stream *s, const void *data, size_t len)
{
	const uint8_t *from = data;

	s->size += len;
	while (len && !s->bad) {
		size_t room = HEAD - s->held, now = len < room ? len : room;
		memcpy(s->head + s->held, from, now);
		s->held += now;
		from += now;
		len -= now;
		if (!s->page_size && s->held == HEAD)
			read_metas(s);
		if (s->page_size)
			take_pages(s);
	}
}

/* The leaf of the root that has bucket "key": the root itself, as a rule. */
static bool find_bucket(const struct bolt_stream *s, uint64_t page, int depth, uint64_t *root,
			uint64_t *revision)
{
	const struct step *step = find(&s->keys, page);

	if (step) {
		*root = step->to;
		return true;
	}
	step = find(&s->inlined, page);
	if (step) {
		*revision = step->to;
		return true;
	}
	step = depth < 4 ? find(&s->few, page) : NULL;
	while (step && step > s->few.list && step[-1].page == page)
		step--;
	for (; step && step < s->few.list + s->few.count && step->page == page; step++)
		if (find_bucket(s, step->to, depth + 1, root, revision))
			return true;
	return false;
}

static int find_revision(const struct bolt_stream *s, uint64_t *out, struct err *err)
{
	uint64_t root = 0, revision = 0;

	if (!find_bucket(s, s->root, 0, &root, &revision))
		return err_set(err, ERR_CORRUPT, "the database has no way to its bucket of keys");
	if (!root) {
		*out = revision;
		return 0;
	}
	for (int depth = 0; depth < DEPTH_MAX; depth++) {
		const struct step *step = find(&s->leaves, root);
		if (step) {
			*out = step->to;
			return 0;
		}
		step = find(&s->last, root);
		if (!step)
			break;
		root = step->to;
	}
	return err_set(
		err, ERR_CORRUPT,
		"the database is older than revision %llu, or its last key is not to be found",
		(unsigned long long)s->min_revision);
}

int bolt_stream_revision(struct bolt_stream *s, uint64_t db_size, uint64_t *revision,
			 struct err *err)
{
	uint64_t found = 0;

	if (!s->page_size && !s->bad) {
		read_metas(s);
		if (s->page_size)
			take_pages(s);
	}
	if (s->bad || !s->page_size)
		return err_set(err, ERR_CORRUPT, "no database of etcd: %s",
			       s->bad ? s->bad : "it is empty");
	if (s->pages > UINT64_MAX / s->page_size || s->pages * s->page_size != db_size ||
	    s->size < db_size)
		return err_set(err, ERR_CORRUPT,
			       "the database has %llu bytes, and its meta says %llu pages of %llu",
			       (unsigned long long)db_size, (unsigned long long)s->pages,
			       (unsigned long long)s->page_size);
	if (find_revision(s, &found, err))
		return -1;
	if (found < s->min_revision)
		return err_set(err, ERR_CORRUPT, "its revision %llu is older than %llu",
			       (unsigned long long)found, (unsigned long long)s->min_revision);
	*revision = found;
	return 0;
}
