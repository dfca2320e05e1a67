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

/*
 * Members whose hash says nothing against that of *furthest, since they have compacted less of the history; how many.  They follow
 * within moments: it is worth to ask again.
 */
size_t save_behind(const struct save_part *part, size_t count, bool which[], size_t *furthest);

#endif
