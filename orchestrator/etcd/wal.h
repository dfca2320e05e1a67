/*
 * wal: the metadata record at the start of a write-ahead log (etcd server/storage/wal/wal.go,
 * encoder.go, walpb/record.proto): the ids that a restored member will have.
 */
#ifndef ETCD_WAL_H
#define ETCD_WAL_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Reads member id and cluster id from the first bytes of any of a member's WAL files (4096 are
 * enough): each begins with them.  -1 (CORRUPT) when they hold no metadata record.
 */
int wal_ids(const void *data, size_t len, uint64_t *member_id, uint64_t *cluster_id,
	    struct err *err);

#endif
