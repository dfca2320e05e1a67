/*
 * matrix_case: see matrix_case.h.
 */
#include "matrix_case.h"

#include "fake_files.h"
#include "fake_journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_MAX = 10 };

static bool is(const struct stage *stage, const char *playbook)
{
	return strcmp(stage->matrix->playbook, playbook) == 0;
}

/* A problem of the case that is played now. */
static bool bad(const struct stage *stage, struct tally *tally, const char *when, const char *what,
		const char *more)
{
	const struct matrix_case *c = stage->now;
	bool undo = c->slot >= SLOT_UNDO && c->slot < SLOT_TAKE;

	if (c->line) {
		if (__atomic_add_fetch(&tally->failed, 1, __ATOMIC_SEQ_CST) <= SHOWN_MAX)
			fprintf(stderr, "%s, %zu nodes: disk full at line %zu%s: %s: %s: %s\n",
				stage->matrix->playbook, stage->matrix->nodes, c->line,
				c->for_good ? " and after" : "", when, what, more);
		return false;
	}
	size_t index = c->slot - (undo ? (size_t)SLOT_UNDO : (size_t)SLOT_STEP);
	const char *name = c->slot == SLOT_MARK   ? "the mark"
			   : c->slot == SLOT_TAKE ? "take over"
			   : undo                 ? stage->book.steps[index].undo->name
						  : stage->book.steps[index].verb->name;

	if (__atomic_add_fetch(&tally->failed, 1, __ATOMIC_SEQ_CST) <= SHOWN_MAX)
		fprintf(stderr, "%s, %zu nodes: %s%s on node %zu, command %u, %s: %s: %s: %s\n",
			stage->matrix->playbook, stage->matrix->nodes, undo ? "undo by " : "", name,
			c->node + 1, c->command, fault_words(c->fault), when, what, more);
	return false;
}

/* The first line in which two trees differ. */
static bool same_tree(const struct stage *stage, struct tally *tally, const char *when,
		      const char *what, const char *got, const char *want)
{
	size_t at = 0, line = 0;

	if (strcmp(got, want) == 0)
		return true;
	for (; got[at] && got[at] == want[at]; at++)
		if (got[at] == '\n')
			line = at + 1;
	scoped(mem) char *words =
		mem_printf("\n\tis     %.200s\n\tshould %.200s", got + line, want + line);
	return bad(stage, tally, when, what, words);
}

/* The nodes are what the outcome says: all as before, or all as after. */
static bool check_outcome(struct stage *stage, struct tally *tally, const char *when,
			  const struct told *told)
{
	struct fake_world *world = &stage->world;
	const char *journal = matrix_journal(world, world->ctx.run, told);
	bool done = told->outcome == PLAY_DONE;

	if (fake_world_broken(world))
		return bad(stage, tally, when, "broken", fake_world_broken(world));
	if (journal)
		return bad(stage, tally, when, journal, told->err.text);
	if (told->killed || told->outcome == PLAY_NEEDS_YOU)
		return true;
	if (done && told->err.code)
		return bad(stage, tally, when, "done, and an error stands", told->err.text);
	if (!fake_world_serves(world, done ? stage->new_data : stage->old_data))
		return bad(stage, tally, when, "not every node serves", told->err.text);
	if (done && fake_world_alarmed(world))
		return bad(stage, tally, when, "the alarm still stands", told->err.text);
	scoped(mem) char *now = matrix_tree(world);
	bool same = same_tree(stage, tally, when, done ? "not all as after" : "not all as before",
			      now, done ? stage->after : stage->before);
	stage->as_before = same && !done;
	return same;
}

static bool kept_is_there(const struct stage *stage)
{
	for (size_t i = 0; i < stage->world.count; i++) {
		scoped(mem) char *db =
			mem_printf("%s/var/lib/etcd/.before-" FAKE_RUN "/member/snap/db",
				   stage->world.nodes[i].root);
		scoped(mem) char *state =
			mem_printf("%s/etc/kubernetes/etcd-backup/" FAKE_RUN "/state.json",
				   stage->world.nodes[i].root);
		if (!fake_exists(db) || !fake_exists(state))
			return false;
	}
	return true;
}

/* As before; but what clean has removed does not come back: then only what it left goes. */
static bool check_undone(struct stage *stage, struct tally *tally, const char *when,
			 const struct told *told)
{
	scoped(mem) char *now = matrix_tree(&stage->world);

	if (!is(stage, "clean") || kept_is_there(stage))
		return check_outcome(stage, tally, when, told);
	return same_tree(stage, tally, when, "not all as after", now, stage->after);
}

enum play_outcome matrix_good_end(const struct stage *stage)
{
	return matrix_is_drill(stage->matrix->playbook) ? PLAY_UNDONE : PLAY_DONE;
}

/* No node knows the run: then nothing of it may be in the way of going back, or of the next run. */
static bool recover_unknown(struct stage *stage, struct tally *tally, bool undo)
{
	struct fake_world *world = &stage->world;
	struct watch watch;

	if (!undo) {
		matrix_context(world, &stage->book);
		memcpy(world->ctx.run, NEXT_RUN, sizeof(NEXT_RUN));
		struct told told = matrix_run(world, &stage->book, HOW_RUN, NULL, &watch);
		return told.outcome == matrix_good_end(stage) &&
				       fake_world_serves(world, stage->new_data)
			       ? true
			       : bad(stage, tally, "the next run", "fails", told.err.text);
	}
	struct told told = matrix_run(world, &stage->book, HOW_UNDO, NULL, &watch);
	if (told.outcome != PLAY_UNDONE)
		return bad(stage, tally, "undo of an unknown run", "fails", told.err.text);
	return check_undone(stage, tally, "undo of an unknown run", &told);
}

/* How a run that stopped is led on. */
struct way {
	bool undo;
	bool without;                   /* the snapshot is not at hand */
	const struct matrix_case *kill; /* and it is killed there; NULL: it is not */
	struct watch watch;             /* what it did; slot SLOTS: it was not played */
};

/* As `resume` would: on, or back where there is no other way, or it is wanted. */
static enum how choose_how(const struct stage *stage, const struct found *found,
			   const struct way *way)
{
	/* what clean has removed does not come back */
	bool gone = is(stage, "clean") && !kept_is_there(stage);

	if (found->committed)
		return HOW_FINISH;
	return found->undoing || !found->locked || (way->undo && !gone) ||
			       matrix_is_drill(stage->matrix->playbook)
		       ? HOW_UNDO
		       : HOW_RESUME;
}

/* Whether a node has yet to get the snapshot. */
static bool any_missing(struct fake_world *world)
{
	bool any = false;

	for (size_t i = 0; i < world->count; i++) {
		struct err err = ERR_INIT;
		bool missing = true;
		if (snapshot_missing(&world->fleet_nodes[i], &world->ctx, deadline_in(SHORT_MS),
				     &missing, &err))
			return true;
		any |= missing;
	}
	return any;
}

/* From a stop half-way, as another machine would: on to the end, or back. */
static bool recover(struct stage *stage, struct tally *tally, struct way *way)
{
	static const char *const words[] = { "run", "resume", "resume after the commit",
					     "resume --undo" };
	scoped(arena) struct arena *arena = arena_new();
	struct fake_world *world = &stage->world;
	scoped(mem) char *run = mem_strdup(world->ctx.run);
	struct err err = ERR_INIT;
	struct found found;

	way->watch.slot = SLOTS;
	fake_world_mend(world);
	if (matrix_find(world, &stage->book, run, arena, &found, &err))
		return bad(stage, tally, "looking at the nodes", "failed", err.text);
	if (!found.known)
		return way->kill || recover_unknown(stage, tally, way->undo);
	if (found.committed && !found.locked) { /* it had ended */
		scoped(mem) char *now = matrix_tree(world);
		if (!fake_world_serves(world, stage->new_data))
			return bad(stage, tally, "ended", "not every node serves", "");
		return same_tree(stage, tally, "ended", "not all as after", now, stage->after);
	}
	enum how how = choose_how(stage, &found, way);
	enum play_outcome wanted = how == HOW_UNDO ? PLAY_UNDONE : PLAY_DONE;
	if (way->without && how == HOW_RESUME) {
		wanted = any_missing(world) ? PLAY_UNDONE : PLAY_DONE;
		world->ctx.snapshot_path = NULL;
		__atomic_add_fetch(&tally->without, 1, __ATOMIC_SEQ_CST);
	}
	struct told told = matrix_run(world, &stage->book, how, way->kill, &way->watch);
	if (way->kill)
		return told.killed ||
		       bad(stage, tally, words[how], "the second kill did not strike", "");
	if (told.outcome != wanted)
		return bad(stage, tally, words[how],
			   way->without ? "without the snapshot ends otherwise" : "fails",
			   told.err.text);
	return wanted == PLAY_UNDONE ? check_undone(stage, tally, words[how], &told)
				     : check_outcome(stage, tally, words[how], &told);
}

void matrix_forget_journals(const struct stage *stage)
{
	scoped(mem) char *folder = mem_printf("%s/journals", stage->world.folder);

	fake_remove(folder, -1);
}

/* Back to where it stopped; this machine knows nothing of it.  The last time it need not be kept. */
static void stand_there(struct stage *stage, struct fake_saved *stopped, bool last)
{
	if (last)
		fake_world_take(&stage->world, stopped);
	else
		fake_world_load(&stage->world, stopped);
	stage->as_before = false;
	matrix_context(&stage->world, &stage->book); /* for the run's name */
	matrix_forget_journals(stage);
}

/* One of the commands that were sent, a different one for each case; false: there was none. */
static bool choose_kill(const struct stage *stage, const struct watch *watch,
			struct matrix_case *out)
{
	size_t all = 0;

	for (size_t slot = 0; slot < SLOT_NONE; slot++)
		for (size_t node = 0; node < stage->matrix->nodes; node++)
			all += watch->counts[slot][node];
	if (!all)
		return false;
	size_t left = stage->number * 7919 % all; /* a prime: all places have their turn */
	for (size_t slot = 0; slot < SLOT_NONE; slot++)
		for (size_t node = 0; node < stage->matrix->nodes; node++) {
			unsigned count = watch->counts[slot][node];
			if (left >= count) {
				left -= count;
				continue;
			}
			*out = (struct matrix_case){ .slot = slot,
						     .node = node,
						     .command = (unsigned)left,
						     .fault = FAULT_KILLED_BEFORE };
			if (watch->halves[slot][node][left])
				out->fault = FAULT_KILLED_HALF;
			else if (stage->number % 2)
				out->fault = FAULT_KILLED_AFTER;
			return true;
		}
	return false;
}

/* Killed once more where it went on, or back; and from there on and back again. */
static bool kill_again(struct stage *stage, struct tally *tally, const struct way *played)
{
	struct matrix_case second;
	struct way way = { .undo = played->undo, .kill = &second };
	struct fake_saved stopped = { .folder = NULL };
	bool well = true;

	if (played->watch.slot == SLOTS || !choose_kill(stage, &played->watch, &second))
		return true;
	__atomic_add_fetch(&tally->again, 1, __ATOMIC_SEQ_CST);
	stand_there(stage, &stage->stopped, false);
	if (!recover(stage, tally, &way))
		return false;
	if (fake_world_broken(&stage->world))
		return bad(stage, tally, "killed again", "broken",
			   fake_world_broken(&stage->world));
	fake_world_save(&stage->world, &stopped);
	for (int undo = 0; undo < 2 && well; undo++) {
		struct way last = { .undo = undo };
		stand_there(stage, &stopped, undo);
		well = recover(stage, tally, &last);
	}
	fake_saved_scoped(&stopped);
	return well;
}

/* It stopped half-way: everything that can be done then. */
static bool lead_on(struct stage *stage, struct tally *tally)
{
	struct way on = { .undo = false }, back = { .undo = true }, without = { .without = true };
	const struct matrix_case *c = stage->now;
	bool again = stage->matrix->again && stage->number % stage->matrix->again == 0;
	bool sends = c->slot >= SLOT_STEP && c->slot < SLOT_UNDO &&
		     strcmp(stage->book.steps[c->slot - SLOT_STEP].verb->name, "put-snapshot") == 0;

	bool lacks = is(stage, "restore") && (again || sends);

	__atomic_add_fetch(&tally->stopped, 1, __ATOMIC_SEQ_CST);
	fake_world_save(&stage->world, &stage->stopped);
	bool well = recover(stage, tally, &on);
	stand_there(stage, &stage->stopped, !again && !lacks);
	well = recover(stage, tally, &back) && well;
	if (again)
		well = kill_again(stage, tally, &on) && kill_again(stage, tally, &back) && well;
	if (lacks) {
		stand_there(stage, &stage->stopped, true);
		well = recover(stage, tally, &without) && well;
	}
	return well;
}

/* What happened is what the case is about. */
static const char *not_the_case(const struct stage *stage, const struct told *told)
{
	const struct matrix_case *c = stage->now;

	if (c->line)
		return fake_journal_lines() < c->line ? "the disk was never full"
		       : told->outcome == PLAY_NEEDS_YOU
			       ? "a full disk here must not stop it half-way"
			       : NULL;
	if (!stage->world.machines[c->node].fault_hit)
		return "the fault found no place";
	if (c->stop && !told->killed && !told->not_taken)
		return "it went on with what it had not taken over everywhere";
	return told->killed != fault_kills(c->fault) ? "the fault did not strike" : NULL;
}

bool matrix_take_over(struct stage *stage, const struct matrix_case *stop,
		      const struct matrix_case *then, struct told *told, struct watch *watch)
{
	scoped(arena) struct arena *arena = arena_new();
	struct fake_world *world = &stage->world;
	scoped(mem) char *run = mem_strdup(world->ctx.run);
	struct way way = { .undo = stage->number % 2 };
	struct found found;

	*told = matrix_run(world, &stage->book, HOW_RUN, stop, watch);
	if (!told->killed)
		return false;
	fake_world_mend(world);
	matrix_forget_journals(stage);
	if (matrix_find(world, &stage->book, run, arena, &found, &told->err) || !found.known)
		return false;
	*told = matrix_run(world, &stage->book, choose_how(stage, &found, &way), then, watch);
	return true;
}

bool matrix_case_play(struct stage *stage, struct tally *tally)
{
	const struct matrix_case *c = stage->now;
	struct fake_world *world = &stage->world;
	struct watch watch;
	struct told told;

	if (stage->as_before)
		fake_world_mend(world);
	else
		fake_world_load(world, &stage->first);
	stage->as_before = false;
	matrix_forget_journals(stage);
	matrix_context(world, &stage->book);
	fake_journal_full(c->line, c->for_good);
	if (!c->stop)
		told = matrix_run(world, &stage->book, HOW_RUN, c, &watch);
	else if (!matrix_take_over(stage, c->stop, c, &told, &watch))
		return bad(stage, tally, "take over", "there was nothing to take", told.err.text);
	told.disk_full = c->line;
	const char *wrong = not_the_case(stage, &told);
	fake_journal_full(0, false);
	if (wrong)
		return bad(stage, tally, "run", wrong, told.err.text);
	if (!check_outcome(stage, tally, "run", &told))
		return false;
	return (!told.killed && told.outcome != PLAY_NEEDS_YOU) || lead_on(stage, tally);
}
