/*
 * etcd_db: what etcd keeps in its database file (etcd server/storage/schema, server/storage/mvcc): revisions,
 * keys, members, and the two hashes that tell whether databases are the same.  Nothing of a key's value is handed
 * out.
 *
 * Memory: what etcd_keys says, a bit a page, and some KiB.
 */
#ifndef ETCD_ETCD_DB_H
#define ETCD_ETCD_DB_H

#include "etcd/bolt_check.h"
#include "etcd/etcd_api.h"
#include "etcd/etcd_keys.h"

struct etcd_db_facts {
	struct bolt_check check;
	uint64_t page_size;
	uint64_t size;        /* of the database, without the 32 bytes of a snapshot's hash */
	uint64_t size_in_use; /* pages that are not free */
	uint32_t hash;        /* as `etcdutl snapshot status`: of all buckets, differs by member */
	uint64_t revision;    /* of the last key; 0: no key */
	uint64_t compact_revision; /* compacted or about to be; 0: never */
	uint64_t entries;          /* of all buckets: the "total keys" of etcd 3.4 and 3.5 */
	uint64_t keys;             /* that live now: the "total keys" of etcd 3.6 and later */
	uint64_t history;          /* entries of bucket "key": all revisions that are kept */
	uint64_t leases;
	uint64_t consistent_index; /* 0: not there */
	uint64_t term;             /* 0: not there (before 3.5) */
	bool auth;                 /* is on */
	size_t alarms;
	unsigned alarm_kinds;        /* ETCD_ALARM_ flags of etcd_alarm.h */
	char alarm_words[256];       /* "NOSPACE on 1a2b; ..." */
	char storage_version[32];    /* 3.6 and later; "" before */
	struct etcd_members members; /* cluster_id is not known: 0; at most CLUSTER_MEMBERS_MAX */
	size_t members_all;          /* how many the bucket has */
};

/* An open database that was proved. */
struct etcd_db {
	const struct bolt_map *map;
	struct etcd_keys *keys; /* as they are at keys_revision */
	uint64_t keys_revision;
	uint64_t revision;         /* the newest that etcd itself would know of this file */
	uint64_t compact_revision; /* may be raised, to hash as after a later compaction */
};

/*
 * One walk: bolt_check and all of the facts; each key of bucket "key" is a revision, later than the
 * one before it, each value an mvccpb.KeyValue.  -1: CORRUPT, or FILE (more keys than etcd_keys can hold).
 * The file must stay open as long as the db.
 */
int etcd_db_read(const struct bolt_map *map, struct etcd_db *out, struct etcd_db_facts *facts,
		 struct err *err);
void etcd_db_release(struct etcd_db *db);
void etcd_db_scoped(struct etcd_db *db);

/*
 * HashKV as a member with this database would answer it, at a revision (0: the newest).  The same
 * on all members and in all snapshots.  One walk over bucket "key", two for an older revision of a
 * compacted database.  At the compact revision itself a member from 3.5.6 on may answer with a hash that it
 * remembered when it compacted (its compact_revision is then the one before): compare at a later
 * one.  -1 USAGE: the revision is compacted, or still to come; CORRUPT.
 */
int etcd_db_hashkv(struct etcd_db *db, uint64_t revision, struct etcd_hash *out, struct err *err);

/* Makes db->keys what they were at a revision, as far as the file knows (etcd_objects, etcd_db_hashkv). */
int etcd_db_keys_at(struct etcd_db *db, uint64_t revision, struct err *err);

#endif
