/*
 * make_db: databases of etcd for tests, out of a list of puts and deletes: bucket "key" on leaves of a few entries
 * under one branch, the other buckets inline.  A free page lies between the root and the leaves.
 */
#ifndef ETCD_TEST_MAKE_DB_H
#define ETCD_TEST_MAKE_DB_H

#include "etcd/proto.h"
#include "etcd/test/make_bolt.h"

enum { DB_FREE = 4, DB_BRANCH = 5, DB_FIRST_LEAF = 6, DB_A_LEAF = 3, DB_CHANGES_MAX = 64 };

struct db_change {
	uint64_t main, sub;
	const char *key;
	const char *value; /* NULL: deleted */
};

struct db_bucket {
	const char *name; /* sorted; "key" is added where it belongs */
	struct bolt_item items[8];
	size_t count;
};

struct db_want {
	size_t page_size; /* 0: 4096 */
	const struct db_change *changes;
	size_t change_count;
	const struct db_bucket *buckets;
	size_t bucket_count;
};

struct db_stored {
	uint8_t key[18];
	size_t key_len;
	char value[256];
	size_t value_len;
};

static inline void db_store(const struct db_change *change, struct db_stored *out)
{
	scoped(buf) struct buf value = BUF_INIT(sizeof(out->value));

	bolt_revision(out->key, change->main, change->sub);
	out->key[17] = 't';
	out->key_len = change->value ? 17 : 18;
	proto_add_bytes(&value, 1, change->key, strlen(change->key));
	if (change->value) {
		proto_add_varint(&value, 3, change->main);
		proto_add_bytes(&value, 5, change->value, strlen(change->value));
	}
	memcpy(out->value, value.data, value.len);
	out->value_len = value.len;
}

static inline void db_leaves(struct bolt_file *file, const struct db_want *want)
{
	static struct db_stored stored[DB_CHANGES_MAX];
	struct bolt_item items[DB_CHANGES_MAX], borders[DB_CHANGES_MAX];
	uint64_t children[DB_CHANGES_MAX];
	size_t leaves = 0;

	for (size_t i = 0; i < want->change_count; i++) {
		db_store(&want->changes[i], &stored[i]);
		items[i] = (struct bolt_item){ stored[i].key, stored[i].key_len, stored[i].value,
					       stored[i].value_len, 0 };
	}
	for (size_t i = 0; i < want->change_count; i += DB_A_LEAF) {
		uint64_t id = DB_FIRST_LEAF + leaves;
		size_t left = want->change_count - i;
		bolt_leaf(file->data + id * file->page_size, id, 0, items + i,
			  left < DB_A_LEAF ? left : DB_A_LEAF);
		borders[leaves] = items[i];
		children[leaves++] = id;
	}
	if (leaves)
		bolt_branch(file->data + DB_BRANCH * file->page_size, DB_BRANCH, borders, children,
			    leaves);
	else
		bolt_leaf(file->data + DB_BRANCH * file->page_size, DB_BRANCH, 0, NULL, 0);
}

static inline void db_root(struct bolt_file *file, const struct db_want *want)
{
	static uint8_t inlines[16][1024];
	uint8_t in_key[16] = { DB_BRANCH };
	struct bolt_item tops[17], key = { "key", 3, in_key, sizeof(in_key), 1 };
	size_t n = 0;
	bool added = false;

	for (size_t i = 0; i < want->bucket_count; i++) {
		const struct db_bucket *b = &want->buckets[i];
		memset(inlines[i], 0, sizeof(inlines[i]));
		size_t used = bolt_leaf(inlines[i] + 16, 0, 0, b->items, b->count);
		if (!added && strcmp(b->name, "key") > 0) {
			tops[n++] = key;
			added = true;
		}
		tops[n++] =
			(struct bolt_item){ b->name, strlen(b->name), inlines[i], 16 + used, 1 };
	}
	if (!added)
		tops[n++] = key;
	bolt_leaf(file->data + BOLT_ROOT * file->page_size, BOLT_ROOT, 0, tops, n);
}

/* The caller frees `data`. */
static inline struct bolt_file make_db(const struct db_want *want)
{
	size_t leaves = (want->change_count + DB_A_LEAF - 1) / DB_A_LEAF;
	struct bolt_file file = { .page_size = want->page_size ? want->page_size : 4096 };

	file.pages = DB_FIRST_LEAF + leaves;
	file.size = file.pages * file.page_size;
	file.data = mem_zalloc(file.size);
	bolt_meta(&file, 0, 10);
	bolt_meta(&file, 1, 9);
	db_leaves(&file, want);
	db_root(&file, want);
	return file;
}

#endif
