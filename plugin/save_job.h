/*
 * save_job: what one `save` works on: a snapshot for each member that was chosen, at the member's own index.
 */
#ifndef PLUGIN_SAVE_JOB_H
#define PLUGIN_SAVE_JOB_H

#include "etcd/etcd_api.h"
#include "plugin/discover.h"
#include "plugin/health.h"
#include "plugin/place.h"
#include "plugin/save_extras.h"

enum save_stage {
	SAVE_BEGUN,  /* nothing has a name */
	SAVE_NAMED,  /* the object has its name, and no recipe: it is no snapshot yet */
	SAVE_WHOLE,  /* with its recipe */
	SAVE_FAILED, /* nothing of it is left */
};

/* One member's snapshot. */
struct save_part {
	enum save_stage stage;
	struct err err; /* why it failed; of a whole one: why it could not be read back */
	struct slot slot;
	struct store_put *put;
	struct seal seal;
	struct seal files; /* of --with-pki: their sizes and hashes */
	struct etcd_status status;
	struct etcd_snapshot snapshot;
	uint64_t revision;
	unsigned health; /* as health.h: what was allowed to be wrong with the member */
	struct etcd_hash hashes[CLUSTER_MEMBERS_MAX]; /* at that revision; compared[i] says which */
	bool compared[CLUSTER_MEMBERS_MAX];
	bool ask[CLUSTER_MEMBERS_MAX]; /* whose hash is to be asked for (again) */
	struct recipe recipe;
	char hash[9], degraded[HEALTH_WORDS + 16];
	struct buf text; /* the recipe's */
};

struct save {
	const struct opts *opts;
	struct discovery *found;
	struct place *place;
	uint64_t deadline;
	uint64_t taken_at; /* of all parts: when their streams had ended */
	const char *previous, *previous_sha256;
	struct save_extras extras;
	bool wanted[CLUSTER_MEMBERS_MAX]; /* which parts there are */
	char set[17];                     /* "" when there is one part by intention */
	struct save_part parts[CLUSTER_MEMBERS_MAX];
	char no_hash[CLUSTER_MEMBERS_MAX][200]; /* why a member was not compared */
};

/* Parts that are wanted and at that stage; `which` may be NULL. */
size_t save_at(const struct save *save, enum save_stage stage, bool which[]);

#endif
