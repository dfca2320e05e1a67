/*
 * etcd_db: see etcd_db.h.
 */
#include "etcd/etcd_db.h"

#include "base/crc32c.h"
#include "etcd/etcd_db_meta.h"

enum { HASH_BATCH = 64, HASH_BYTES = 1024 * 1024 };

struct reading {
	struct etcd_keys *keys;
	struct etcd_db_facts facts;
	uint64_t main, sub; /* of the entry before */
	bool key_found, meta_found;
	int (*entry)(struct reading *r, const struct bolt_entry *entry, struct err *err);
};

static int see_key(struct reading *r, const struct bolt_entry *entry, struct err *err)
{
	struct etcd_kv kv;
	const char *complaint = etcd_kv_prove(entry, &kv);

	if (complaint)
		return err_set(err, ERR_CORRUPT, "%s", complaint);
	if (r->facts.history && (kv.main < r->main || (kv.main == r->main && kv.sub <= r->sub)))
		return err_set(err, ERR_CORRUPT, "revision %llu.%llu comes after %llu.%llu",
			       (unsigned long long)kv.main, (unsigned long long)kv.sub,
			       (unsigned long long)r->main, (unsigned long long)r->sub);
	r->main = kv.main;
	r->sub = kv.sub;
	r->facts.history++;
	return etcd_keys_see(r->keys, &kv, err);
}

static int see_meta(struct reading *r, const struct bolt_entry *entry, struct err *err)
{
	return etcd_db_meta(&r->facts, entry, err);
}

static int see_member(struct reading *r, const struct bolt_entry *entry, struct err *err)
{
	return etcd_db_member(&r->facts, entry, err);
}

static int see_alarm(struct reading *r, const struct bolt_entry *entry, struct err *err)
{
	return etcd_db_alarm(&r->facts, entry, err);
}

static int see_auth(struct reading *r, const struct bolt_entry *entry, struct err *err)
{
	return etcd_db_auth(&r->facts, entry, err);
}

static int see_lease(struct reading *r, const struct bolt_entry *entry, struct err *err)
{
	if (entry->key.len != sizeof(uint64_t))
		return err_set(err, ERR_CORRUPT, "what should be a lease is none");
	r->facts.leases++;
	return 0;
}

static int see_bucket(struct reading *r, const struct bolt_entry *bucket, struct err *err)
{
	static const struct {
		const char *name;
		int (*entry)(struct reading *r, const struct bolt_entry *entry, struct err *err);
	} buckets[] = { { "key", see_key },        { "meta", see_meta },   { "lease", see_lease },
			{ "members", see_member }, { "alarm", see_alarm }, { "auth", see_auth } };

	if (!bucket->is_bucket)
		return err_set(err, ERR_CORRUPT, "a key stands where only buckets may be");
	r->entry = NULL;
	for (size_t i = 0; i < sizeof(buckets) / sizeof(buckets[0]); i++)
		if (bolt_is(bucket->key, buckets[i].name))
			r->entry = buckets[i].entry;
	r->key_found |= r->entry == see_key;
	r->meta_found |= r->entry == see_meta;
	r->facts.hash = crc32c(r->facts.hash, bucket->key.data, bucket->key.len);
	return 0;
}

static int see_entry(void *arg, const struct bolt_entry *entry, struct err *err)
{
	struct reading *r = arg;

	if (!entry->level)
		return see_bucket(r, entry, err);
	if (entry->level > 1)
		return 0;
	r->facts.entries++;
	r->facts.hash = crc32c(r->facts.hash, entry->key.data, entry->key.len);
	if (!entry->is_bucket)
		r->facts.hash = crc32c(r->facts.hash, entry->value.data, entry->value.len);
	else if (r->entry)
		return err_set(err, ERR_CORRUPT, "a bucket stands where only keys may be");
	return r->entry ? r->entry(r, entry, err) : 0;
}

int etcd_db_read(const struct bolt_map *map, struct etcd_db *out, struct etcd_db_facts *facts,
		 struct err *err)
{
	scoped(etcd_keys) struct etcd_keys *keys = etcd_keys_new(map);
	struct reading r = { .keys = keys };
	const struct bolt_visitor visitor = { .arg = &r, .entry = see_entry };

	if (bolt_check(map, &visitor, &r.facts.check, err) || etcd_keys_end(keys, err))
		return -1;
	if (!r.key_found || !r.meta_found)
		return err_set(err, ERR_CORRUPT, "no database of etcd: it has no bucket \"%s\"",
			       r.key_found ? "meta" : "key");
	r.facts.page_size = map->page_size;
	r.facts.size = map->size;
	r.facts.size_in_use = r.facts.check.used * map->page_size;
	r.facts.revision = r.main;
	r.facts.keys = etcd_keys_live(keys);
	*out = (struct etcd_db){ .map = map,
				 .keys = keys,
				 .keys_revision = UINT64_MAX,
				 .revision = r.main ? r.main : 1, /* as etcd starts */
				 .compact_revision = r.facts.compact_revision };
	/* the last keys may have been deleted, and the compaction removed even that */
	if (out->revision < out->compact_revision)
		out->revision = out->compact_revision;
	keys = NULL;
	*facts = r.facts;
	return 0;
}

void etcd_db_release(struct etcd_db *db)
{
	etcd_keys_free(db->keys);
	*db = (struct etcd_db){ 0 };
}

void etcd_db_scoped(struct etcd_db *db)
{
	etcd_db_release(db);
}

struct keys_at {
	struct etcd_keys *keys;
	uint64_t revision;
};

static int see_until(void *arg, const struct bolt_entry *entry, struct err *err)
{
	struct keys_at *at = arg;
	struct etcd_kv kv;
	const char *complaint;

	if (entry->level != 1)
		return 0;
	complaint = etcd_kv_read(entry, &kv);
	if (complaint)
		return err_set(err, ERR_CORRUPT, "%s", complaint);
	return kv.main <= at->revision ? etcd_keys_see(at->keys, &kv, err) : 0;
}

int etcd_db_keys_at(struct etcd_db *db, uint64_t revision, struct err *err)
{
	uint64_t want = revision >= db->revision ? UINT64_MAX : revision;
	struct keys_at at = { .keys = db->keys, .revision = want };
	const struct bolt_visitor visitor = { .arg = &at, .entry = see_until };

	if (db->keys_revision == want)
		return 0;
	etcd_keys_clear(db->keys);
	db->keys_revision = 0; /* of none, until it is done */
	if (bolt_walk(db->map, "key", &visitor, err) || etcd_keys_end(db->keys, err))
		return -1;
	db->keys_revision = want;
	return 0;
}

/* Entries wait for their turn, see etcd_keys_hash. */
struct hashing {
	const struct etcd_db *db;
	uint64_t revision;
	uint32_t sum;
	struct {
		struct etcd_kv kv;
		uint64_t hash;
		bool only_newest;
	} waiting[HASH_BATCH];
	size_t count;
	uint64_t bytes; /* of what waits: the walk gives the memory back of what it has passed */
};

static void hash_waiting(struct hashing *h)
{
	for (size_t i = 0; i < h->count; i++) {
		const struct etcd_kv *kv = &h->waiting[i].kv;
		if (h->waiting[i].only_newest &&
		    !etcd_keys_newest(h->db->keys, kv, h->waiting[i].hash))
			continue;
		h->sum = crc32c(h->sum, kv->stored_key.data, kv->stored_key.len);
		h->sum = crc32c(h->sum, kv->stored.data, kv->stored.len);
	}
	h->count = 0;
	h->bytes = 0;
}

/*
 * Of what is compacted (or soon will be) only those count that stay: the newest of their keys, and
 * no tombstones (etcd server/storage/mvcc/hash.go).
 */
static int hash_entry(void *arg, const struct bolt_entry *entry, struct err *err)
{
	struct hashing *h = arg;
	const struct etcd_db *db = h->db;
	bool compacted, live = etcd_keys_live(db->keys) > 0;
	const char *complaint;
	struct etcd_kv kv;

	if (entry->level != 1)
		return 0;
	complaint = etcd_revision_read(entry->key, &kv);
	compacted = !complaint && kv.main <= db->compact_revision;
	if (compacted)
		complaint = etcd_kv_read(entry, &kv);
	if (complaint)
		return err_set(err, ERR_CORRUPT, "%s", complaint);
	if (kv.main > h->revision ||
	    (compacted && kv.tombstone && (live || kv.main == db->compact_revision)))
		return 0;
	kv.stored = entry->value;
	h->waiting[h->count].kv = kv;
	h->waiting[h->count].only_newest = compacted && live;
	if (compacted && live)
		h->waiting[h->count].hash = etcd_keys_hash(db->keys, &kv);
	h->bytes += kv.stored.len;
	if (++h->count == HASH_BATCH || h->bytes > HASH_BYTES)
		hash_waiting(h);
	return 0;
}

int etcd_db_hashkv(struct etcd_db *db, uint64_t revision, struct etcd_hash *out, struct err *err)
{
	struct hashing h = { .db = db, .revision = revision ? revision : db->revision };
	const struct bolt_visitor visitor = { .arg = &h, .entry = hash_entry };

	if (h.revision < db->compact_revision || h.revision > db->revision)
		return err_set(
			err, ERR_USAGE, "revision %llu is not in the database: it has %llu to %llu",
			(unsigned long long)h.revision, (unsigned long long)db->compact_revision,
			(unsigned long long)db->revision);
	if (db->compact_revision && etcd_db_keys_at(db, h.revision, err))
		return -1;
	h.sum = crc32c(0, "key", 3);
	if (bolt_walk(db->map, "key", &visitor, err))
		return -1;
	hash_waiting(&h);
	*out = (struct etcd_hash){ .hash = h.sum,
				   .compact_revision = db->compact_revision,
				   .revision = h.revision };
	return 0;
}
