/*
 * fuzz_wal: the first bytes of a write-ahead log (wal.c).
 */
#include "etcd/wal.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint64_t member = 0, cluster = 0;
	struct err err = ERR_INIT;

	if (!wal_ids(data, len, &member, &cluster, &err) && (!member || !cluster))
		abort();
	return 0;
}
