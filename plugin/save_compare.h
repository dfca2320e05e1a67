/*
 * save_compare: what is compared with what, and whether the members agree.  Pure: nobody is asked here.
 */
#ifndef PLUGIN_SAVE_COMPARE_H
#define PLUGIN_SAVE_COMPARE_H

#include "plugin/save_job.h"

/* Whether the members' HashKV are asked for a database of that size: --compare, or below 2 GiB. */
bool save_compares(enum choice compare, uint64_t db_size);

enum save_proof {
	SAVE_PROVE_NOT,
	SAVE_PROVE_BYTES, /* the stored bytes are those that were sent */
	SAVE_PROVE_ALL,   /* all that `verify` proves, HashKV included */
};

/*
 * How a stored object is read back.  With --prune or --compare always; else, below 2 GiB, when it is on this machine; the
 * inside of it when the keys are there, and, unless it was asked for, when that takes no more than 256 MiB of memory.
 */
enum save_proof save_proof(const struct opts *opts, const struct place *place, uint64_t db_size);

/*
 * Members with the same compact revision must have the same hash of a part's revision.  -1 (CORRUPT): names those that
 * differ.
 */
int save_agree(const struct save *save, const struct save_part *part, struct err *err);

/* A hash that the part must have: its own member's; of another one when that could not tell; NULL: none is known. */
const struct etcd_hash *save_expected(const struct save_part *part, size_t own, size_t count);

#endif
