/*
 * plan: what a restore will do to which cluster: checked, shown, and put into a play_ctx.
 */
#ifndef PLUGIN_PLAN_H
#define PLUGIN_PLAN_H

#include "base/err.h"
#include "play/verb.h"
#include "plugin/after.h"
#include "plugin/discover.h"
#include "plugin/kube.h"
#include "plugin/plan_forecast.h"
#include "plugin/source.h"

struct preflight;

struct plan {
	struct arena *arena;
	struct source source;
	struct discovery found;
	struct play_ctx ctx;
	struct play_node nodes[CLUSTER_MEMBERS_MAX];
	struct kube *front; /* the API by the kubeconfig; NULL: not used */
	bool alone; /* set by the caller, of a run on the nodes that are named only: members on others do not matter */
	bool live;              /* a member answered: the next is known */
	uint64_t live_revision; /* the highest that a member told */
	struct left_out {
		const char *name, *words; /* what is known of it, as a sentence */
	} left_out[CLUSTER_MEMBERS_MAX];  /* members of --without */
	size_t left_out_count;
	const char *without; /* of a run that is found again: as --without has them; NULL: none */
	const char *
		outside; /* its nodes that the cluster of now does not know, "cp-2, cp-3"; NULL: none */
	const char *snapshot_version; /* of the etcd that wrote it, by its bytes; NULL: not known */
	struct after after;
	struct plan_forecast forecast; /* of a restore */
	struct preflight
		*preflight; /* the checks of a dry run; NULL: it is none, or they were not made */
};

/* An empty plan with an arena; plan_release frees. */
void plan_begin(struct plan *plan);

/* The snapshot that the user named, proved: see source_open and after_read.  Nothing is sent to a node. */
int plan_open(const struct opts *opts, const char *name, struct plan *plan, struct err *err);

/*
 * Finds the cluster and fills the context: fresh run id and token, predicted ids, bump.  -1 as discover();
 * UNSAFE for an external etcd, or a recipe of another cluster without --force-cluster.
 */
int plan_cluster(const struct opts *opts, struct plan *plan, struct err *err);

/*
 * Its parts, for a dry run, which goes on when one of them fails; found.shows_all is set before the first.  What the nodes say: -1 as
 * discover(), or UNSAFE for an external etcd.
 */
int plan_look(const struct opts *opts, struct plan *plan, struct err *err);
/* Whether the recipe is of another cluster; whether the members read the snapshot's storage version.  -1: UNSAFE. */
int plan_check_recipe(const struct opts *opts, const struct plan *plan, struct err *err);
int plan_check_storage(const struct opts *opts, const struct plan *plan, struct err *err);
/* The members that were read into the context, as far as they go.  -1: CONFIG, when they cannot be one cluster. */
int plan_members_read(struct plan *plan, struct err *err);
/* The rest of the context, and what discovery warns of when it knows the snapshot. */
void plan_fill(const struct opts *opts, struct plan *plan);

/*
 * As plan_cluster, for what needs one node only: those that answer and have both manifests, whichever members are absent; of
 * the others it warns.  -1 also (REMOTE): the node that --node names is none of them, or there is none.
 */
int plan_answering(const struct opts *opts, struct plan *plan, struct err *err);

/*
 * To look only: whichever nodes can be reached (found[].reached), and whatever is wrong with their members.  Nothing of the
 * context.  -1: as discover(), when none is left; UNSAFE for an external etcd, or a node of another cluster.
 */
int plan_survey(const struct opts *opts, struct plan *plan, struct err *err);

/* For a plan that only the API was asked for: as far as it goes.  -1: as discover_api(). */
int plan_api(const struct opts *opts, struct plan *plan, struct err *err);

/*
 * For a run of another kind: the found cluster into the context, without a snapshot; refuses what plan_cluster refuses of a
 * cluster; with found.shows_all what is foreign or absent is left to the caller.  plan_members then writes --initial-cluster and, for the context's token, the ids.
 */
int plan_found(const struct opts *opts, struct plan *plan, struct err *err);
int plan_members(struct plan *plan, struct err *err);

/* For rejoin: that node goes first, in the plan's cluster, too.  -1 (USAGE): there is no such node. */
int plan_put_first(struct plan *plan, const char *node, struct err *err);
/* From here on only that node is meant, as the only one of the found cluster.  Before plan_members. */
void plan_single(struct plan *plan, size_t node);

/* A fresh run id and token. */
void plan_name_run(struct play_ctx *ctx);

/* A fresh name of this process as the holder of a run. */
void plan_name_holder(struct play_ctx *ctx);

/* Who runs this, from where, for lock and journal. */
const char *plan_operator(struct arena *arena);

/* What discovery warned of, to stderr. */
void plan_warn(const struct plan *plan);

/* Shows to stderr what will be replaced, what is lost, what stops, and the way back. */
void plan_show(const struct plan *plan);
/* The line of it that says what stops. */
void plan_show_downtime(const struct plan *plan);

/*
 * For rejoin: each member but the first is asked on its own node, too, when the node that joins has its vote and nothing can be
 * undone.  -1 (UNSAFE): one refuses its status by etcd's auth.
 */
int plan_others_tell(const struct plan *plan, struct err *err);

/* After "no member", where none told its status: "answers", or that etcd's auth refuses to tell. */
const char *plan_silence(const struct plan *plan);

/* The first line of the run's journal, in the plan's arena. */
struct tree *plan_header(const struct plan *plan, const char *playbook,
			 const char *playbook_sha256);

void plan_release(struct plan *plan);

/* The member of ctx.gone, when its node is none of the plan's; NULL: there is none, or its node has come back. */
const struct member *plan_absent_gone(const struct plan *plan);

/* The command that restores a snapshot on the plan's nodes only, in the plan's arena. */
const char *plan_restore_rest(const struct plan *plan);

/* Whether all voters of the data from before the run are among the nodes, as far as is known: only then can it be rolled back. */
bool plan_rolls_back(const struct plan *plan);

/* The command that goes on with the run, without those that this one was without, in the plan's arena. */
const char *plan_go_on(const struct plan *plan);

#endif
