/*
 * bolt_meta: one of the two meta pages of etcd's database file (bbolt, go.etcd.io/bbolt internal/common/meta.go), and what all readers
 * of that file share: its numbers are little endian, a page begins with a header of 16 bytes.
 */
#ifndef ETCD_BOLT_META_H
#define ETCD_BOLT_META_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

enum {
	BOLT_HEADER = 16,                 /* of a page */
	BOLT_META_END = BOLT_HEADER + 64, /* so much of a meta page is needed */
	BOLT_PAGE_MIN = 512,
	BOLT_PAGE_MAX = 65536, /* sizes of pages are powers of two */
	BOLT_FLAG_BRANCH = 1,
	BOLT_FLAG_LEAF = 2,
	BOLT_FLAG_META = 4,
};

struct bolt_meta {
	const char *bad; /* NULL: valid; else why it is not, and only `offset` is set */
	uint64_t offset; /* in the file */
	uint64_t page_size, root, freelist, pages, txid;
};

/*
 * Reads the meta page whose first BOLT_META_END bytes are given; `offset`: where it lies in the file, 0 or one page on.  NULL, or what is
 * wrong with it (magic number, version, checksum, kind, page size, place); then only bad and offset are set.
 */
const char *bolt_meta_read(const uint8_t *page, uint64_t offset, struct bolt_meta *out);

static inline uint64_t bolt_u64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return le64toh(value);
}

static inline uint32_t bolt_u32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return le32toh(value);
}

static inline uint16_t bolt_u16(const uint8_t *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return le16toh(value);
}

#endif
