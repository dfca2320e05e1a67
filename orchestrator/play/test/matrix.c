/*
 * matrix: see matrix.h.
 */
#include "matrix.h"

#include "fake_clock.h"
#include "fake_files.h"
#include "matrix_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CASES_MAX = 1024 * 1024, WORKERS_MAX = 4, SHOWN_MAX = 10 };

/* Cases die by the thousand, and the more memory a process has the longer its fork takes: little freed memory is kept. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "malloc_context_size=1:quarantine_size_mb=1:thread_local_quarantine_size_kb=16:"
	       "max_malloc_fill_size=0";
}

/* What all cases of a matrix share. */
struct stage {
	const struct matrix *matrix;
	struct fake_world world;
	struct arena *arena;
	struct playbook book;
	struct fake_saved first, stopped; /* before the run; where it stopped */
	char *before, *after;             /* the nodes before, and after a run without a fault */
	const char *old_data, *new_data;  /* what etcd serves before and after */
	struct matrix_case *cases;
	size_t count;
	const struct matrix_case *now;
	bool as_before; /* the nodes are: nothing to load */
};

struct tally {
	size_t failed, done[WORKERS_MAX];
};

static bool is(const struct stage *stage, const char *playbook)
{
	return strcmp(stage->matrix->playbook, playbook) == 0;
}

/* A problem of the case that is played now. */
static bool bad(const struct stage *stage, struct tally *tally, const char *when, const char *what,
		const char *more)
{
	const struct matrix_case *c = stage->now;
	bool undo = c->slot >= SLOT_UNDO;
	size_t index = c->slot - (undo ? (size_t)SLOT_UNDO : (size_t)SLOT_STEP);
	const char *name = c->slot == SLOT_MARK ? "the mark"
			   : undo               ? stage->book.steps[index].undo->name
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
	scoped(mem) char *now = fake_world_tree(world);
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
	scoped(mem) char *now = fake_world_tree(&stage->world);

	if (!is(stage, "clean") || kept_is_there(stage))
		return check_outcome(stage, tally, when, told);
	return same_tree(stage, tally, when, "not all as after", now, stage->after);
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
		return told.outcome == PLAY_DONE && fake_world_serves(world, stage->new_data)
			       ? true
			       : bad(stage, tally, "the next run", "fails", told.err.text);
	}
	struct told told = matrix_run(world, &stage->book, HOW_UNDO, NULL, &watch);
	if (told.outcome != PLAY_UNDONE)
		return bad(stage, tally, "undo of an unknown run", "fails", told.err.text);
	return check_undone(stage, tally, "undo of an unknown run", &told);
}

/* From a stop half-way, as another machine would: on to the end, or back. */
static bool recover(struct stage *stage, struct tally *tally, bool undo)
{
	scoped(arena) struct arena *arena = arena_new();
	struct fake_world *world = &stage->world;
	scoped(mem) char *run = mem_strdup(world->ctx.run);
	struct err err = ERR_INIT;
	struct found found;
	struct watch watch;
	enum how how = HOW_RESUME;

	fake_world_mend(world);
	if (matrix_find(world, &stage->book, run, arena, &found, &err))
		return bad(stage, tally, "looking at the nodes", "failed", err.text);
	if (!found.known)
		return recover_unknown(stage, tally, undo);
	/* what clean has removed does not come back */
	bool gone = is(stage, "clean") && !kept_is_there(stage);
	if (found.committed && !found.locked) { /* it had ended */
		scoped(mem) char *now = fake_world_tree(world);
		if (!fake_world_serves(world, stage->new_data))
			return bad(stage, tally, "ended", "not every node serves", "");
		return same_tree(stage, tally, "ended", "not all as after", now, stage->after);
	}
	if (found.committed)
		how = HOW_FINISH;
	else if (found.undoing || !found.locked || (undo && !gone))
		how = HOW_UNDO;
	static const char *const words[] = { "run", "resume", "resume after the commit",
					     "resume --undo" };
	struct told told = matrix_run(world, &stage->book, how, NULL, &watch);
	if (told.outcome != (how == HOW_UNDO ? PLAY_UNDONE : PLAY_DONE))
		return bad(stage, tally, words[how], "fails", told.err.text);
	return how == HOW_UNDO ? check_undone(stage, tally, words[how], &told)
			       : check_outcome(stage, tally, words[how], &told);
}

static void forget_journals(const struct stage *stage)
{
	scoped(mem) char *folder = mem_printf("%s/journals", stage->world.folder);

	fake_remove(folder, -1);
}

static bool play_case(struct stage *stage, struct tally *tally)
{
	struct fake_world *world = &stage->world;
	const struct matrix_case *c = stage->now;
	struct watch watch;

	if (stage->as_before)
		fake_world_mend(world);
	else
		fake_world_load(world, &stage->first);
	stage->as_before = false;
	forget_journals(stage);
	matrix_context(world, &stage->book);
	struct told told = matrix_run(world, &stage->book, HOW_RUN, c, &watch);
	if (!world->machines[c->node].fault_hit)
		return bad(stage, tally, "run", "the fault found no place", told.err.text);
	if (told.killed != fault_kills(c->fault))
		return bad(stage, tally, "run", "the fault did not strike", told.err.text);
	if (!check_outcome(stage, tally, "run", &told))
		return false;
	if (!told.killed && told.outcome != PLAY_NEEDS_YOU)
		return true;
	fake_world_save(world, &stage->stopped);
	bool well = recover(stage, tally, false);
	fake_world_take(world, &stage->stopped);
	stage->as_before = false;
	matrix_context(world, &stage->book); /* for the run's name */
	forget_journals(stage);
	return recover(stage, tally, true) && well;
}

/* --- which cases there are */

static void add_case(struct stage *stage, const struct matrix_case *c)
{
	if (stage->count == CASES_MAX)
		abort();
	stage->cases = mem_grow(stage->cases, (stage->count + 1) * sizeof(*stage->cases));
	stage->cases[stage->count++] = *c;
}

static void add_cases(struct stage *stage, const struct watch *watch, size_t slot, size_t node,
		      size_t refused)
{
	unsigned commands = watch->counts[slot][node];

	if (commands > COMMANDS_MAX)
		abort();
	for (int fault = FAULT_BEFORE; fault < FAULT_REFUSED; fault++)
		for (unsigned n = 0; n < commands; n++) {
			bool half = fault == FAULT_HALF || fault == FAULT_KILLED_HALF;
			bool forced = half || n == (node + (unsigned)fault) % commands;
			if (half && !watch->halves[slot][node][n])
				continue;
			if (forced || (n + node + (size_t)fault) % stage->matrix->stride == 0)
				add_case(stage,
					 &(struct matrix_case){ slot, node, n, (enum fault)fault,
								refused });
		}
}

/* A run without a fault tells how many commands each step has on each node. */
static void find_cases(struct stage *stage)
{
	const struct playbook *book = &stage->book;
	size_t refused = stage->matrix->undo ? book->commit - 1 + SLOT_STEP : 0;
	struct matrix_case trigger = { .slot = SLOTS - 1, .refused = refused };
	struct watch watch;

	struct told told = matrix_run(&stage->world, book, HOW_RUN, &trigger, &watch);
	if (told.outcome != (refused ? PLAY_UNDONE : PLAY_DONE)) {
		fprintf(stderr, "%s without a fault: %s\n", book->name, told.err.text);
		abort();
	}
	for (size_t slot = 0; slot < SLOTS - 1; slot++)
		for (size_t node = 0; node < stage->matrix->nodes; node++)
			if (refused ? slot == SLOT_MARK || slot >= SLOT_UNDO : slot != SLOT_MARK)
				add_cases(stage, &watch, slot, node, refused);
}

/* --- the stage */

static void must_play(struct stage *stage, const char *playbook, const char *token)
{
	struct playbook book;
	struct watch watch;

	matrix_book(stage->arena, playbook, &book);
	matrix_context(&stage->world, &book);
	struct told told = matrix_run(&stage->world, &book, HOW_RUN, NULL, &watch);
	if (told.outcome != PLAY_DONE || !fake_world_serves(&stage->world, token) ||
	    fake_world_broken(&stage->world)) {
		fprintf(stderr, "%s: %s\n", playbook, told.err.text);
		abort();
	}
}

static void stage_open(struct stage *stage, const struct matrix *matrix)
{
	*stage = (struct stage){ .matrix = matrix, .arena = arena_new() };
	fake_world_open(&stage->world, matrix->nodes, matrix->wal_dir);
	matrix_book(stage->arena, matrix->playbook, &stage->book);
	stage->old_data = is(stage, "restore") ? FAKE_OLD_TOKEN : FAKE_TOKEN;
	stage->new_data = is(stage, "rollback") ? FAKE_OLD_TOKEN : FAKE_TOKEN;
	if (!is(stage, "restore"))
		must_play(stage, "restore", FAKE_TOKEN);
	fake_world_save(&stage->world, &stage->first);
	stage->before = fake_world_tree(&stage->world);
	must_play(stage, matrix->playbook, stage->new_data);
	stage->after = fake_world_tree(&stage->world);
	fake_world_load(&stage->world, &stage->first);
	forget_journals(stage);
	matrix_context(&stage->world, &stage->book);
}

static void stage_scoped(struct stage *stage)
{
	fake_saved_scoped(&stage->first);
	fake_saved_scoped(&stage->stopped);
	free(stage->before);
	free(stage->after);
	free(stage->cases);
	fake_world_close(&stage->world);
	arena_free(stage->arena);
}

/* Every nth case, on a stage of its own; in a process of its own. */
static int work(const struct stage *plan, struct tally *tally, size_t worker, size_t workers)
{
	scoped(stage) struct stage stage;

	stage_open(&stage, plan->matrix);
	for (size_t i = worker; i < plan->count; i += workers) {
		stage.now = &plan->cases[i];
		play_case(&stage, tally);
		tally->done[worker]++;
	}
	return 0;
}

static size_t play_all(struct stage *plan)
{
	struct tally *tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	size_t workers = processors < 2             ? 1
			 : processors > WORKERS_MAX ? WORKERS_MAX
						    : (size_t)processors;
	size_t done = 0;
	int status;

	if (tally == MAP_FAILED)
		abort();
	fflush(NULL);
	for (size_t w = 0; w < workers; w++)
		if (fork() == 0) {
			int code = work(plan, tally, w, workers);
			exit(code); /* not _exit: leaks are looked for */
		}
	while (wait(&status) > 0)
		if (!WIFEXITED(status) || WEXITSTATUS(status))
			tally->failed++;
	for (size_t w = 0; w < workers; w++)
		done += tally->done[w];
	size_t failed = tally->failed + (done != plan->count);
	munmap(tally, sizeof(*tally));
	return failed;
}

size_t matrix_play(const struct matrix *matrix)
{
	scoped(stage) struct stage plan;

	fake_clock_stand_still();
	stage_open(&plan, matrix);
	find_cases(&plan);
	size_t failed = play_all(&plan);
	printf("%s%s%s, %zu node%s: %zu cases, stride %zu: %zu failed\n", matrix->playbook,
	       matrix->wal_dir ? " with a WAL folder" : "", matrix->undo ? ", undo" : "",
	       matrix->nodes, matrix->nodes == 1 ? "" : "s", plan.count, matrix->stride, failed);
	fflush(stdout);
	return failed;
}
