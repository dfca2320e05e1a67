/*
 * etcd_keys: see etcd_keys.h.  Open addressing; the hash has a random seed, so that nobody can name objects in a
 * way that makes it slow.  Both the table and the file are larger than any cache: entries are handled in batches, so
 * that the processor fetches what all of a batch need at once.
 */
#include "etcd/etcd_keys.h"

#include "base/digest.h"
#include "base/mem.h"
#include "etcd/proto.h"

#include <stdlib.h>
#include <sys/mman.h>

enum {
	REVISION = 17,
	TAG_BITS = 24,
	BYTES_A_KEY = 24,
	SLOTS_MIN = 64,
	BATCH = 64,
	HELD_BATCHES = 2
};

#define PLACE_MAX (UINT64_MAX >> TAG_BITS)

struct etcd_keys {
	const struct bolt_map *map;
	uint64_t *slots; /* tag << 40 | place; 0: empty */
	uint64_t count;  /* of slots */
	uint64_t used, live;
	uint64_t seed[2];
	struct pending {
		struct etcd_kv kv;
		uint64_t hash;
	} pending[BATCH];
	size_t waiting; /* of pending */
};

const char *etcd_revision_read(struct bolt_slice key, struct etcd_kv *out)
{
	bool tombstone = key.len == REVISION + 1 && key.data[REVISION] == 't';
	uint64_t part;

	if ((key.len != REVISION && !tombstone) || key.data[8] != '_' ||
	    (key.data[0] | key.data[9]) & 0x80)
		return "the key is no revision";
	*out = (struct etcd_kv){ .tombstone = tombstone, .stored_key = key };
	memcpy(&part, key.data, sizeof(part));
	out->main = be64toh(part);
	memcpy(&part, key.data + 9, sizeof(part));
	out->sub = be64toh(part);
	return NULL;
}

static const char *read_kv(const struct bolt_entry *entry, bool all, struct etcd_kv *out)
{
	struct proto message = proto_of(entry->value.data, entry->value.len);
	const char *complaint = etcd_revision_read(entry->key, out);
	struct proto_field field;
	bool found = false;

	if (complaint)
		return complaint;
	out->stored = entry->value;
	out->at = entry->at;
	while ((all || !out->key.len) && proto_next(&message, &field)) {
		if (field.number != 1 || field.type != 2)
			continue;
		if (found) /* etcd would take the last one, and a quick reading the first */
			return "the value has two keys";
		found = true;
		out->key = (struct bolt_slice){ field.data, field.len };
	}
	if (message.bad)
		return "the value is no key and value of etcd";
	if (!entry->value
		     .len) /* `etcdutl snapshot restore --bump-revision` marks its revision so */
		out->key = (struct bolt_slice){ entry->value.data, 0 };
	return out->key.len || !entry->value.len ? NULL : "the value has no key";
}

const char *etcd_kv_read(const struct bolt_entry *entry, struct etcd_kv *out)
{
	return read_kv(entry, false, out);
}

const char *etcd_kv_prove(const struct bolt_entry *entry, struct etcd_kv *out)
{
	return read_kv(entry, true, out);
}

bool etcd_kv_value(const struct etcd_kv *kv, struct bolt_slice *out)
{
	struct proto message = proto_of(kv->stored.data, kv->stored.len);
	struct proto_field field;

	*out = (struct bolt_slice){ kv->stored.data, 0 };
	while (proto_next(&message, &field))
		if (field.number == 5 && field.type == 2)
			*out = (struct bolt_slice){ field.data, field.len };
	return !message.bad;
}

/* Zeroed, in large pages where the system has them; memory is taken only when a slot is used. */
static uint64_t *new_slots(uint64_t count)
{
	size_t size = (size_t)(count * sizeof(uint64_t));
	void *slots = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (slots == MAP_FAILED)
		abort(); /* as mem_alloc */
	madvise(slots, size, MADV_HUGEPAGE);
	return slots;
}

static void free_slots(struct etcd_keys *keys)
{
	munmap(keys->slots, (size_t)(keys->count * sizeof(*keys->slots)));
}

struct etcd_keys *etcd_keys_new(const struct bolt_map *map)
{
	struct etcd_keys *keys = mem_zalloc(sizeof(*keys));
	uint64_t max = ETCD_KEYS_MAX / 7 * 8;

	keys->map = map;
	keys->count = map->size / BYTES_A_KEY + SLOTS_MIN;
	if (keys->count > max)
		keys->count = max;
	keys->slots = new_slots(keys->count);
	random_bytes(keys->seed, sizeof(keys->seed));
	return keys;
}

void etcd_keys_free(struct etcd_keys *keys)
{
	if (!keys)
		return;
	free_slots(keys);
	free(keys);
}

void etcd_keys_scoped(struct etcd_keys **keys)
{
	etcd_keys_free(*keys);
}

void etcd_keys_clear(struct etcd_keys *keys)
{
	free_slots(keys); /* fresh pages of zeros are cheaper than wiping them */
	keys->slots = new_slots(keys->count);
	keys->used = keys->live = 0;
	keys->waiting = 0;
}

/* The upper and the lower half of a product. */
static uint64_t fold(uint64_t a, uint64_t b, uint64_t *low)
{
	__extension__ unsigned __int128 product = (unsigned __int128)a * b;

	*low = (uint64_t)product;
	return (uint64_t)(product >> 64);
}

static uint64_t hash_of(const struct etcd_keys *keys, struct bolt_slice key)
{
	uint64_t hash = keys->seed[0] ^ key.len, word, low;

	for (size_t i = 0; i < key.len; i += sizeof(word)) {
		size_t n = key.len - i < sizeof(word) ? key.len - i : sizeof(word);
		word = 0;
		memcpy(&word, key.data + i, n);
		hash = fold(word ^ keys->seed[1], hash ^ 0x9e3779b97f4a7c15ull, &low);
		hash ^= low;
	}
	hash = fold(hash ^ keys->seed[0], keys->seed[1] | 1, &low);
	return hash ^ low;
}

static bool kv_at(const struct etcd_keys *keys, uint64_t at, struct etcd_kv *out)
{
	struct bolt_element e;

	return bolt_element_at(keys->map, at, &e) &&
	       !etcd_kv_read(
		       &(struct bolt_entry){ .level = 1, .key = e.key, .value = e.value, .at = at },
		       out);
}

static uint64_t first_slot(const struct etcd_keys *keys, uint64_t hash)
{
	uint64_t low;

	return fold(hash, keys->count, &low);
}

/* The key's slot, or the empty one where it belongs: one is always empty. */
static uint64_t *slot_of(const struct etcd_keys *keys, const struct etcd_kv *kv, uint64_t hash)
{
	uint64_t i = first_slot(keys, hash), tag = hash << (64 - TAG_BITS);
	struct etcd_kv other;

	for (; keys->slots[i]; i = i + 1 == keys->count ? 0 : i + 1) {
		uint64_t place = keys->slots[i] & PLACE_MAX;
		if ((keys->slots[i] & ~PLACE_MAX) == tag &&
		    (place == kv->at ||
		     (kv_at(keys, place, &other) && !bolt_compare(other.key, kv->key))))
			break;
	}
	return &keys->slots[i];
}

static int put(struct etcd_keys *keys, const struct etcd_kv *kv, uint64_t hash, struct err *err)
{
	uint64_t *slot = slot_of(keys, kv, hash);
	struct etcd_kv before;

	if (kv->at > PLACE_MAX)
		return err_set(err, ERR_FILE, "the database is too large: over %llu bytes",
			       (unsigned long long)PLACE_MAX);
	if (!*slot && keys->used >= keys->count / 8 * 7)
		return err_set(err, ERR_FILE, "the database has more than %llu keys",
			       (unsigned long long)keys->used);
	if (!*slot)
		keys->used++;
	else if (!kv_at(keys, *slot & PLACE_MAX, &before))
		return err_set(err, ERR_CORRUPT, "the database changes while it is read");
	else
		keys->live -= !before.tombstone;
	keys->live += !kv->tombstone;
	*slot = hash << (64 - TAG_BITS) | kv->at;
	return 0;
}

int etcd_keys_end(struct etcd_keys *keys, struct err *err)
{
	int failed = 0;

	for (size_t i = 0; i < keys->waiting && !failed; i++)
		failed = put(keys, &keys->pending[i].kv, keys->pending[i].hash, err);
	keys->waiting = 0;
	return failed;
}

uint64_t etcd_keys_hash(const struct etcd_keys *keys, const struct etcd_kv *kv)
{
	uint64_t hash = hash_of(keys, kv->key);

	__builtin_prefetch(&keys->slots[first_slot(keys, hash)]);
	return hash;
}

int etcd_keys_see(struct etcd_keys *keys, const struct etcd_kv *kv, struct err *err)
{
	struct pending *p = &keys->pending[keys->waiting++];

	*p = (struct pending){ *kv, etcd_keys_hash(keys, kv) };
	return keys->waiting == BATCH ? etcd_keys_end(keys, err) : 0;
}

uint64_t etcd_keys_live(const struct etcd_keys *keys)
{
	return keys->live;
}

bool etcd_keys_newest(const struct etcd_keys *keys, const struct etcd_kv *kv, uint64_t hash)
{
	return (*slot_of(keys, kv, hash) & PLACE_MAX) == kv->at;
}

bool etcd_keys_find(const struct etcd_keys *keys, struct bolt_slice key, struct etcd_kv *out)
{
	struct etcd_kv wanted = { .key = key }; /* at 0: in no place */
	uint64_t slot = *slot_of(keys, &wanted, hash_of(keys, key));

	return slot && kv_at(keys, slot & PLACE_MAX, out) && !out->tombstone;
}

/* The next full slots' places, from slot *at on. */
static size_t next_batch(const struct etcd_keys *keys, uint64_t *at, uint64_t places[BATCH])
{
	struct bolt_element e;
	size_t n = 0;

	for (; *at < keys->count && n < BATCH; (*at)++) {
		if (!keys->slots[*at])
			continue;
		places[n] = keys->slots[*at] & PLACE_MAX;
		__builtin_prefetch(keys->map->data + places[n++]);
	}
	for (size_t i = 0; i < n; i++)
		if (bolt_element_at(keys->map, places[i], &e))
			__builtin_prefetch(e.key.data);
	return n;
}

int etcd_keys_each(const struct etcd_keys *keys,
		   int (*each)(void *arg, const struct etcd_kv *kv, struct err *err), void *arg,
		   struct err *err)
{
	uint64_t places[BATCH], at = 0;
	struct etcd_kv kv;
	unsigned held = 0;
	int result = 0;
	size_t n;

	while (!result && (n = next_batch(keys, &at, places)) > 0) {
		for (size_t i = 0; i < n && !result; i++) {
			if (!kv_at(keys, places[i], &kv))
				return err_set(err, ERR_CORRUPT,
					       "the database changes while it is read");
			if (!kv.tombstone)
				result = each(arg, &kv, err);
		}
		if (++held % HELD_BATCHES == 0)
			bolt_map_forget(keys->map);
	}
	return result;
}
