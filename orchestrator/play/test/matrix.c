/*
 * matrix: see matrix.h.
 */
#include "matrix.h"

#include "fake_clock.h"
#include "fake_journal.h"
#include "matrix_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CASES_MAX = 1024 * 1024, QUOTA = 500 };

/* Cases die by the thousand, and the more memory a process has the longer its fork takes: little freed memory is kept. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "malloc_context_size=1:quarantine_size_mb=1:thread_local_quarantine_size_kb=16:"
	       "max_malloc_fill_size=0";
}

/* --- which cases there are */

static bool is(const struct stage *stage, const char *playbook)
{
	return strcmp(stage->matrix->playbook, playbook) == 0;
}

static void add_case(struct stage *stage, const struct matrix_case *c)
{
	if (stage->count == CASES_MAX)
		abort();
	stage->cases = mem_grow(stage->cases, (stage->count + 1) * sizeof(*stage->cases));
	stage->cases[stage->count++] = *c;
}

/* The last node that the last step before the commit is played on. */
static size_t refuser_of(const struct stage *stage)
{
	const struct playbook *book = &stage->book;

	return book->steps[book->commit - 1].on == ON_FIRST ? 0 : stage->matrix->nodes - 1;
}

/* common: what all cases of the matrix have. */
static void add_cases(struct stage *stage, const struct watch *watch, size_t slot, size_t node,
		      const struct matrix_case *common)
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
			struct matrix_case c = *common;
			c.slot = slot;
			c.node = node;
			c.command = n;
			c.fault = (enum fault)fault;
			if (forced || (n + node + (size_t)fault) % stage->matrix->stride == 0)
				add_case(stage, &c);
		}
}

/*
 * Killed where the last step before the commit has ended on all nodes, and where the first command of the last step comes on the last
 * node: on the others it has ended then.
 */
static void find_taken(struct stage *stage, const struct watch *well)
{
	const struct playbook *book = &stage->book;
	size_t node = refuser_of(stage), slot = book->commit - 1 + SLOT_STEP;
	struct matrix_case stops[] = {
		{ .slot = slot,
		  .node = node,
		  .command = well->counts[slot][node] - 1,
		  .fault = FAULT_KILLED_AFTER },
		{ .slot = book->count - 1 + SLOT_STEP,
		  .node = stage->matrix->nodes - 1,
		  .fault = FAULT_KILLED_BEFORE },
	};

	for (size_t i = 0; i < (book->commit < book->count ? 2 : 1); i++) {
		struct matrix_case *stop = arena_alloc(stage->arena, sizeof(*stop));
		struct told told;
		struct watch watch;
		*stop = stops[i];
		fake_world_load(&stage->world, &stage->first);
		matrix_forget_journals(stage);
		matrix_context(&stage->world, book);
		if (!matrix_take_over(stage, stop, NULL, &told, &watch))
			abort();
		for (node = 0; node < stage->matrix->nodes; node++)
			add_cases(stage, &watch, SLOT_TAKE, node,
				  &(struct matrix_case){ .stop = stop });
	}
}

/* What changes something asks first whether another process has taken over: a case of that alone is none of the verb. */
static bool has_case(const struct stage *stage, const struct verb *verb, size_t slot, size_t node)
{
	unsigned first = verb->kind == VERB_CHANGES ? 1 : 0;

	for (size_t i = 0; i < stage->count; i++)
		if (stage->cases[i].slot == slot && stage->cases[i].node == node &&
		    stage->cases[i].command >= first)
			return true;
	return false;
}

/* How many of the playbook's steps, on a node that they are played on, have no case: nobody would see what a fault does there. */
static size_t count_without(const struct stage *stage)
{
	const struct matrix *matrix = stage->matrix;
	const struct playbook *book = &stage->book;
	size_t without = 0;

	for (size_t i = 0; i < (matrix->undo ? book->commit : book->count); i++) {
		const struct step *step = &book->steps[i];
		size_t nodes = step->on == ON_FIRST ? 1 : matrix->nodes;
		size_t slot = i + (matrix->undo ? (size_t)SLOT_UNDO : (size_t)SLOT_STEP);
		const struct verb *verb = matrix->undo ? step->undo : step->verb;
		for (size_t node = 0; node < nodes; node++) {
			if (!verb || has_case(stage, verb, slot, node))
				continue;
			fprintf(stderr, "%s, %zu nodes: %s%s on node %zu has no case\n", book->name,
				matrix->nodes, matrix->undo ? "undo of " : "", step->verb->name,
				node + 1);
			without++;
		}
	}
	return without;
}

/* A run without a fault tells how many commands each step has on each node.  Returns how many steps have no case. */
static size_t find_cases(struct stage *stage)
{
	const struct playbook *book = &stage->book;
	const struct matrix *matrix = stage->matrix;
	size_t refused = matrix->undo ? book->commit - 1 + SLOT_STEP : 0;
	struct matrix_case trigger = { .slot = SLOT_NONE,
				       .refused = refused,
				       .refuser = refuser_of(stage) };
	struct watch watch;

	fake_journal_full(0, false);
	struct told told = matrix_run(&stage->world, book, HOW_RUN, &trigger, &watch);
	if (told.outcome != (refused ? PLAY_UNDONE : matrix_good_end(stage))) {
		fprintf(stderr, "%s without a fault: %s\n", book->name, told.err.text);
		abort();
	}
	if (matrix->taken)
		find_taken(stage, &watch);
	for (size_t line = 1; matrix->journal && line <= fake_journal_lines(); line++)
		for (int for_good = 0; for_good < 2; for_good++)
			add_case(stage,
				 &(struct matrix_case){ .line = line, .for_good = for_good });
	if (matrix->taken || matrix->journal)
		return 0;
	for (size_t slot = 0; slot < SLOT_TAKE; slot++)
		for (size_t node = 0; node < matrix->nodes; node++)
			if (refused ? slot == SLOT_MARK || slot >= SLOT_UNDO : slot != SLOT_MARK)
				add_cases(stage, &watch, slot, node, &trigger);
	return count_without(stage);
}

/* --- the stage */

static void must_play(struct stage *stage, const char *playbook, const char *token)
{
	struct playbook book;
	struct watch watch;

	matrix_book(stage->arena, playbook, &book);
	matrix_context(&stage->world, &book);
	struct told told = matrix_run(&stage->world, &book, HOW_RUN, NULL, &watch);
	if (told.outcome != (book.commit < book.count ? PLAY_DONE : PLAY_UNDONE) ||
	    !fake_world_serves(&stage->world, token) || fake_world_broken(&stage->world)) {
		fprintf(stderr, "%s: %s\n", playbook, told.err.text);
		abort();
	}
}

static void stage_open(struct stage *stage, const struct matrix *matrix)
{
	*stage = (struct stage){ .matrix = matrix, .arena = arena_new() };
	fake_world_open(&stage->world, matrix->nodes, matrix->wal_dir);
	stage->world.alarm = matrix->alarm;
	for (size_t i = 0; i < matrix->nodes && matrix->alarm; i++)
		stage->world.cluster.members[i].quota = QUOTA;
	matrix_book(stage->arena, matrix->playbook, &stage->book);
	bool rejoin = is(stage, "rejoin"), drill = matrix_is_drill(stage->matrix->playbook);
	stage->old_data = is(stage, "restore") || rejoin || drill ? FAKE_OLD_TOKEN : FAKE_TOKEN;
	stage->new_data = is(stage, "rollback") || drill ? FAKE_OLD_TOKEN : FAKE_TOKEN;
	if (rejoin)
		fake_world_exile(&stage->world);
	else if (!is(stage, "restore") && !drill)
		must_play(stage, "restore", FAKE_TOKEN);
	fake_world_save(&stage->world, &stage->first);
	stage->before = fake_world_tree(&stage->world);
	must_play(stage, matrix->playbook, stage->new_data);
	stage->after = matrix_tree(&stage->world);
	fake_world_load(&stage->world, &stage->first);
	matrix_forget_journals(stage);
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
		stage.number = i;
		matrix_case_play(&stage, tally);
		tally->done[worker]++;
	}
	return 0;
}

static size_t play_all(struct stage *plan, struct tally *out)
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
	*out = *tally;
	munmap(tally, sizeof(*tally));
	return failed;
}

static void print_matrix(const struct matrix *m, size_t count, const struct tally *tally,
			 size_t failed)
{
	printf("%s%s%s%s%s%s, %zu node%s: %zu cases, stride %zu", m->playbook,
	       m->wal_dir ? " with a WAL folder" : "", m->alarm ? " with an alarm" : "",
	       m->undo ? ", undo" : "", m->taken ? ", taken over" : "",
	       m->journal ? ", journal's disk full" : "", m->nodes, m->nodes == 1 ? "" : "s", count,
	       m->stride);
	if (tally->stopped)
		printf("; %zu stopped half-way, %zu killed again, %zu without the snapshot",
		       tally->stopped, tally->again, tally->without);
	printf(": %zu failed\n", failed);
	fflush(stdout);
}

size_t matrix_play(const struct matrix *matrix, size_t *cases)
{
	scoped(stage) struct stage plan;
	struct tally tally;

	fake_clock_stand_still();
	stage_open(&plan, matrix);
	size_t failed = find_cases(&plan);
	failed += play_all(&plan, &tally);
	print_matrix(matrix, plan.count, &tally, failed);
	*cases += plan.count;
	return failed;
}
