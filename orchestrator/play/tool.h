/*
 * tool: etcdutl, or etcdctl before 3.5, on a node that has neither on its PATH: out of etcd's own image.
 */
#ifndef PLAY_TOOL_H
#define PLAY_TOOL_H

#include "base/err.h"
#include "node/node.h"
#include "play/verb.h"

#include <stdint.h>

/*
 * Brings a tool into the run's folder and tries it.  In this order: the file that the user gave; the running
 * etcd's own root through /proc; its image mounted by ctr or podman, or copied by docker; the node's PATH.
 * Sets tool_is_etcdutl, tool_bumps and tool_source.  -1 (REMOTE): none of them had one that
 * works; the text says what each said.
 */
int tool_fetch(struct node *node, const struct play_ctx *ctx, uint64_t deadline, struct err *err);

/*
 * Whether there is anything that tool_fetch() may find one in; changes nothing, and tries none.  -1: REMOTE, there is not; FILE, that
 * of the user cannot be read.
 */
int tool_look(struct node *node, const struct play_ctx *ctx, uint64_t deadline, struct err *err);

/* Takes a mounted image away again, if there is one. */
int tool_unmount(struct node *node, const struct play_ctx *ctx, uint64_t deadline, struct err *err);

/* The tool's path on the node; a new string. */
char *tool_path(const struct play_ctx *ctx, const struct play_node *self);

#endif
