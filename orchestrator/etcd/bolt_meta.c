/*
 * bolt_meta: see bolt_meta.h.  After the header of the page: {magic, version, page size, flags u32; root {pgid, sequence}, freelist, pgid,
 * txid, checksum u64}; the checksum is FNV-1a, 64 bits, of all before it.
 */
#include "etcd/bolt_meta.h"

#include <stddef.h>

enum { SUMMED = 56, VERSION = 2 };

#define MAGIC 0xED0CDAEDu

static uint64_t fnv1a(const uint8_t *data, size_t len)
{
	uint64_t hash = 14695981039346656037ull;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ data[i]) * 1099511628211ull;
	return hash;
}

static const char *complaint(const uint8_t *page, uint64_t offset)
{
	const uint8_t *m = page + BOLT_HEADER;
	uint64_t page_size = bolt_u32(m + 8);

	if (bolt_u32(m) != MAGIC)
		return "wrong magic number";
	if (bolt_u32(m + 4) != VERSION)
		return "unknown version";
	if (bolt_u64(m + SUMMED) != fnv1a(m, SUMMED))
		return "wrong checksum";
	if (!(bolt_u16(page + 8) & BOLT_FLAG_META))
		return "not marked as a meta page";
	if (page_size < BOLT_PAGE_MIN || page_size > BOLT_PAGE_MAX ||
	    (page_size & (page_size - 1)) != 0)
		return "impossible page size";
	return offset && offset != page_size ? "it does not lie where its page size says" : NULL;
}

const char *bolt_meta_read(const uint8_t *page, uint64_t offset, struct bolt_meta *out)
{
	const uint8_t *m = page + BOLT_HEADER;

	*out = (struct bolt_meta){ .bad = complaint(page, offset), .offset = offset };
	if (out->bad)
		return out->bad;
	out->page_size = bolt_u32(m + 8);
	out->root = bolt_u64(m + 16);
	out->freelist = bolt_u64(m + 32);
	out->pages = bolt_u64(m + 40);
	out->txid = bolt_u64(m + 48);
	return NULL;
}
