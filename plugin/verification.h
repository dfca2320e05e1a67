/*
 * verification: what was proved of a snapshot, one check after the other, and what its recipe says about it.
 */
#ifndef PLUGIN_VERIFICATION_H
#define PLUGIN_VERIFICATION_H

#include "base/tree.h"
#include "etcd/etcd_db.h"
#include "plugin/source.h"

enum { VERIFICATION_CHECKS_MAX = 16 };

struct verification_check {
	const char *name;
	bool ok;
	const char *words; /* what was found; when not ok, also what it should be */
};

struct verification {
	struct arena *arena; /* the caller's; words live in it */
	const char *shown;   /* the snapshot's name in messages */
	bool has_recipe;
	struct verification_check checks[VERIFICATION_CHECKS_MAX];
	size_t count;
};

/* One more check; more than fit are not kept.  `name` is a literal. */
void verification_add(struct verification *v, bool ok, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* What an opened source has proved: the object as it is stored, the hash at the end, the file. */
void verification_of_source(struct verification *v, const struct source *source);

/* What the walk has proved: pages, revisions, HashKV at the newest revision, storage version. */
void verification_of_db(struct verification *v, const struct source *source,
			const struct etcd_db_facts *facts, const struct etcd_hash *hashkv);

/* -1 (CORRUPT): a check did not hold; the text has all that did not. */
int verification_verdict(const struct verification *v, struct err *err);

/* A line a check, to stdout. */
void verification_print(const struct verification *v);

/* kind SnapshotVerification, apiVersion etcd-backup/v1. */
struct tree *verification_tree(struct arena *arena, const struct verification *v);

#endif
