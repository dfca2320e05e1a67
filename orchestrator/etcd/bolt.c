/*
 * bolt: see bolt.h.  Page header 16 bytes {id u64, flags u16, count u16, overflow u32}; meta at 16 {magic,
 * version, page size, flags u32; root {pgid, sequence}, freelist, pgid, txid, checksum u64}; branch elements
 * {pos, ksize u32, pgid u64}; leaf elements {flags, pos, ksize, vsize u32}; little endian.
 */
#include "etcd/bolt.h"

#include "base/mem.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	HEADER = 16,
	ELEMENT = 16,
	FLAG_BRANCH = 1,
	FLAG_LEAF = 2,
	FLAG_META = 4,
	DEPTH_MAX = 32,
	PAGES_MAX = 1024, /* of one page with its overflow */
};

#define MAGIC 0xED0CDAEDu

struct bolt {
	int fd;
	uint64_t size; /* of the database */
	uint64_t page_size;
	uint64_t pages; /* meta.pgid */
	uint64_t root, txid;
};

struct page {
	uint8_t *data; /* owned */
	size_t len;
	unsigned flags, count;
};

static uint64_t le(const uint8_t *at, int bytes)
{
	uint64_t value = 0;

	for (int i = bytes - 1; i >= 0; i--)
		value = value << 8 | at[i];
	return value;
}

static uint64_t be64(const uint8_t *at)
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++)
		value = value << 8 | at[i];
	return value;
}

static int read_at(const struct bolt *b, uint64_t offset, void *out, size_t len, struct err *err)
{
	if (offset > b->size || len > b->size - offset)
		return err_set(err, ERR_CORRUPT, "a page lies outside the database");
	for (size_t at = 0; at < len;) {
		ssize_t n = pread(b->fd, (char *)out + at, len - at, (off_t)(offset + at));
		if (n < 0)
			return err_errno(err, ERR_FILE, "cannot read the snapshot");
		if (n == 0)
			return err_set(err, ERR_CORRUPT, "the database is shorter than it says");
		at += (size_t)n;
	}
	return 0;
}

static uint64_t fnv1a(const uint8_t *data, size_t len)
{
	uint64_t hash = 14695981039346656037ull;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ data[i]) * 1099511628211ull;
	return hash;
}

/* Reads a meta page if it is a valid one. */
static bool read_meta(const uint8_t *page, struct bolt *out)
{
	const uint8_t *m = page + HEADER;

	if (!(le(page + 8, 2) & FLAG_META) || le(m, 4) != MAGIC || le(m + 4, 4) != 2 ||
	    le(m + 56, 8) != fnv1a(m, 56))
		return false;
	out->page_size = le(m + 8, 4);
	out->root = le(m + 16, 8);
	out->pages = le(m + 40, 8);
	out->txid = le(m + 48, 8);
	return out->page_size >= 1024 && out->page_size <= 65536 &&
	       (out->page_size & (out->page_size - 1)) == 0;
}

/* Two metas; the second lies one page on, and the page size is in either. */
static int open_meta(struct bolt *b, struct err *err)
{
	uint8_t head[HEADER + 64];
	struct bolt best = { .txid = 0 };
	bool found = false;

	for (uint64_t size = 0; size <= 65536; size = size ? size * 2 : 1024) {
		struct bolt one = { 0 };
		struct err ignored = ERR_INIT;
		if (read_at(b, size, head, sizeof(head), &ignored) || !read_meta(head, &one))
			continue;
		if (size && one.page_size != size)
			continue;
		if (!found || one.txid > best.txid)
			best = one;
		found = true;
	}
	if (!found)
		return err_set(err, ERR_CORRUPT, "no database of etcd: it has no valid meta page");
	b->page_size = best.page_size;
	b->root = best.root;
	b->pages = best.pages;
	b->txid = best.txid;
	return 0;
}

static int read_page(const struct bolt *b, uint64_t id, struct page *out, struct err *err)
{
	uint8_t head[HEADER];

	if (id < 2 || id >= b->pages)
		return err_set(err, ERR_CORRUPT, "page %llu does not exist",
			       (unsigned long long)id);
	if (read_at(b, id * b->page_size, head, sizeof(head), err))
		return -1;
	uint64_t extra = le(head + 12, 4);
	if (le(head, 8) != id || extra >= b->pages)
		return err_set(err, ERR_CORRUPT, "page %llu says it is another",
			       (unsigned long long)id);
	if (extra >= PAGES_MAX) /* one large value; its elements stand at the start */
		extra = PAGES_MAX - 1;
	out->len = (size_t)((extra + 1) * b->page_size);
	out->data = mem_alloc(out->len);
	out->flags = (unsigned)le(head + 8, 2);
	out->count = (unsigned)le(head + 10, 2);
	if (read_at(b, id * b->page_size, out->data, out->len, err))
		return -1;
	if (out->count * (size_t)ELEMENT > out->len - HEADER)
		return err_set(err, ERR_CORRUPT, "page %llu has too many elements",
			       (unsigned long long)id);
	return 0;
}

struct slice {
	const uint8_t *data;
	size_t len;
};

struct element {
	bool bucket;
	struct slice key, value; /* of a leaf */
	uint64_t child;          /* of a branch */
};

static int element(const struct page *page, unsigned i, struct element *out, struct err *err)
{
	const uint8_t *e = page->data + HEADER + (size_t)i * ELEMENT;
	size_t base = (size_t)(e - page->data);
	uint64_t pos, ksize, vsize = 0;

	*out = (struct element){ 0 };
	if (page->flags & FLAG_BRANCH) {
		pos = le(e, 4);
		ksize = le(e + 4, 4);
		out->child = le(e + 8, 8);
	} else {
		out->bucket = le(e, 4) & 1;
		pos = le(e + 4, 4);
		ksize = le(e + 8, 4);
		vsize = le(e + 12, 4);
	}
	if (pos > page->len - base || ksize > page->len - base - pos ||
	    vsize > page->len - base - pos - ksize)
		return err_set(err, ERR_CORRUPT, "an element lies outside its page");
	out->key = (struct slice){ e + pos, ksize };
	out->value = (struct slice){ e + pos + ksize, vsize };
	return 0;
}

static int compare(struct slice a, const char *key)
{
	size_t len = strlen(key), n = a.len < len ? a.len : len;
	int order = memcmp(a.data, key, n);

	return order ? order : a.len < len ? -1 : a.len > len;
}

/* The element that may hold key, or the last one when key is NULL. */
static int choose(const struct page *page, const char *key, unsigned *out, struct err *err)
{
	struct element e;

	*out = page->count;
	for (unsigned i = 0; i < page->count; i++) {
		if (!key) {
			*out = page->count - 1;
			return 0;
		}
		if (element(page, i, &e, err))
			return -1;
		int order = compare(e.key, key);
		if (page->flags & FLAG_BRANCH) {
			if (order <= 0 || i == 0)
				*out = i;
			if (order > 0)
				break;
		} else if (order == 0) {
			*out = i;
			return 0;
		}
	}
	return 0;
}

/* A leaf page and the place in it; page->data is the caller's to free. */
struct place {
	struct page page;
	struct element element;
	bool found;
};

static int descend(const struct bolt *b, uint64_t root, const char *key, struct place *out,
		   struct err *err)
{
	uint64_t id = root;

	*out = (struct place){ .found = false };
	for (int depth = 0; depth < DEPTH_MAX; depth++) {
		unsigned i;
		free(out->page.data);
		out->page = (struct page){ 0 };
		if (read_page(b, id, &out->page, err))
			return -1;
		if (!(out->page.flags & (FLAG_BRANCH | FLAG_LEAF)))
			return err_set(err, ERR_CORRUPT, "page %llu is neither branch nor leaf",
				       (unsigned long long)id);
		if (choose(&out->page, key, &i, err))
			return -1;
		if (i >= out->page.count)
			return 0;
		if (element(&out->page, i, &out->element, err))
			return -1;
		if (out->page.flags & FLAG_LEAF) {
			out->found = true;
			return 0;
		}
		id = out->element.child;
	}
	return err_set(err, ERR_CORRUPT, "the tree of pages has no end");
}

/* Looks in an inline bucket: a page that lies inside the value, after its 16 bytes of header. */
static int inline_find(struct slice value, const char *key, struct place *out, struct err *err)
{
	struct page page = { .len = value.len - 16 };
	unsigned i;

	page.data = mem_alloc(page.len);
	memcpy(page.data, value.data + 16, page.len);
	*out = (struct place){ .page = page };
	if (page.len < HEADER)
		return err_set(err, ERR_CORRUPT, "an inline bucket is too short");
	out->page.flags = (unsigned)le(page.data + 8, 2);
	out->page.count = (unsigned)le(page.data + 10, 2);
	if (!(out->page.flags & FLAG_LEAF) || out->page.count * (size_t)ELEMENT > page.len - HEADER)
		return err_set(err, ERR_CORRUPT, "an inline bucket is damaged");
	if (choose(&out->page, key, &i, err) || i >= out->page.count)
		return err->code ? -1 : 0;
	if (element(&out->page, i, &out->element, err))
		return -1;
	out->found = true;
	return 0;
}

/* A key of a top bucket, or its last one. */
static int find(const struct bolt *b, const char *bucket, const char *key, struct place *out,
		struct err *err)
{
	struct place top;
	int failed;

	*out = (struct place){ .found = false };
	failed = descend(b, b->root, bucket, &top, err);
	if (!failed && top.found) {
		struct slice value = top.element.value;
		if (!top.element.bucket || value.len < 16)
			failed = err_set(err, ERR_CORRUPT, "\"%s\" is no bucket", bucket);
		else if (le(value.data, 8))
			failed = descend(b, le(value.data, 8), key, out, err);
		else
			failed = inline_find(value, key, out, err);
	}
	free(top.page.data);
	return failed;
}

/* The main revision at the start of a revision key: i64 big endian, '_', i64. */
static int main_revision(struct slice key, uint64_t *out, struct err *err)
{
	if (key.len < 17 || key.data[8] != '_' || key.data[0] & 0x80)
		return err_set(err, ERR_CORRUPT, "a key of bucket \"key\" is no revision");
	*out = be64(key.data);
	return 0;
}

static int read_revision(const struct bolt *b, struct bolt_facts *out, struct err *err)
{
	struct place place;
	int failed = find(b, "key", NULL, &place, err);

	if (!failed && place.found)
		failed = main_revision(place.element.key, &out->revision, err);
	free(place.page.data);
	return failed;
}

static int read_meta_bucket(const struct bolt *b, struct bolt_facts *out, struct err *err)
{
	struct place place;
	int failed = find(b, "meta", "finishedCompactRev", &place, err);

	if (!failed && place.found)
		failed = main_revision(place.element.value, &out->compact_revision, err);
	free(place.page.data);
	if (failed)
		return -1;
	failed = find(b, "meta", "storageVersion", &place, err);
	if (!failed && place.found) {
		size_t len = place.element.value.len;
		if (len >= sizeof(out->storage_version))
			len = sizeof(out->storage_version) - 1;
		memcpy(out->storage_version, place.element.value.data, len);
	}
	free(place.page.data);
	return failed;
}

int bolt_facts(int fd, uint64_t db_size, struct bolt_facts *out, struct err *err)
{
	struct bolt b = { .fd = fd, .size = db_size };
	struct bolt_facts facts = { 0 };

	err->code = ERR_NONE;
	if (open_meta(&b, err))
		return -1;
	facts.page_size = b.page_size;
	if (b.pages > UINT64_MAX / b.page_size || b.pages * b.page_size != db_size)
		return err_set(err, ERR_CORRUPT,
			       "the database says it has %llu pages of %llu bytes, and %llu bytes "
			       "are there",
			       (unsigned long long)b.pages, (unsigned long long)b.page_size,
			       (unsigned long long)db_size);
	facts.size = db_size;
	if (read_revision(&b, &facts, err) || read_meta_bucket(&b, &facts, err))
		return -1;
	*out = facts;
	return 0;
}
