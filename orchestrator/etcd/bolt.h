/*
 * bolt: a read-only reader of etcd's database file (bbolt, go.etcd.io/bbolt internal/common/page.go,
 * meta.go).  The file is outside input: every offset and count is checked.
 */
#ifndef ETCD_BOLT_H
#define ETCD_BOLT_H

#include "base/err.h"

#include <stdint.h>

struct bolt_facts {
	uint64_t page_size;
	uint64_t size;     /* meta.pgid * page size: what the file must have, without a hash */
	uint64_t revision; /* main revision of the last key of bucket "key"; 0: no key at all */
	uint64_t compact_revision; /* finishedCompactRev in bucket "meta"; 0: never */
	char storage_version[32];  /* 3.6 and later; "" before */
};

/*
 * Reads the valid meta page with the higher txid, walks to buckets "key" and "meta".  fd is a
 * seekable file whose first db_size bytes are the database.  Reads single pages, keeps nothing.  -1
 * (CORRUPT): no database of bbolt, damaged pages, size not meta.pgid * page size.
 */
int bolt_facts(int fd, uint64_t db_size, struct bolt_facts *out, struct err *err);

#endif
