/*
 * recipe: the JSON beside each snapshot: what it is, of which cluster, and how to restore it.
 */
#ifndef SNAPSHOT_RECIPE_H
#define SNAPSHOT_RECIPE_H

#include "base/err.h"
#include "etcd/cluster.h"

#include <stdint.h>

enum { RECIPE_MAX = 1024 * 1024, RECIPE_VERSION = 1, RECIPE_TAGS_MAX = 32 };

/* The object as the store has it, when that is not the plain file. */
struct recipe_stored {
	const char *
		name; /* beside the recipe; NULL: the plain file, named as the recipe without ".json" */
	const char *sha256;      /* hex */
	uint64_t size;           /* bytes */
	const char *compression; /* "none", "zstd", "gzip" */
	const char *encryption;  /* "none", "age" */
};

/* What tokens, certificates and Secrets hang on, besides etcd's data. */
enum recipe_print {
	RECIPE_CLUSTER_CA,     /* of the certificate (DER) */
	RECIPE_FRONT_PROXY_CA, /* of the certificate (DER) */
	RECIPE_TOKEN_KEY,      /* of the file sa.pub */
	RECIPE_ENCRYPTION, /* of the file of the encryption provider configuration, or "none": there is none */
	RECIPE_PRINTS
};

struct recipe {
	/*
	 * Name, id, CA fingerprint, members, Kubernetes version.  All members that the list of members named then: one whose node was
	 * not read has name and peer_url, of the rest what was known of node, address, client_url, id and learner, and no data_dir.
	 */
	struct cluster cluster;
	const char *etcd_version;
	const char *member; /* the member it was taken from */
	const char *sha256; /* of etcd's file, the database and its hash, before compression; hex */
	uint64_t size;      /* of the same, bytes */
	uint64_t db_size;   /* without the 32 bytes of its hash */
	uint64_t revision;  /* of the snapshot */
	uint64_t taken_at;  /* seconds since 1970 */
	struct recipe_stored stored;
	const char *cluster_uid;     /* of namespace kube-system; NULL: not known */
	const char *storage_version; /* 3.6 and later; NULL: not known */
	uint64_t term;               /* of that member; 0: not known */
	uint64_t compact_revision;
	const char *hashkv; /* at the revision, 8 hex digits; NULL: not compared */
	const char *set;    /* the same in all snapshots of one save, 16 hex digits; NULL: alone */
	const char *degraded; /* why it may be stale or damaged, in words; NULL: it is not */
	const char *tags[RECIPE_TAGS_MAX];
	size_t tag_count;
	const char *previous; /* name of the snapshot before it in the same place; NULL: none */
	const char *previous_sha256;       /* as its recipe has it */
	uint64_t took_ms;                  /* of the save; 0: not known */
	const char *prints[RECIPE_PRINTS]; /* SHA-256 in hex; NULL: not known */
	struct recipe_stored files; /* the control plane's own files; name NULL: were not kept */
};

/* What is wrong with a tag, in words that follow it ("has a control character"); NULL: a recipe may have it. */
const char *recipe_tag_trouble(const char *text, size_t len);

/* Writes the recipe as JSON: kind SnapshotRecipe, apiVersion etcd-backup/v1. */
int recipe_write(const struct recipe *recipe, struct buf *out, struct err *err);

/*
 * Reads one.  Strings live in the arena.  -1 (CONFIG): no JSON, another kind or version, a member
 * without name or peer URL, one that was read without node, address or data_dir, too many members, numbers out of range.
 */
int recipe_read(struct arena *arena, const char *text, size_t len, struct recipe *out,
		struct err *err);

#endif
