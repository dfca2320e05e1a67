/*
 * bolt_map: see bolt_map.h.
 */
#include "etcd/bolt_map.h"

#include <sys/mman.h>
#include <sys/stat.h>

static void read_meta(const struct bolt_map *map, uint64_t offset, struct bolt_meta *out)
{
	if (offset > map->given || map->given - offset < BOLT_META_END)
		*out = (struct bolt_meta){ .bad = "outside the file", .offset = offset };
	else
		bolt_meta_read(map->data + offset, offset, out);
}

/* The second meta lies one page on; when the first one is bad, its page size is found by trying. */
static void read_metas(struct bolt_map *map)
{
	read_meta(map, 0, &map->metas[0]);
	if (!map->metas[0].bad) {
		read_meta(map, map->metas[0].page_size, &map->metas[1]);
		return;
	}
	for (uint64_t size = BOLT_PAGE_MIN; size <= BOLT_PAGE_MAX; size *= 2) {
		read_meta(map, size, &map->metas[1]);
		if (!map->metas[1].bad)
			return;
	}
	read_meta(map, 4096, &map->metas[1]);
}

static int choose_meta(struct bolt_map *map, struct err *err)
{
	const struct bolt_meta *first = &map->metas[0], *second = &map->metas[1], *meta;

	read_metas(map);
	if (first->bad && second->bad)
		return err_set(err, ERR_CORRUPT,
			       "no database of etcd: it has no valid meta page (page 0: %s; page "
			       "1: %s)",
			       first->bad, second->bad);
	meta = first->bad || (!second->bad && second->txid > first->txid) ? second : first;
	map->meta = meta;
	map->page_size = meta->page_size;
	if (meta->pages > map->given / meta->page_size)
		return err_set(err, ERR_CORRUPT,
			       "the database says it has %llu pages of %llu bytes, and only %llu "
			       "bytes are there",
			       (unsigned long long)meta->pages, (unsigned long long)meta->page_size,
			       (unsigned long long)map->given);
	map->size = meta->pages * meta->page_size;
	return 0;
}

int bolt_map_of(const void *data, uint64_t size, struct bolt_map *out, struct err *err)
{
	*out = (struct bolt_map){ .data = data, .given = size };
	if (!choose_meta(out, err))
		return 0;
	*out = (struct bolt_map){ 0 };
	return -1;
}

int bolt_map_open(int fd, uint64_t size, struct bolt_map *out, struct err *err)
{
	struct stat st;
	void *data;

	*out = (struct bolt_map){ 0 };
	if (fstat(fd, &st))
		return err_errno(err, ERR_FILE, "cannot read the database");
	if (st.st_size < 0 || (uint64_t)st.st_size < size || !size || size > SIZE_MAX)
		return err_set(err, ERR_CORRUPT, "the database has %lld bytes, and %llu are needed",
			       (long long)st.st_size, (unsigned long long)size);
	data = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return err_errno(err, ERR_FILE, "cannot map the database");
	madvise(data, (size_t)size, MADV_WILLNEED); /* only faster */
	*out = (struct bolt_map){ .data = data, .given = size, .mapped = true };
	if (choose_meta(out, err)) {
		bolt_map_release(out);
		return -1;
	}
	return 0;
}

void bolt_map_forget(const struct bolt_map *map)
{
	if (map->mapped)
		madvise((void *)(uintptr_t)map->data, (size_t)map->given, MADV_DONTNEED);
}

void bolt_map_release(struct bolt_map *map)
{
	if (map->mapped)
		munmap((void *)(uintptr_t)map->data, (size_t)map->given);
	*map = (struct bolt_map){ 0 };
}

void bolt_map_scoped(struct bolt_map *map)
{
	bolt_map_release(map);
}

static int check_count(const struct bolt_page *page, struct err *err)
{
	if ((uint64_t)page->count * BOLT_ELEMENT > page->len - BOLT_HEADER)
		return err_set(err, ERR_CORRUPT, "page %llu (byte %llu) has too many elements: %u",
			       (unsigned long long)page->id, (unsigned long long)page->offset,
			       page->count);
	return 0;
}

int bolt_page_get(const struct bolt_map *map, uint64_t id, struct bolt_page *out, struct err *err)
{
	struct bolt_page page = { .id = id };
	uint64_t pages = map->meta->pages, said;
	unsigned flags;

	if (id < 2 || id >= pages)
		return err_set(err, ERR_CORRUPT, "page %llu does not exist",
			       (unsigned long long)id);
	page.offset = id * map->page_size;
	page.data = map->data + page.offset;
	said = bolt_u64(page.data);
	flags = bolt_u16(page.data + 8);
	page.count = bolt_u16(page.data + 10);
	page.pages = 1 + (uint64_t)bolt_u32(page.data + 12);
	if (said != id)
		return err_set(err, ERR_CORRUPT, "page %llu (byte %llu) says it is page %llu",
			       (unsigned long long)id, (unsigned long long)page.offset,
			       (unsigned long long)said);
	if (flags != BOLT_FLAG_BRANCH && flags != BOLT_FLAG_LEAF)
		return err_set(err, ERR_CORRUPT,
			       "page %llu (byte %llu) is neither branch nor leaf: flags 0x%x",
			       (unsigned long long)id, (unsigned long long)page.offset, flags);
	if (page.pages > pages - id)
		return err_set(err, ERR_CORRUPT,
			       "page %llu (byte %llu) goes on for %llu pages, past the end",
			       (unsigned long long)id, (unsigned long long)page.offset,
			       (unsigned long long)page.pages);
	page.branch = flags == BOLT_FLAG_BRANCH;
	page.len = page.pages * map->page_size;
	if (check_count(&page, err))
		return -1;
	*out = page;
	return 0;
}

int bolt_page_inline(const struct bolt_map *map, struct bolt_slice value, struct bolt_page *out,
		     struct err *err)
{
	struct bolt_page page = { 0 };

	if (value.len < BOLT_BUCKET + BOLT_HEADER)
		return err_set(err, ERR_CORRUPT, "an inline bucket of %zu bytes is too short",
			       value.len);
	page.data = value.data + BOLT_BUCKET;
	page.len = value.len - BOLT_BUCKET;
	page.offset = (uint64_t)(page.data - map->data);
	page.count = bolt_u16(page.data + 10);
	if (bolt_u16(page.data + 8) != BOLT_FLAG_LEAF)
		return err_set(err, ERR_CORRUPT,
			       "an inline bucket (byte %llu) is no leaf: flags 0x%x",
			       (unsigned long long)page.offset, bolt_u16(page.data + 8));
	if (check_count(&page, err))
		return -1;
	*out = page;
	return 0;
}

static bool read_leaf(const uint8_t *e, uint64_t room, struct bolt_element *out)
{
	uint64_t pos = bolt_u32(e + 4), ksize = bolt_u32(e + 8), vsize = bolt_u32(e + 12);

	/* each is less than 2^32: the sum cannot wrap */
	if (pos + ksize + vsize > room)
		return false;
	out->flags = bolt_u32(e);
	out->key = (struct bolt_slice){ e + pos, (size_t)ksize };
	out->value = (struct bolt_slice){ e + pos + ksize, (size_t)vsize };
	out->start = pos;
	out->stop = pos + ksize + vsize;
	return true;
}

static bool read_branch(const uint8_t *e, uint64_t room, struct bolt_element *out)
{
	uint64_t pos = bolt_u32(e), ksize = bolt_u32(e + 4);

	if (pos + ksize > room)
		return false;
	out->key = (struct bolt_slice){ e + pos, (size_t)ksize };
	out->child = bolt_u64(e + 8);
	out->start = pos;
	out->stop = pos + ksize;
	return true;
}

bool bolt_element_get(const struct bolt_map *map, const struct bolt_page *page, unsigned i,
		      struct bolt_element *out)
{
	uint64_t base = BOLT_HEADER + (uint64_t)i * BOLT_ELEMENT;
	const uint8_t *e = page->data + base;

	*out = (struct bolt_element){ .at = (uint64_t)(e - map->data) };
	if (!(page->branch ? read_branch : read_leaf)(e, page->len - base, out))
		return false;
	out->start += base;
	out->stop += base;
	return out->start >= BOLT_HEADER + (uint64_t)page->count * BOLT_ELEMENT;
}

bool bolt_element_at(const struct bolt_map *map, uint64_t at, struct bolt_element *out)
{
	*out = (struct bolt_element){ .at = at };
	return at < map->size && map->size - at >= BOLT_ELEMENT &&
	       read_leaf(map->data + at, map->size - at, out);
}

int bolt_compare(struct bolt_slice a, struct bolt_slice b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int order = n ? memcmp(a.data, b.data, n) : 0;

	return order ? order : (a.len > b.len) - (a.len < b.len);
}
