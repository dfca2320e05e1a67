/*
 * bolt: see bolt.h.  Page header 16 bytes {id u64, flags u16, count u16, overflow u32}; meta at 16 {magic,
 * version, page size, flags u32; root {pgid, sequence}, freelist, pgid, txid, checksum u64}; branch elements
 * {pos, ksize u32, pgid u64}; leaf elements {flags, pos, ksize, vsize u32}; little endian.
 */
#include "etcd/bolt.h"

#include "etcd/bolt_meta.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

enum {
	ELEMENT = 16,
	BUCKET = 16,   /* in front of an inline page: root u64, sequence u64 */
	REVISION = 17, /* main i64, '_', sub i64 */
	DEPTH_MAX = 32,
	KEY_MAX = 64, /* longer than any key that is looked for */
};

struct bolt {
	int fd;
	uint64_t size; /* of the database */
	uint64_t page_size;
	uint64_t pages; /* meta.pgid */
	uint64_t root;
};

/* Bytes at a place in the file. */
struct slice {
	uint64_t offset, len;
};

struct page {
	uint64_t offset, len; /* in the file; with its overflow pages */
	uint64_t id, overflow;
	unsigned flags, count;
};

struct element {
	bool bucket;
	struct slice key, value; /* value: of a leaf */
	uint64_t child;          /* of a branch */
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
			return err_errno(err, ERR_FILE, "cannot read the database");
		if (n == 0)
			return err_set(err, ERR_CORRUPT, "the database is shorter than it says");
		at += (size_t)n;
	}
	return 0;
}

/* Two metas; the second lies one page on, and the page size is in either. */
static int open_meta(struct bolt *b, struct err *err)
{
	uint8_t head[BOLT_META_END];
	struct bolt_meta best = { .bad = "none" }, one;

	for (uint64_t at = 0; at <= BOLT_PAGE_MAX; at = at ? at * 2 : BOLT_PAGE_MIN) {
		struct err ignored = ERR_INIT;
		if (read_at(b, at, head, sizeof(head), &ignored) || bolt_meta_read(head, at, &one))
			continue;
		if (best.bad || one.txid > best.txid)
			best = one;
	}
	if (best.bad)
		return err_set(err, ERR_CORRUPT, "no database of etcd: it has no valid meta page");
	b->page_size = best.page_size;
	b->root = best.root;
	b->pages = best.pages;
	return 0;
}

/* A page is read piece by piece, where it lies in the file: one with large values may be many MiB. */
static int open_page(const struct bolt *b, uint64_t offset, uint64_t len, struct page *out,
		     struct err *err)
{
	uint8_t head[BOLT_HEADER];

	if (read_at(b, offset, head, sizeof(head), err))
		return -1;
	*out = (struct page){ .offset = offset,
			      .len = len,
			      .id = le(head, 8),
			      .flags = (unsigned)le(head + 8, 2),
			      .count = (unsigned)le(head + 10, 2),
			      .overflow = le(head + 12, 4) };
	return 0;
}

static int check_count(const struct page *page, struct err *err)
{
	if ((uint64_t)page->count * ELEMENT > page->len - BOLT_HEADER)
		return err_set(err, ERR_CORRUPT, "page %llu has too many elements",
			       (unsigned long long)page->id);
	return 0;
}

static int read_page(const struct bolt *b, uint64_t id, struct page *out, struct err *err)
{
	if (id < 2 || id >= b->pages)
		return err_set(err, ERR_CORRUPT, "page %llu does not exist",
			       (unsigned long long)id);
	if (open_page(b, id * b->page_size, b->page_size, out, err))
		return -1;
	if (out->id != id || out->overflow >= b->pages - id)
		return err_set(err, ERR_CORRUPT, "page %llu says it is another",
			       (unsigned long long)id);
	if (!(out->flags & (BOLT_FLAG_BRANCH | BOLT_FLAG_LEAF)))
		return err_set(err, ERR_CORRUPT, "page %llu is neither branch nor leaf",
			       (unsigned long long)id);
	out->len = (out->overflow + 1) * b->page_size;
	return check_count(out, err);
}

/* A small bucket is a page inside its value, after 16 bytes of bucket header. */
static int read_inline(const struct bolt *b, struct slice value, struct page *out, struct err *err)
{
	if (value.len < BUCKET + BOLT_HEADER)
		return err_set(err, ERR_CORRUPT, "an inline bucket is too short");
	if (open_page(b, value.offset + BUCKET, value.len - BUCKET, out, err))
		return -1;
	if (!(out->flags & BOLT_FLAG_LEAF))
		return err_set(err, ERR_CORRUPT, "an inline bucket is damaged");
	return check_count(out, err);
}

static int read_element(const struct bolt *b, const struct page *page, unsigned i,
			struct element *out, struct err *err)
{
	uint64_t base = BOLT_HEADER + (uint64_t)i * ELEMENT, pos, ksize, vsize = 0;
	bool branch = page->flags & BOLT_FLAG_BRANCH;
	uint8_t e[ELEMENT];

	if (read_at(b, page->offset + base, e, sizeof(e), err))
		return -1;
	pos = le(branch ? e : e + 4, 4);
	ksize = le(branch ? e + 4 : e + 8, 4);
	if (!branch)
		vsize = le(e + 12, 4);
	/* each is less than 2^32: the sum cannot wrap */
	if (base + pos + ksize + vsize > page->len)
		return err_set(err, ERR_CORRUPT, "an element lies outside its page");
	*out = (struct element){ .bucket = !branch && (le(e, 4) & 1),
				 .child = branch ? le(e + 8, 8) : 0,
				 .key = { page->offset + base + pos, ksize },
				 .value = { page->offset + base + pos + ksize, vsize } };
	return 0;
}

static int compare(const struct bolt *b, struct slice a, const char *key, int *order,
		   struct err *err)
{
	uint8_t data[KEY_MAX];
	uint64_t len = strlen(key), n = a.len < len ? a.len : len;

	if (read_at(b, a.offset, data, (size_t)n, err))
		return -1;
	*order = memcmp(data, key, (size_t)n);
	if (!*order)
		*order = a.len < len ? -1 : a.len > len;
	return 0;
}

/* The element that may hold key, or the last one when key is NULL; page->count when there is none. */
static int choose(const struct bolt *b, const struct page *page, const char *key, unsigned *out,
		  struct err *err)
{
	bool branch = page->flags & BOLT_FLAG_BRANCH;
	struct element e;
	int order;

	*out = page->count;
	if (!key && page->count)
		*out = page->count - 1;
	for (unsigned i = 0; key && i < page->count; i++) {
		if (read_element(b, page, i, &e, err) || compare(b, e.key, key, &order, err))
			return -1;
		if (branch ? order <= 0 || i == 0 : order == 0)
			*out = i;
		if (order >= 0)
			break;
	}
	return 0;
}

/* Down from a page to the leaf's element; *found is false when there is none. */
static int descend(const struct bolt *b, struct page page, const char *key, struct element *out,
		   bool *found, struct err *err)
{
	unsigned i;

	*found = false;
	for (int depth = 0; depth < DEPTH_MAX; depth++) {
		if (choose(b, &page, key, &i, err))
			return -1;
		if (i >= page.count)
			return 0;
		if (read_element(b, &page, i, out, err))
			return -1;
		if (page.flags & BOLT_FLAG_LEAF) {
			*found = true;
			return 0;
		}
		if (read_page(b, out->child, &page, err))
			return -1;
	}
	return err_set(err, ERR_CORRUPT, "the tree of pages has no end");
}

/* A key of a top bucket, or its last one (NULL). */
static int find(const struct bolt *b, const char *bucket, const char *key, struct element *out,
		bool *found, struct err *err)
{
	struct page page;
	uint8_t root[8];

	if (read_page(b, b->root, &page, err) || descend(b, page, bucket, out, found, err))
		return -1;
	if (!*found || !out->bucket || out->value.len < BUCKET)
		return err_set(err, ERR_CORRUPT, "no database of etcd: it has no bucket \"%s\"",
			       bucket);
	if (read_at(b, out->value.offset, root, sizeof(root), err))
		return -1;
	if (le(root, 8) ? read_page(b, le(root, 8), &page, err)
			: read_inline(b, out->value, &page, err))
		return -1;
	return descend(b, page, key, out, found, err);
}

/* The main revision at the start of a revision's bytes: i64 big endian, '_', i64. */
static int read_main(const struct bolt *b, struct slice at, uint64_t *out, struct err *err)
{
	uint8_t bytes[REVISION];

	if (at.len < sizeof(bytes))
		return err_set(err, ERR_CORRUPT, "what should be a revision is none");
	if (read_at(b, at.offset, bytes, sizeof(bytes), err))
		return -1;
	if (bytes[8] != '_' || bytes[0] & 0x80)
		return err_set(err, ERR_CORRUPT, "what should be a revision is none");
	*out = be64(bytes);
	return 0;
}

static int read_buckets(const struct bolt *b, struct bolt_facts *out, struct err *err)
{
	struct element e;
	bool found;

	if (find(b, "key", NULL, &e, &found, err) ||
	    (found && read_main(b, e.key, &out->revision, err)) ||
	    find(b, "meta", "finishedCompactRev", &e, &found, err) ||
	    (found && read_main(b, e.value, &out->compact_revision, err)) ||
	    find(b, "meta", "storageVersion", &e, &found, err))
		return -1;
	if (!found)
		return 0;
	if (e.value.len >= sizeof(out->storage_version))
		return err_set(err, ERR_CORRUPT, "the storage version has %llu bytes",
			       (unsigned long long)e.value.len);
	return read_at(b, e.value.offset, out->storage_version, (size_t)e.value.len, err);
}

int bolt_facts(int fd, uint64_t db_size, struct bolt_facts *out, struct err *err)
{
	struct bolt b = { .fd = fd, .size = db_size };
	struct bolt_facts facts = { 0 };

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
	if (read_buckets(&b, &facts, err))
		return -1;
	*out = facts;
	return 0;
}
