/*
 * drill_left: see drill_left.h.
 */
#include "plugin/drill_left.h"

#include "plugin/perform.h"
#include "plugin/print.h"
#include "plugin/rerun.h"

#include <string.h>

enum { ASK_MS = 30 * 1000, RUNS_MAX = 64 };

struct left {
	char names[RUNS_MAX][RUN_ID_SIZE];
	bool alone[RUNS_MAX]; /* a browse: it is on that node only */
	size_t count;
};

struct looking {
	struct arena *const *arenas; /* of the workers */
	struct left nodes[CLUSTER_MEMBERS_MAX];
};

static int look(struct node *node, void *arg, struct err *err)
{
	struct looking *looking = arg;
	struct left *left = &looking->nodes[node->index];
	char names[RUNS_MAX][RUN_ID_SIZE];
	uint64_t deadline = deadline_in(ASK_MS);
	struct run_state state;
	size_t count, older;

	if (state_runs(node, deadline, names, RUNS_MAX, &count, &older, err))
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (state_read(node, names[i], looking->arenas[node->index], deadline, &state, err))
			return -1;
		/* one that was begun elsewhere may be at work there */
		if (!state.found || !state.drill_port ||
		    journal_use(NULL, names[i]) != JOURNAL_IDLE)
			continue;
		left->alone[left->count] = strcmp(state.playbook, "browse") == 0;
		memcpy(left->names[left->count++], names[i], RUN_ID_SIZE);
	}
	return 0;
}

/* A node may say what it likes: nothing else is undone without being asked for. */
static int is_drill(const struct rerun *rerun, struct err *err)
{
	const char *playbook = rerun->told->playbook;

	if (rerun->told->drill_port && !rerun->committed &&
	    (strcmp(playbook, "drill") == 0 || strcmp(playbook, "browse") == 0))
		return 0;
	return err_set(err, ERR_UNSAFE, "a node takes run %s for a drill, and it is a %s",
		       rerun->run, playbook);
}

/* alone: the only node that it is on, NULL: not known; the others may be down. */
static int undo(const struct opts *opts, const char *run, const struct node *alone, struct err *err)
{
	struct plan plan;
	struct playbook book;
	struct rerun rerun;
	struct opts yes = *opts;

	scoped(mem) char *where = alone ? mem_printf("%s=%s", alone->name, alone->address) : NULL;

	yes.yes = true;
	yes.report = NULL;
	if (where)
		yes.nodes = where;
	plan_begin(&plan);
	plan.alone = where != NULL;
	print_notice("Drill %s is dead: removing what it left.", run);
	int failed = rerun_find(&yes, run, &plan, &rerun, err) || is_drill(&rerun, err) ||
		     rerun_context(&yes, &plan, &rerun, &book, err) ||
		     perform(&yes, &plan, &book, PERFORM_UNDO, err);
	plan_release(&plan);
	if (!failed)
		return 0;
	err_in(err, "drill %s is dead, and cannot be removed", run);
	return err_hint(err,
			"kubectl etcd-backup resume %s --undo; for a node that is gone for "
			"good: --without MEMBER",
			run);
}

int drill_left_undo(const struct opts *opts, const struct plan *plan, struct err *err)
{
	scoped(arena) struct arena *arena = arena_new();
	struct looking *looking = arena_alloc(arena, sizeof(*looking));
	struct err errs[CLUSTER_MEMBERS_MAX];
	struct left all = { .count = 0 };
	const struct node *on[RUNS_MAX]; /* of all */

	looking->arenas = plan->found.arenas;
	if (fleet_each(plan->found.fleet, look, looking, NULL, errs, NULL, NULL))
		return fleet_first(plan->found.fleet, errs, err);
	for (size_t i = 0; i < fleet_count(plan->found.fleet); i++)
		for (size_t k = 0; k < looking->nodes[i].count; k++) {
			const struct left *left = &looking->nodes[i];
			const char *name = left->names[k];
			bool known = false;
			for (size_t n = 0; n < all.count; n++)
				known |= strcmp(all.names[n], name) == 0;
			if (known || all.count == RUNS_MAX)
				continue;
			on[all.count] = left->alone[k] ? fleet_node(plan->found.fleet, i) : NULL;
			memcpy(all.names[all.count++], name, RUN_ID_SIZE);
		}
	for (size_t i = 0; i < all.count; i++)
		if (undo(opts, all.names[i], on[i], err))
			return -1;
	return 0;
}
