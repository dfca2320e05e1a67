/*
 * journal: what has happened in a run, on the workstation's disk, one JSON line an event, fsynced before
 * and after each step.  Never a secret.
 */
#ifndef PLAY_JOURNAL_H
#define PLAY_JOURNAL_H

#include "base/err.h"
#include "base/tree.h"

struct journal;

/*
 * Makes $XDG_STATE_HOME/kubectl-etcd-backup/<cluster>/<run>.jsonl (0600 in folders of 0700) and writes
 * the header.  `folder` replaces the first two parts when not NULL.  NULL: FILE.
 */
struct journal *journal_new(const char *folder, const char *cluster, const char *run,
			    const struct tree *header, struct err *err);
void journal_free(struct journal *journal); /* NULL is allowed */
const char *journal_path(const struct journal *journal);

/*
 * Adds {"time","event","step","node","error"} and fsyncs.  event: begin, ok, failed, undo, undone,
 * commit, end.  NULL parts are left out.  -1: FILE.  Before the commit
 * the caller stops then: what is not written down must not begin.  An undo, and what follows the commit, go on.
 */
int journal_add(struct journal *journal, const char *event, const char *step, const char *node,
		const char *error, struct err *err);

#endif
