/*
 * node: one control-plane node.  Two kinds: over SSH (node_ssh), and a directory that looks like a
 * node, for tests (node_dir).  Commands are argv; quoting for a remote shell and sudo happen here
 * and nowhere else.  A node is used by one thread at a time.
 */
#ifndef NODE_NODE_H
#define NODE_NODE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/http.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { NODE_OUTPUT_MAX = 1024 * 1024 };

struct node;

/* Bytes for a command's standard input: from fd when not negative, else from data; exactly len. */
struct node_input {
	int fd;
	const void *data;
	uint64_t len;
};

/*
 * What a kind of node can do; `deadline` is monotonic ms.  See the functions of the same names.  run
 * appends to out (NULL: thrown away) and errs, and gives any exit status; input may be NULL.
 */
struct node_ops {
	int (*open)(struct node *node, uint64_t deadline, struct err *err);
	int (*run)(struct node *node, const char *const argv[], const struct node_input *input,
		   uint64_t deadline, struct buf *out, struct buf *errs, int *status,
		   struct err *err);
	int (*tunnel)(struct node *node, const char *host, unsigned port, uint64_t deadline,
		      struct http_carrier *carrier, struct err *err);
	void (*tunnel_close)(struct node *node);
	void (*close)(struct node *node);
};

struct node {
	const char *name;    /* the node's name in Kubernetes; for messages */
	const char *address; /* what is dialled */
	size_t index;        /* its place in the fleet */
	const struct node_ops *ops;
	void *impl;    /* of the kind; owned by it */
	int cancel_fd; /* readable: give up; -1: none.  Set by the fleet */
	bool ionice;   /* `ionice -c3` works there; set by whoever has tried it */
	bool gentle;   /* the command that runs has the lowest priority; of node.c */
	/* the host's key as it proved itself at the last login, "ssh-ed25519 AAAA..."; NULL: not known; owned by the kind */
	const char *host_key;
};

/* argv("mv", a, b): a NULL-terminated argv that lives as long as the block. */
#define argv(...) ((const char *const[]){ __VA_ARGS__, NULL })

/*
 * Logs in when that has not happened; probes `id -u` and `sudo -n` once.  -1: SSH, HOSTKEY,
 * TIMEOUT, REMOTE (sudo wants a password; the hint says what to add to sudoers).
 */
int node_open(struct node *node, uint64_t deadline, struct err *err);

/*
 * Runs a command as root and appends its standard output to out (NULL: thrown away), at most
 * out->max bytes.  0 when it ended with 0.  -1: REMOTE with its exit status and the first line of
 * its standard error, TIMEOUT, CANCELLED, SSH.  On the node it is ended at the deadline as well.
 */
int node_run(struct node *node, const char *const argv[], uint64_t deadline, struct buf *out,
	     struct err *err);

/* As node_run, but any exit status is an answer: 0 with *status, -1 only when it was not run. */
int node_try(struct node *node, const char *const argv[], uint64_t deadline, struct buf *out,
	     int *status, struct err *err);

/*
 * Writes `size` bytes from fd's current offset to path on the node, with that mode, owned by root:
 * to a name beside it first, fsynced, then renamed.  Never over the network in the clear.  At low priority: beside it etcd serves.
 */
int node_put(struct node *node, int fd, uint64_t size, const char *path, unsigned mode,
	     uint64_t deadline, struct err *err);

/* As node_put, from memory. */
int node_write(struct node *node, const void *data, size_t len, const char *path, unsigned mode,
	       uint64_t deadline, struct err *err);

/* Appends a whole file, at most out->max bytes. */
int node_get(struct node *node, const char *path, uint64_t deadline, struct buf *out,
	     struct err *err);

/*
 * The SHA-256 of the file at path, in hex, reckoned on the node, so that the contents stay there: by its openssl where it has one
 * (five times as fast as Debian 12's sha256sum), else by sha256sum.
 */
int node_sha256(struct node *node, const char *path, uint64_t deadline, char out[65],
		struct err *err);

/* *found: whether path exists (a dangling link does not). */
int node_exists(struct node *node, const char *path, uint64_t deadline, bool *found,
		struct err *err);

/* rename(2) on the node; an existing target is an error; fsyncs both folders. */
int node_move(struct node *node, const char *from, const char *to, uint64_t deadline,
	      struct err *err);

/*
 * A connection from the node to host:port, as a carrier for http_do; one at a time.  A carrier whose `local` is NULL:
 * the caller is on the node, and connects without one.
 * node_tunnel_close ends it; it must be called before anything else on this node, and after an
 * error of node_tunnel it must not.
 */
int node_tunnel(struct node *node, const char *host, unsigned port, uint64_t deadline,
		struct http_carrier *carrier, struct err *err);
void node_tunnel_close(struct node *node);

/* Ends the session.  The node can be opened again. */
void node_close(struct node *node);

#endif
