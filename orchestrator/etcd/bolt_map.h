/*
 * bolt_map: etcd's database file (bbolt, go.etcd.io/bbolt internal/common/page.go, meta.go) as a read-only map:
 * its two metas, its pages and their elements.  The file is outside input: every offset, count and overflow is
 * checked.
 *
 * Page header 16 bytes {id u64, flags u16, count u16, overflow u32}; meta at 16 {magic, version, page size, flags
 * u32; root {pgid, sequence}, freelist, pgid, txid, checksum u64}; branch elements {pos, ksize u32, pgid u64};
 * leaf elements {flags, pos, ksize, vsize u32}; little endian.
 */
#ifndef ETCD_BOLT_MAP_H
#define ETCD_BOLT_MAP_H

#include "base/err.h"
#include "etcd/bolt_meta.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	BOLT_ELEMENT = 16, /* of a branch or a leaf */
	BOLT_BUCKET = 16,  /* in front of an inline page: root u64, sequence u64 */
};

#define BOLT_NO_FREELIST UINT64_MAX

/* Bytes in the map; valid as long as it. */
struct bolt_slice {
	const uint8_t *data;
	size_t len;
};

struct bolt_map {
	const uint8_t *data;
	uint64_t size;  /* pages * page_size; the file may be larger */
	uint64_t given; /* bytes that were given or mapped */
	bool mapped;
	uint64_t page_size;
	struct bolt_meta metas[2];
	const struct bolt_meta *meta; /* the valid one with the higher txid; inside this struct */
};

struct bolt_page {
	const uint8_t *data;
	uint64_t len;    /* with its overflow pages */
	uint64_t offset; /* in the file */
	uint64_t id;     /* 0: inside the value of a bucket */
	uint64_t pages;  /* 1 + overflow; 0: inline */
	unsigned count;
	bool branch; /* or a leaf */
};

struct bolt_element {
	uint64_t at;          /* its place in the map, not 0 */
	uint64_t start, stop; /* its key and value in the page */
	unsigned flags;       /* of a leaf: 1 is a bucket */
	struct bolt_slice key, value;
	uint64_t child; /* of a branch */
};

/*
 * Maps the first `size` bytes of a regular file.  -1 CORRUPT: the file is shorter, both metas are
 * bad, or it has fewer pages than the meta says; FILE when it cannot be mapped.  The file must not
 * change while it is open here: what is read is checked against the map's borders each time, so
 * that changed bytes do no harm, but one that becomes shorter, or a disk that cannot read, ends the process
 * by SIGBUS.  `out` must not be moved (meta points into it); on failure it is empty.
 */
int bolt_map_open(int fd, uint64_t size, struct bolt_map *out, struct err *err);

/* The same over bytes in memory, which the caller keeps. */
int bolt_map_of(const void *data, uint64_t size, struct bolt_map *out, struct err *err);

/*
 * Gives the memory back that reading the map has taken; the bytes stay readable where they are, by the kernel's cache or the
 * disk.  Nothing for bytes in memory.  Never fails.
 */
void bolt_map_forget(const struct bolt_map *map);
void bolt_map_release(struct bolt_map *map);
void bolt_map_scoped(struct bolt_map *map);

/* A branch or a leaf.  -1 (CORRUPT): it does not exist or its header is wrong. */
int bolt_page_get(const struct bolt_map *map, uint64_t id, struct bolt_page *out, struct err *err);

/* The page inside the value of a bucket whose root is 0. */
int bolt_page_inline(const struct bolt_map *map, struct bolt_slice value, struct bolt_page *out,
		     struct err *err);

/* Element number i < page->count; false: it lies outside its page. */
bool bolt_element_get(const struct bolt_map *map, const struct bolt_page *page, unsigned i,
		      struct bolt_element *out);

/* The leaf element that bolt_element_get found at `at`, again; false: the file has changed. */
bool bolt_element_at(const struct bolt_map *map, uint64_t at, struct bolt_element *out);

/* Byte order, as of memcmp. */
int bolt_compare(struct bolt_slice a, struct bolt_slice b);

static inline bool bolt_is(struct bolt_slice a, const char *text)
{
	return a.len == strlen(text) && !memcmp(a.data, text, a.len);
}

#endif
