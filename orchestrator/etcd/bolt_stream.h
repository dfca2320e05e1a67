/*
 * bolt_stream: reads the revision of a database that goes by once and is not kept.  Page for page it remembers what
 * lies at the right edge of the tree of keys: of branches their last child, of leaves the last revision when it can be
 * the newest; at the end the way from the root is known.  Memory: 16 bytes a branch page, some 50 KiB a GiB.
 */
#ifndef ETCD_BOLT_STREAM_H
#define ETCD_BOLT_STREAM_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct bolt_stream;

/* min_revision: the least that the database may have; what is older is not remembered. */
struct bolt_stream *bolt_stream_new(uint64_t min_revision);
void bolt_stream_add(struct bolt_stream *stream, const void *data, size_t len);
void bolt_stream_free(struct bolt_stream *stream); /* NULL is allowed */
void bolt_stream_scoped(struct bolt_stream **stream);

/*
 * After the last byte: the main revision of the last key (0: no key at all).  The database is the first db_size bytes that
 * came; what came after it is its hash.  -1 CORRUPT: no database of bbolt, its size is not meta.pgid * page size, no way
 * from its root to its last key; or it is older than min_revision.
 */
int bolt_stream_revision(struct bolt_stream *stream, uint64_t db_size, uint64_t *revision,
			 struct err *err);

#endif
