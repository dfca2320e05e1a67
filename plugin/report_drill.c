/*
 * report_drill: see report_drill.h.
 */
#include "plugin/report_drill.h"

#include "plugin/report_last.h"

#include <string.h>

/* Of a proof in a DrillReport: which step made it on the nodes, and what its words mean. */
struct proof {
	const char *name, *step, *what, *how;
};

static const struct proof proofs[] = {
	{ "alarms", "wait-etcd", "No alarm came with the snapshot.", "Each member was asked" },
	{ "ids", "wait-etcd", "All members serve as the cluster that was foreseen.",
	  "Each told its own id and the cluster's, and they were compared with those that follow "
	  "from the peer URLs and the drill's own token" },
	{ "voters", "wait-etcd", "Every member has its vote.", "Each told which members it knows" },
	{ "leader", "prove-drill", "They have one leader.", "Each was asked whom it follows" },
	{ "HashKV", "prove-drill", "Every member has the snapshot's data.",
	  "HashKV of each, compared with the one computed from the file" },
	{ "read", "prove-drill", "The members answer with a quorum.", "A read" },
	{ "write", "read-drill", "The members take writes.", "A write" },
	{ "API server", "start-drill-api", "An API server gets ready over the data.",
	  "Its /readyz was asked" },
	{ "objects", "read-drill-api", "Every object is served.",
	  "Counted resource by resource through the API server, and in the file" },
	{ "secrets", "read-drill-api", "Secrets can be read, whatever key they are encrypted with.",
	  "Through the API server, and never shown" },
};

static bool is_local(const struct report *r)
{
	return r->drill->way && strcmp(r->drill->way, "local") == 0;
}

const char *report_drill_outcome(const struct report *r)
{
	bool local = is_local(r);

	switch (r->outcome) {
	case PLAY_DONE:
		return local ? "The snapshot was restored on this machine, proved and removed."
			     : "The snapshot was restored beside the live cluster, proved and "
			       "removed.";
	case PLAY_UNTOUCHED:
		return "It failed before anything was changed.";
	case PLAY_UNDONE:
		return local ? "It failed, and everything that it had made is removed."
			     : "It failed, and everything that it had made is removed; the live "
			       "cluster was not touched.";
	case PLAY_NEEDS_YOU:
		break;
	}
	if (r->err && r->err->code == ERR_TAKEN)
		return "Another process has taken the run over.";
	return local ? "Something of it is left on this machine."
		     : "Something of it is left on the nodes; the live cluster was not touched.";
}

const char *report_drill_next(struct arena *arena, const struct report *r)
{
	if (r->outcome != PLAY_NEEDS_YOU || is_local(r) || (r->err && r->err->code == ERR_TAKEN))
		return NULL;
	return arena_printf(arena, "To remove what is left: kubectl etcd-backup resume %s --undo",
			    r->plan->ctx.run);
}

static const struct proof *find_proof(const char *name)
{
	for (size_t i = 0; i < sizeof(proofs) / sizeof(proofs[0]); i++)
		if (strcmp(proofs[i].name, name) == 0)
			return &proofs[i];
	return NULL;
}

void report_drill_proved(struct arena *arena, const struct report *r, struct tree *list)
{
	for (size_t i = 0; i < r->drill->proof_count; i++) {
		const struct drill_proof *one = &r->drill->proofs[i];
		const struct proof *known = find_proof(one->name);
		struct tree *map = tree_map(arena);
		if (!known) /* a remark: "not served" */
			continue;
		tree_set_string(arena, map, "step", is_local(r) ? "prove" : known->step);
		tree_set_string(arena, map, "what", known->what);
		tree_set_string(arena, map, "how",
				arena_printf(arena, "%s: %s.", known->how, one->words));
		tree_add(list, map);
	}
}

static struct tree *remarks(struct arena *arena, const struct drill_report *drill)
{
	struct tree *list = tree_list(arena);

	for (size_t i = 0; i < drill->proof_count; i++)
		if (!find_proof(drill->proofs[i].name))
			tree_add(list,
				 tree_new_string(arena, arena_printf(arena, "%s: %s",
								     drill->proofs[i].name,
								     drill->proofs[i].words)));
	return list;
}

static void set_known(struct arena *arena, struct tree *map, const char *key, bool known,
		      uint64_t value)
{
	if (known)
		tree_set_number(arena, map, key, value);
	else
		tree_set_string(arena, map, key, NULL);
}

void report_drill(struct arena *arena, const struct report *r, struct tree *top)
{
	const struct drill_report *d = r->drill;
	struct tree *map = tree_map(arena);

	tree_set_string(arena, map, "way", d->way);
	tree_set_string(arena, map, "host", d->host);
	tree_set_string(arena, map, "etcdVersion", d->etcd && d->etcd[0] ? d->etcd : NULL);
	tree_set_string(arena, map, "restoredBy", d->restored_by);
	set_known(arena, map, "forecastApiDownMs", d->forecast_ms > 0, d->forecast_ms);
	set_known(arena, map, "snapshotAgeSeconds", d->taken_at && d->at >= d->taken_at,
		  d->at - d->taken_at);
	tree_set(arena, map, "remarks", remarks(arena, d));
	tree_set_bool(arena, map, "lastSought", r->last != NULL);
	tree_set(arena, top, "drill", map);
	tree_set(arena, top, "lastDrill",
		 r->last && r->last->report ? report_last(arena, r->last, d)
					    : tree_new_string(arena, NULL));
}
