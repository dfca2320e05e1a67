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
/*
 * Opens the journal of a run that was begun earlier, to go on in it; when this machine has none a new one is made with the
 * header.  A last line that was torn by a crash is ended first.  What stands there and is of another version, of another run,
 * or damaged is left alone: <run>.2.jsonl, ... is taken.  NULL: FILE; UNSAFE (another process has it in its hands).
 */
struct journal *journal_reopen(const char *folder, const char *cluster, const char *run,
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

/* Whether this machine has the run's journal, and if so, whether a process of it has the run in its hands. */
enum journal_use { JOURNAL_UNKNOWN, JOURNAL_IDLE, JOURNAL_HELD };
enum journal_use journal_use(const char *folder, const char *run);

/* One journal, read back; strings in the arena. */
struct journal_story {
	const char *path, *cluster, *run;
	const struct tree *header;
	const char *last_event, *last_step, *last_time; /* NULL: only the header is there */
	const char *
		outcome; /* NULL: it has not ended.  "done", "undone", "untouched", or the error's words */
	bool committed;
};

/* -1: FILE; CONFIG (no journal, or of another version).  Lines that a crash tore, or filled with zeros, are left out. */
int journal_read(const char *path, struct arena *arena, struct journal_story *out, struct err *err);

/*
 * Every journal of this machine, oldest run first, <run>.jsonl as the last of its run; `folder` as for journal_new, `run`
 * NULL: of all.  One that cannot be read
 * is handed over with its error, and only its path.  -1 from `each` ends it, and is returned.  No folder is no error.
 */
typedef int journal_each_fn(void *arg, const struct journal_story *story, const struct err *bad);
int journal_each(const char *folder, const char *run, struct arena *arena, journal_each_fn *each,
		 void *arg);

#endif
