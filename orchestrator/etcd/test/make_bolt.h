/*
 * make_bolt: writes small databases as bbolt does, for tests: two metas, a free list, a root leaf with buckets
 * "key" (a branch with two leaves) and "meta" (inline).  The places of its parts are fixed, so that a test can
 * damage one of them.
 */
#ifndef ETCD_TEST_MAKE_BOLT_H
#define ETCD_TEST_MAKE_BOLT_H

#include "base/mem.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BOLT_ROOT = 3, BOLT_BRANCH = 4, BOLT_FIRST_LEAF = 5, BOLT_LAST_LEAF = 6, BOLT_PAGES = 7 };

struct bolt_file {
	size_t page_size;
	size_t pages; /* BOLT_PAGES and what the last leaf's large value needs */
	size_t size;
	uint8_t *data;
};

struct bolt_want {
	size_t page_size;    /* 0: 4096 */
	uint64_t revision;   /* the last one; the one before it is in the same leaf */
	bool empty;          /* bucket "key" has nothing */
	uint64_t compacted;  /* 0: no such key */
	const char *version; /* of storage; NULL: no such key */
	const char *no_bucket;
	size_t large; /* bytes of the value in front of the last key */
};

struct bolt_item {
	const void *key;
	size_t key_len;
	const void *value;
	size_t value_len;
	uint32_t flags;
};

static inline void bolt_put(uint8_t *at, int bytes, uint64_t value)
{
	for (int i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

static inline void bolt_header(uint8_t *page, uint64_t id, unsigned flags, size_t count,
			       size_t overflow)
{
	bolt_put(page, 8, id);
	bolt_put(page + 8, 2, flags);
	bolt_put(page + 10, 2, count);
	bolt_put(page + 12, 4, overflow);
}

/* Elements first, then their keys and values; returns the bytes used. */
static inline size_t bolt_leaf(uint8_t *page, uint64_t id, size_t overflow,
			       const struct bolt_item *items, size_t count)
{
	size_t data = 16 + 16 * count;

	bolt_header(page, id, 2, count, overflow);
	for (size_t i = 0; i < count; i++) {
		uint8_t *e = page + 16 + 16 * i;
		bolt_put(e, 4, items[i].flags);
		bolt_put(e + 4, 4, data - (16 + 16 * i));
		bolt_put(e + 8, 4, items[i].key_len);
		bolt_put(e + 12, 4, items[i].value_len);
		memcpy(page + data, items[i].key, items[i].key_len);
		data += items[i].key_len;
		if (items[i].value_len)
			memcpy(page + data, items[i].value, items[i].value_len);
		data += items[i].value_len;
	}
	return data;
}

static inline void bolt_branch(uint8_t *page, uint64_t id, const struct bolt_item *items,
			       const uint64_t *children, size_t count)
{
	size_t data = 16 + 16 * count;

	bolt_header(page, id, 1, count, 0);
	for (size_t i = 0; i < count; i++) {
		uint8_t *e = page + 16 + 16 * i;
		bolt_put(e, 4, data - (16 + 16 * i));
		bolt_put(e + 4, 4, items[i].key_len);
		bolt_put(e + 8, 8, children[i]);
		memcpy(page + data, items[i].key, items[i].key_len);
		data += items[i].key_len;
	}
}

static inline void bolt_revision(uint8_t out[17], uint64_t main_part, uint64_t sub)
{
	for (int i = 0; i < 8; i++) {
		out[i] = (uint8_t)(main_part >> (56 - 8 * i));
		out[9 + i] = (uint8_t)(sub >> (56 - 8 * i));
	}
	out[8] = '_';
}

static inline void bolt_meta(struct bolt_file *file, uint64_t id, uint64_t txid)
{
	uint8_t *page = file->data + id * file->page_size, *m = page + 16;
	uint64_t hash = 14695981039346656037ull;

	bolt_header(page, id, 4, 0, 0);
	bolt_put(m, 4, 0xED0CDAED);
	bolt_put(m + 4, 4, 2);
	bolt_put(m + 8, 4, file->page_size);
	bolt_put(m + 16, 8, BOLT_ROOT);
	bolt_put(m + 32, 8, UINT64_MAX);
	bolt_put(m + 40, 8, file->pages);
	bolt_put(m + 48, 8, txid);
	for (int i = 0; i < 56; i++)
		hash = (hash ^ m[i]) * 1099511628211ull;
	bolt_put(m + 56, 8, hash);
}

static inline void bolt_keys(struct bolt_file *file, const struct bolt_want *want)
{
	uint8_t first[17], before[17], last[17];
	uint8_t *large = mem_zalloc(want->large);

	bolt_revision(first, 1, 0);
	bolt_revision(before, want->revision - 1, 0);
	bolt_revision(last, want->revision, 3);
	struct bolt_item early = { first, 17, "early", 5, 0 };
	struct bolt_item late[] = { { before, 17, large, want->large, 0 },
				    { last, 17, "late", 4, 0 } };
	struct bolt_item borders[] = { { first, 17, "", 0, 0 }, { before, 17, "", 0, 0 } };
	const uint64_t children[] = { BOLT_FIRST_LEAF, BOLT_LAST_LEAF };

	bolt_leaf(file->data + BOLT_FIRST_LEAF * file->page_size, BOLT_FIRST_LEAF, 0, &early, 1);
	bolt_leaf(file->data + BOLT_LAST_LEAF * file->page_size, BOLT_LAST_LEAF,
		  file->pages - BOLT_PAGES, late, 2);
	if (want->empty)
		bolt_leaf(file->data + BOLT_BRANCH * file->page_size, BOLT_BRANCH, 0, NULL, 0);
	else
		bolt_branch(file->data + BOLT_BRANCH * file->page_size, BOLT_BRANCH, borders,
			    children, 2);
	free(large);
}

static inline void bolt_root(struct bolt_file *file, const struct bolt_want *want)
{
	uint8_t in_key[16] = { BOLT_BRANCH }, in_meta[512] = { 0 }, in_alarm[32] = { 0 };
	uint8_t compacted[17];
	struct bolt_item meta[2], tops[3];
	size_t n = 0, m = 0;

	bolt_revision(compacted, want->compacted, 0);
	if (want->compacted)
		meta[n++] = (struct bolt_item){ "finishedCompactRev", 18, compacted, 17, 0 };
	if (want->version)
		meta[n++] = (struct bolt_item){ "storageVersion", 14, want->version,
						strlen(want->version), 0 };
	size_t used = bolt_leaf(in_meta + 16, 0, 0, meta, n);
	bolt_leaf(in_alarm + 16, 0, 0, NULL, 0);
	struct bolt_item all[] = { { "alarm", 5, in_alarm, 32, 1 },
				   { "key", 3, in_key, 16, 1 },
				   { "meta", 4, in_meta, 16 + used, 1 } };
	for (size_t i = 0; i < 3; i++)
		if (!want->no_bucket || strcmp(all[i].key, want->no_bucket) != 0)
			tops[m++] = all[i];
	bolt_leaf(file->data + BOLT_ROOT * file->page_size, BOLT_ROOT, 0, tops, m);
}

static inline struct bolt_file make_bolt(const struct bolt_want *want)
{
	struct bolt_file file = { .page_size = want->page_size ? want->page_size : 4096 };

	file.pages = BOLT_PAGES + (want->large + 128) / file.page_size;
	file.size = file.pages * file.page_size;
	file.data = mem_zalloc(file.size);
	bolt_meta(&file, 0, 10);
	bolt_meta(&file, 1, 9);
	bolt_header(file.data + 2 * file.page_size, 2, 0x10, 0, 0);
	bolt_keys(&file, want);
	bolt_root(&file, want);
	return file;
}

/* The file's bytes behind a descriptor. */
static inline int bolt_fd(const struct bolt_file *file)
{
	int fd = memfd_create("db", MFD_CLOEXEC);

	for (size_t at = 0; at < file->size;) {
		ssize_t n = write(fd, file->data + at, file->size - at);
		if (n <= 0)
			abort();
		at += (size_t)n;
	}
	return fd;
}

#endif
