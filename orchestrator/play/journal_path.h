/*
 * journal_path: where journals are kept: $XDG_STATE_HOME/kubectl-etcd-backup, or ~/.local/state/kubectl-etcd-backup.
 */
#ifndef PLAY_JOURNAL_PATH_H
#define PLAY_JOURNAL_PATH_H

/* The folder above the clusters' folders: `folder` itself unless NULL.  A new string. */
char *journal_folder(const char *folder);

#endif
