/*
 * paths: where a run keeps its things on a node.  Every function returns a new string.
 *
 *   /etc/kubernetes/etcd-backup/lock           who runs what
 *   /etc/kubernetes/etcd-backup/RUN/           state.json, parked/, originals/, tool/
 *   DATA/.snapshot-RUN/snapshot.db             as sent
 *   DATA/.restoring-RUN/                       restored, not yet in place
 *   DATA/.before-RUN/                          the old data after the swap
 *   DATA/.stray-RUN/                           what an etcd began there while the data was moved (see swap.h)
 */
#ifndef PLAY_PATHS_H
#define PLAY_PATHS_H

#include "play/verb.h"

#define MANIFESTS "/etc/kubernetes/manifests"
#define RUNS "/etc/kubernetes/etcd-backup"
#define LOCK_FILE RUNS "/lock"

char *path_run(const struct play_ctx *ctx, const char *name); /* RUNS/RUN/name; NULL: the folder */
char *path_manifest(const char *pod);                         /* MANIFESTS/pod.yaml */
char *path_parked(const struct play_ctx *ctx, const char *pod);
char *path_original(const struct play_ctx *ctx, const char *pod);
char *path_of_run(const char *run, const char *folder,
		  const char *pod); /* RUNS/RUN/FOLDER/pod.yaml */

/* DIR/.KIND-RUN/name for a data or WAL dir; kind: "snapshot", "restoring", "before", "stray"; name NULL: the folder */
char *path_beside(const struct play_ctx *ctx, const char *dir, const char *kind, const char *name);

/* Where the new data lies before the swap: .restoring-RUN, or .before-TARGET of the run that is rolled back. */
char *path_new_data(const struct play_ctx *ctx, const char *dir, const char *name);

/* The mark (see state_mark) that the staged member is whole: a WAL's ids stand there long before the tool has ended. */
#define MARK_BUILT "built"

/* Removes what was restored and is not in place: the staged folders of data and WAL dir with their mark, and nothing else. */
int drop_staged(struct node *node, const struct play_ctx *ctx, uint64_t deadline, struct err *err);

#endif
