/*
 * matrix_run: see matrix_run.h.
 */
#include "matrix_run.h"

#include "etcd/etcd_alarm.h"
#include "fake_clock.h"
#include "fake_files.h"
#include "play/join.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

bool matrix_is_drill(const char *playbook)
{
	return strcmp(playbook, "drill") == 0 || strcmp(playbook, "browse") == 0;
}

/* To be looked into, it is one member, and nobody compares it with what the snapshot has. */
static const struct play_drill *drill_of(const struct playbook *book)
{
	static struct play_drill alone;

	if (strcmp(book->name, "browse") != 0)
		return &fake_drill;
	alone = (struct play_drill){ .port = fake_drill.port,
				     .alone = true,
				     .api = true,
				     .limit_s = fake_drill.limit_s,
				     .certificate = fake_drill.certificate };
	return &alone;
}

void matrix_book(struct arena *arena, const char *name, struct playbook *book)
{
	const struct playbook_text *text = playbook_text_find(name);
	struct err err = ERR_INIT;

	if (!text || playbook_read(arena, text->text, text->len, book, &err))
		abort();
	for (size_t i = 0; i < book->count; i++)
		if (book->steps[i].timeout_ms > SHORT_MS)
			book->steps[i].timeout_ms = SHORT_MS;
}

static void fresh_nodes(struct fake_world *world)
{
	for (size_t i = 0; i < world->count; i++)
		world->play_nodes[i] = (struct play_node){
			.member = &world->cluster.members[i],
			.api = fake_api,
			.has_api = true,
			.want_member = member_id(&world->cluster.members[i], world->ctx.token),
			.want_cluster = cluster_id(&world->cluster, world->ctx.token),
		};
	for (size_t i = 0; world->ctx.joins && i < world->count; i++)
		world->play_nodes[i].want_member = world->play_nodes[i].want_cluster = 0;
}

/* Each process has its own. */
static void name_holder(struct fake_world *world)
{
	snprintf(world->ctx.holder, sizeof(world->ctx.holder), "%0*u", HOLDER_SIZE - 1,
		 ++world->holders);
}

void matrix_context(struct fake_world *world, const struct playbook *book)
{
	struct play_ctx *ctx = &world->ctx;
	bool drill = matrix_is_drill(book->name);
	bool restore = drill || strcmp(book->name, "restore") == 0;
	bool rejoin = strcmp(book->name, "rejoin") == 0;
	const char *run = restore                               ? FAKE_RUN
			  : rejoin                              ? REJOIN_RUN
			  : strcmp(book->name, "rollback") == 0 ? ROLLBACK_RUN
								: CLEAN_RUN;

	*ctx = (struct play_ctx){ .cluster = &world->cluster,
				  .nodes = world->play_nodes,
				  .operator= "test",
				  .initial_cluster = world->initial,
				  .playbook = book->name,
				  .playbook_sha256 = book->sha256,
				  .target = restore || rejoin ? NULL : FAKE_RUN,
				  .joins = rejoin ? world->cluster.members[0].node : NULL,
				  .leave_nothing = strcmp(book->name, "clean") == 0,
				  .grace_ms = 1 };
	memcpy(ctx->run, run, strlen(run) + 1);
	name_holder(world);
	if (restore) {
		memcpy(ctx->token, FAKE_TOKEN, sizeof(FAKE_TOKEN));
		ctx->snapshot_path = world->snapshot;
		ctx->snapshot_size = ctx->db_size = 10;
		ctx->snapshot_sha256 = world->snapshot_sha256;
		ctx->snapshot_revision = 7;
		ctx->bump = drill ? 0 : 1000;
		ctx->snapshot_in_use = 10;
		ctx->carried_alarms = world->alarm ? ETCD_ALARM_NOSPACE : 0;
		ctx->drill = drill ? drill_of(book) : NULL;
	}
	fresh_nodes(world);
}

/* --- where the run is, and the fault at its place */

static void slot_begins(struct watch *watch, size_t slot)
{
	const struct matrix_case *wanted = watch->wanted;
	struct fake_world *world = watch->world;

	watch->slot = slot;
	for (size_t i = 0; i < world->count; i++)
		watch->base[i] = world->nodes[i].commands;
	for (size_t i = 0; i < world->count; i++) {
		world->nodes[i].halves = watch->halves[slot][i];
		world->nodes[i].halves_from = world->nodes[i].commands;
		world->nodes[i].halves_room = COMMANDS_MAX;
		world->nodes[i].fault = FAULT_NONE;
	}
	if (!wanted)
		return;
	if (wanted->refused && wanted->refused == slot) {
		world->nodes[wanted->refuser].fault = FAULT_REFUSED;
		world->nodes[wanted->refuser].fault_at = 0;
	}
	if (wanted->slot == slot &&
	    (wanted->fault == FAULT_STUCK || !world->machines[wanted->node].fault_hit)) {
		world->nodes[wanted->node].fault = wanted->fault;
		world->nodes[wanted->node].fault_at = wanted->command;
	}
}

static void count_slot(struct watch *watch)
{
	for (size_t i = 0; i < watch->world->count; i++) {
		unsigned count = watch->world->nodes[i].commands - watch->base[i];
		if (count > watch->counts[watch->slot][i])
			watch->counts[watch->slot][i] = count;
	}
}

static void on_begin(void *arg, size_t number, size_t of, const struct step *step, bool undo)
{
	struct watch *watch = arg;

	(void)of;
	(void)step;
	if (watch->slot == SLOT_MARK)
		count_slot(watch);
	slot_begins(watch, number - 1 + (undo ? (size_t)SLOT_UNDO : (size_t)SLOT_STEP));
}

static void on_end(void *arg, const struct step *step, uint64_t ms, bool failed, bool undo)
{
	struct watch *watch = arg;

	(void)step;
	(void)ms;
	count_slot(watch);
	for (size_t i = 0; i < watch->world->count; i++)
		watch->world->nodes[i].fault = FAULT_NONE;
	/* what comes next, if it is no step, is the mark */
	if (failed && !undo) {
		if (watch->wanted &&
		    watch->wanted->refused == watch->slot) /* that was the refusal */
			watch->world->machines[watch->wanted->refuser].fault_hit = false;
		slot_begins(watch, SLOT_MARK);
	}
}

static void on_commit(void *arg, const char *text)
{
	(void)text;
	((struct watch *)arg)->commits++;
}

/* --- a run */

static struct journal *open_journal(struct fake_world *world, enum how how)
{
	scoped(arena) struct arena *arena = arena_new();
	scoped(mem) char *folder = mem_printf("%s/journals", world->folder);
	struct tree *header = tree_map(arena);
	struct err err = ERR_INIT;

	tree_set_string(arena, header, "kind", "RunJournal");
	tree_set_string(arena, header, "apiVersion", "etcd-backup/v1");
	tree_set_string(arena, header, "cluster", "test");
	tree_set_string(arena, header, "run", world->ctx.run);
	struct journal *journal =
		how == HOW_RUN ? journal_new(folder, "test", world->ctx.run, header, &err)
			       : journal_reopen(folder, "test", world->ctx.run, header, &err);
	if (!journal) {
		fprintf(stderr, "%s\n", err.text);
		abort();
	}
	return journal;
}

static int take_node(struct node *node, void *arg, struct err *err)
{
	const struct fake_world *world = arg;

	return state_take_over(node, &world->ctx, deadline_in(SHORT_MS), err);
}

/* As perform() does before anything else. */
static int take_over(struct fake_world *world, struct fleet *fleet, struct watch *watch,
		     struct err *err)
{
	struct err errs[FLEET_MAX];

	slot_begins(watch, SLOT_TAKE);
	int failed = fleet_each(fleet, take_node, world, NULL, errs, NULL, NULL);
	count_slot(watch);
	slot_begins(watch, SLOT_NONE);
	return failed ? fleet_first(fleet, errs, err) : 0;
}

static enum play_outcome play_how(struct play *play, enum how how, struct watch *watch,
				  struct err *err)
{
	enum play_outcome outcome;

	switch (how) {
	case HOW_RESUME:
		return play_resume(play, false, err);
	case HOW_FINISH:
		return play_resume(play, true, err);
	case HOW_UNDO:
		slot_begins(watch, SLOT_MARK);
		return play_undo(play, err);
	case HOW_RUN:
		break;
	}
	outcome = play_run(play, err);
	/* what has no commit is undone when it has gone well, too */
	return outcome == PLAY_DONE && play->playbook->commit == play->playbook->count
		       ? play_undo(play, err)
		       : outcome;
}

static struct told play(struct fake_world *world, const struct playbook *book, enum how how,
			struct watch *watch)
{
	struct told told = { .outcome = PLAY_NEEDS_YOU, .err = ERR_INIT };
	struct play play = { .playbook = book,
			     .ctx = &world->ctx,
			     .fleet = fleet_new(world->fleet_nodes, world->count),
			     .journal = open_journal(world, how),
			     .events = { .arg = watch,
					 .step_begins = on_begin,
					 .step_ended = on_end,
					 .committed = on_commit } };

	told.not_taken = how != HOW_RUN && take_over(world, play.fleet, watch, &told.err);
	if (!told.not_taken)
		told.outcome = play_how(&play, how, watch, &told.err);
	journal_free(play.journal);
	fleet_free(play.fleet);
	return told;
}

/* In a process of its own, which dies where the fault is. */
static struct told play_dying(struct fake_world *world, const struct playbook *book, enum how how,
			      struct watch *watch)
{
	struct told told = { .outcome = PLAY_NEEDS_YOU };
	int status = 0;
	pid_t child = fork();

	if (child == 0)
		_exit((int)play(world, book, how, watch).outcome);
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
		abort();
	told.killed = WEXITSTATUS(status) == FAKE_KILLED;
	if (!told.killed)
		told.outcome = (enum play_outcome)WEXITSTATUS(status);
	return told;
}

struct told matrix_run(struct fake_world *world, const struct playbook *book, enum how how,
		       const struct matrix_case *wanted, struct watch *watch)
{
	*watch = (struct watch){ .world = world, .wanted = wanted, .slot = SLOT_NONE };
	for (size_t i = 0; i < world->count; i++)
		watch->base[i] = world->nodes[i].commands;
	if (how != HOW_RUN)
		name_holder(world);
	if (wanted && fault_kills(wanted->fault))
		return play_dying(world, book, how, watch);
	struct told told = play(world, book, how, watch);
	for (size_t i = 0; i < world->count; i++)
		world->nodes[i].halves = NULL;
	return told;
}

/* --- found again */

static void take_state(struct fake_world *world, const struct playbook *book,
		       const struct run_state *state)
{
	struct play_ctx *ctx = &world->ctx;

	memcpy(ctx->token, state->token, strlen(state->token) + 1);
	ctx->target = state->target;
	ctx->joins = state->joins;
	ctx->initial_cluster = state->initial_cluster;
	ctx->snapshot_size = state->snapshot_size;
	ctx->db_size = state->db_size;
	ctx->snapshot_sha256 = state->snapshot_sha256;
	ctx->snapshot_revision = state->snapshot_revision;
	ctx->bump = state->bump;
	ctx->snapshot_in_use = state->in_use;
	ctx->carried_alarms = state->carried_alarms;
	ctx->drill = state->drill_port ? drill_of(book) : NULL;
	/* named again; where every node has it, it is not asked for */
	ctx->snapshot_path = state->snapshot_sha256 ? world->snapshot : NULL;
}

int matrix_find(struct fake_world *world, const struct playbook *book, const char *run,
		struct arena *arena, struct found *out, struct err *err)
{
	struct run_state states[FAKE_NODES_MAX] = { { .found = false } };

	*out = (struct found){ .known = false };
	world->ctx = (struct play_ctx){ .cluster = &world->cluster,
					.nodes = world->play_nodes,
					.operator= "test",
					.initial_cluster = world->initial,
					.playbook = book->name,
					.playbook_sha256 = book->sha256,
					.leave_nothing = strcmp(book->name, "clean") == 0,
					.grace_ms = 1 };
	memcpy(world->ctx.run, run, strlen(run) + 1);
	for (size_t i = 0; i < world->count; i++) {
		const struct run_state *state = &states[i];
		if (state_read(&world->fleet_nodes[i], run, arena, deadline_in(SHORT_MS),
			       &states[i], err))
			return -1;
		out->locked |= state->locked;
		out->undoing |= state->undoing;
		out->phases[i] = state->phase;
		out->committed |= state->phase == PHASE_API_STARTED;
		if (state->found && !out->known)
			take_state(world, book, state);
		out->known |= state->found;
	}
	fresh_nodes(world);
	for (size_t i = 0; i < world->count; i++)
		world->play_nodes[i].data_existed = !states[i].found || states[i].data_existed;
	bool votes = false;
	if (world->ctx.joins && !out->committed &&
	    join_votes(&world->fleet_nodes[0], &world->ctx, deadline_in(SHORT_MS), &votes, err))
		return -1;
	out->committed |= votes;
	return 0;
}

char *matrix_tree(struct fake_world *world)
{
	scoped(mem) char *mark = mem_printf("/%s/holder 100600 ", world->ctx.run);
	char *tree = fake_world_tree(world), own[HOLDER_SIZE];

	memcpy(own, world->ctx.holder, sizeof(own));
	for (char *at = strstr(tree, mark); at; at = strstr(at, mark)) {
		at += strlen(mark);
		if (!own[0]) /* a run that is only looked at: one that had ended */
			snprintf(own, sizeof(own), "%.*s", (int)strcspn(at, "\n"), at);
		if (own[0] && strncmp(at, own, strlen(own)) == 0)
			memset(at, '*', strlen(own));
	}
	return tree;
}

const char *matrix_journal(struct fake_world *world, const char *run, const struct told *told)
{
	static const char *const words[] = { "done", "untouched", "undone", NULL };
	scoped(arena) struct arena *arena = arena_new();
	scoped(mem) char *path = mem_printf("%s/journals/test/%s.jsonl", world->folder, run);
	struct journal_story story;
	struct err err = ERR_INIT;

	if (journal_read(path, arena, &story, &err))
		return "the journal cannot be read";
	if (strcmp(story.run, run) != 0)
		return "the journal is of another run";
	if (told->killed)
		return story.outcome ? "the journal says that a killed run has ended" : NULL;
	if (told->not_taken)
		return story.outcome ? "the journal says that what did not go on has ended" : NULL;
	if (!story.outcome)
		return told->disk_full ? NULL : "the journal does not say that the run has ended";
	if (told->outcome == PLAY_DONE && !story.committed)
		return "the journal knows of no commit";
	if (told->outcome == PLAY_NEEDS_YOU)
		return strcmp(story.outcome, "done") == 0 || strcmp(story.outcome, "undone") == 0
			       ? "the journal says that all is well"
			       : NULL;
	/* what has no commit is undone after its good end: that was not written any more */
	if (told->disk_full && told->outcome == PLAY_UNDONE && strcmp(story.outcome, "done") == 0)
		return NULL;
	return strcmp(story.outcome, words[told->outcome]) == 0
		       ? NULL
		       : "the journal's outcome is another";
}
