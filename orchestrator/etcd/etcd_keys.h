/*
 * etcd_keys: the entries of etcd's bucket "key", and which of them is the newest of its user key.
 *
 * Memory: 8 bytes a slot, 24 bits of the key's hash and 40 bits of a place in the map, where the key itself is
 * compared.  As many slots as the file can have keys (one for 24 bytes of it), at most 6 Mi of them: 48 MiB, for
 * 5.5 million distinct keys; one more is an error.
 */
#ifndef ETCD_ETCD_KEYS_H
#define ETCD_ETCD_KEYS_H

#include "etcd/bolt_walk.h"

#define ETCD_KEYS_MAX ((uint64_t)6 * 1024 * 1024 / 8 * 7)

/* One revision of one user key.  Its key in the file: main i64, '_', sub i64, big endian; 't' when deleted. */
struct etcd_kv {
	uint64_t main, sub;
	bool tombstone;
	struct bolt_slice key; /* the user's */
	struct bolt_slice stored_key, stored;
	uint64_t at;
};

/* Reads the revision out of a key of bucket "key".  NULL, or what is wrong with it. */
const char *etcd_revision_read(struct bolt_slice key, struct etcd_kv *out);

/* Reads the user's key, too; etcd_kv_prove: and that all of the value can be parsed (mvccpb.KeyValue). */
const char *etcd_kv_read(const struct bolt_entry *entry, struct etcd_kv *out);
const char *etcd_kv_prove(const struct bolt_entry *entry, struct etcd_kv *out);

/* What the user stored under the key; false: it cannot be parsed. */
bool etcd_kv_value(const struct etcd_kv *kv, struct bolt_slice *out);

struct etcd_keys;

/* The file must stay open as long as this. */
struct etcd_keys *etcd_keys_new(const struct bolt_map *map);
void etcd_keys_free(struct etcd_keys *keys); /* NULL is allowed */
void etcd_keys_scoped(struct etcd_keys **keys);
void etcd_keys_clear(struct etcd_keys *keys);

/*
 * The next entry, in the order of revisions; etcd_keys_end after the last one, before anything is
 * asked.  -1: too many keys (FILE), the file changes (CORRUPT).
 */
int etcd_keys_see(struct etcd_keys *keys, const struct etcd_kv *kv, struct err *err);
int etcd_keys_end(struct etcd_keys *keys, struct err *err);

/* How many keys have a newest entry that is no tombstone. */
uint64_t etcd_keys_live(const struct etcd_keys *keys);

/*
 * Whether that is the newest of its key among those seen.  `hash` is from etcd_keys_hash, best
 * called some entries earlier: it makes the processor fetch what the answer needs.
 */
uint64_t etcd_keys_hash(const struct etcd_keys *keys, const struct etcd_kv *kv);
bool etcd_keys_newest(const struct etcd_keys *keys, const struct etcd_kv *kv, uint64_t hash);

/* The newest entry of that user's key; false: it has none, or was deleted. */
bool etcd_keys_find(const struct etcd_keys *keys, struct bolt_slice key, struct etcd_kv *out);

/* The newest entry of each live key, in no order.  Not 0 from `each` ends it with that. */
int etcd_keys_each(const struct etcd_keys *keys,
		   int (*each)(void *arg, const struct etcd_kv *kv, struct err *err), void *arg,
		   struct err *err);

#endif
