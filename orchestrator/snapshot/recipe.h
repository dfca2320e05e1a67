/*
 * recipe: the JSON beside each snapshot: what it is, of which cluster, and how to restore it.
 */
#ifndef SNAPSHOT_RECIPE_H
#define SNAPSHOT_RECIPE_H

#include "base/err.h"
#include "etcd/cluster.h"

#include <stdint.h>

enum { RECIPE_MAX = 1024 * 1024, RECIPE_VERSION = 1 };

struct recipe {
	struct cluster cluster; /* name, id, CA fingerprint, members, Kubernetes version */
	const char *etcd_version;
	const char *member; /* the member it was taken from */
	const char *sha256; /* of the whole file as stored, hex */
	uint64_t size;      /* of the whole file, bytes */
	uint64_t db_size;   /* without the 32 bytes of its hash */
	uint64_t revision;  /* of the snapshot */
	uint64_t taken_at;  /* seconds since 1970 */
};

/* Writes the recipe as JSON: kind SnapshotRecipe, apiVersion etcd-backup/v1. */
int recipe_write(const struct recipe *recipe, struct buf *out, struct err *err);

/*
 * Reads one.  Strings live in the arena.  -1 (CONFIG): no JSON, another kind or version, a member
 * without name or peer URL, too many members, numbers out of range.
 */
int recipe_read(struct arena *arena, const char *text, size_t len, struct recipe *out,
		struct err *err);

#endif
