/*
 * prove: all that can be proved of a snapshot that has been opened: one walk over its database, and what its recipe
 * says.
 */
#ifndef PLUGIN_PROVE_H
#define PLUGIN_PROVE_H

#include "plugin/verification.h"

/*
 * Adds the checks to v.  A HashKV in the recipe is of a member that may have compacted further since: the file's is
 * computed as after that compaction.  `look` (NULL: not wanted) sees the database as the file alone has it.  -1: as
 * verification_verdict, what `look` set, or CORRUPT when the database cannot be walked.
 */
typedef int prove_look(void *arg, struct etcd_db *db, struct err *err);
int prove_source(struct verification *v, const struct source *source, prove_look *look, void *arg,
		 struct err *err);

#endif
