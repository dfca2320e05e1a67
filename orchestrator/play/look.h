/*
 * look: what verbs ask a node: is that process there, who listens, is the database held, what ids has
 * the data.  Nothing here changes anything.
 */
#ifndef PLAY_LOOK_H
#define PLAY_LOOK_H

#include "base/err.h"
#include "node/node.h"
#include "play/verb.h"

#include <stdbool.h>
#include <stddef.h>

enum { PIDS_MAX = 16 };

/* Process ids as text, for argv. */
struct pids {
	char list[PIDS_MAX][12];
	size_t count;
};

/*
 * Processes called `program` (first 15 bytes, as the kernel keeps them) that have the word --flag=value or
 * the words --flag value among their arguments; all of them when flag is NULL.
 */
int look_processes(struct node *node, const char *program, const char *flag, const char *value,
		   uint64_t deadline, struct pids *out, struct err *err);

/* The member's etcd. */
int look_etcd(struct node *node, const struct member *member, uint64_t deadline, struct pids *out,
	      struct err *err);

/* Parses `pgrep -a` output; flag: "--name", or NULL for all.  Pure, for look_processes and its test. */
void look_parse(const char *text, const char *flag, const char *value, struct pids *out);

/* Which of these paths are there, in one command; there[i] is for paths[i].  At most LOOK_PATHS_MAX. */
enum { LOOK_PATHS_MAX = 32 };
int look_exist(struct node *node, const char *const paths[], size_t count, uint64_t deadline,
	       bool there[], struct err *err);

/*
 * Appends what the kernel knows of TCP sockets (/proc/net/tcp and tcp6, so that no tool is needed), for
 * look_parse_listening: the first of the wanted ports (0 ends the list) on which something listens; 0 when nothing does.
 */
enum { SOCKETS_MAX = 4 * 1024 * 1024 };
int look_sockets(struct node *node, uint64_t deadline, struct buf *out, struct err *err);
unsigned look_parse_listening(const char *text, const unsigned wanted[]);

/* Both in one. */
int look_listening(struct node *node, const unsigned wanted[], uint64_t deadline, unsigned *port,
		   struct err *err);

/* How much is free where that folder is, or will be: *avail, in bytes.  -1 (REMOTE): also when it is less than `need`. */
int look_space(struct node *node, const char *folder, uint64_t need, uint64_t deadline,
	       uint64_t *avail, struct err *err);

/* Whether a process holds the database's lock (bbolt's flock); false when there is no file. */
int look_db_held(struct node *node, const struct member *member, uint64_t deadline, bool *held,
		 struct err *err);

/* Reads the ids out of a member's WAL folder.  -1: CORRUPT, REMOTE (there is none), SSH, TIMEOUT. */
int look_wal_ids(struct node *node, const char *wal_folder, uint64_t deadline, uint64_t *member_id,
		 uint64_t *cluster_id, struct err *err);

/* Compares them with those that this run expects of the node.  -1: UNSAFE, and as look_wal_ids. */
int look_ids(struct node *node, const struct play_ctx *ctx, const char *wal_folder,
	     uint64_t deadline, struct err *err);

/*
 * Refuses a folder (UNSAFE) when on the way to it, itself included, is a symbolic link, or a folder that
 * everybody, or a group other than root's, may write to, or one on the way that is not root's: somebody could put another in its place while root works there.  What is not there yet is no error.
 */
int look_safe_path(struct node *node, const char *path, uint64_t deadline, struct err *err);

/* The same of all folders that a run works in on a member's node. */
int look_safe_member(struct node *node, const struct member *member, uint64_t deadline,
		     struct err *err);

/*
 * Parses one line of `stat -c '%a %u %g %F|%n'`; pure.  last: of the folder itself, which may belong to somebody.  -1: UNSAFE, or REMOTE
 * when it is not understood.
 */
int look_parse_safe(const char *line, bool last, struct err *err);

/* The port of a URL ("https://10.0.0.1:2379"); 0 when it has none. */
unsigned look_url_port(const char *url);
/* The host of a URL, of an IPv6 address what stands in the brackets; of several URLs with commas the first's.  A new string. */
char *look_url_host(const char *url);

/* Waits without doing anything for ms, or until cancelled (-1). */
int look_pause(struct node *node, unsigned ms, struct err *err);

#endif
