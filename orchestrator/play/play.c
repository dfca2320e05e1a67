/*
 * play: see play.h.  A plain loop over steps; undo is that loop backwards.  It knows no verb by name.
 */
#include "play/play.h"

#include "base/mem.h"
#include "play/play_step.h"
#include "play/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TRIES = 3, MARK_MS = 10 * 1000 };

/* Those whose turn has come, and who did not fail; in turns (forward only) none has it after one that fails. */
static void add_done(const struct play *play, const struct step *step, bool undo,
		     const struct err errs[], bool done[])
{
	for (size_t n = 0; n < fleet_count(play->fleet); n++) {
		if (errs[n].code && !undo && step->on == ON_ONE_BY_ONE)
			return;
		done[n] = done[n] || errs[n].code == ERR_NONE;
	}
}

/*
 * One step until every node has done it, or TRIES are used up.  For undos and for what comes after the commit: a connection
 * that is lost for a moment must not be the end; verbs look first, so those that have done it do nothing.  Nodes that are done
 * already have no part in it; in the end `done` says who is, and errs who failed in the last try.
 */
static int play_step_again(struct play *play, size_t index, bool undo, bool done[],
			   struct err errs[], struct err *err)
{
	for (int attempt = 1;; attempt++) {
		if (!play_step(play, index, undo, done, errs, err))
			return 0;
		add_done(play, &play->playbook->steps[index], undo, errs, done);
		if (attempt == TRIES || err->code == ERR_CANCELLED || err->code == ERR_TAKEN)
			return -1;
		*err = ERR_INIT; /* a try that succeeds leaves no error behind */
	}
}

/* Adds to an error that stands: what went wrong while undoing it, and whether the other nodes are as before. */
static void add_undo_failure(struct err *err, const struct err *undo_err, bool others)
{
	const char *end = others ? " (the other nodes are as before, but for the lock)" : "";
	char first[sizeof(err->text)];

	if (!err->text[0]) { /* an undo is all that was wanted */
		*err = *undo_err;
		snprintf(err->text, sizeof(err->text), "%.300s%s", undo_err->text, end);
		return;
	}
	memcpy(first, err->text, sizeof(first));
	snprintf(err->text, sizeof(err->text), "%.270s; then undoing failed: %.270s%s", first,
		 undo_err->text, end);
	if (undo_err->hint[0])
		memcpy(err->hint, undo_err->hint, sizeof(err->hint));
}

static int mark_undoing(struct node *node, void *arg, struct err *err)
{
	const struct play *play = arg;
	uint64_t deadline = deadline_in(MARK_MS);

	/* not into a run that is another's by now: it may be going forward */
	return play_check_held(node, play->ctx, deadline, err) ||
			       state_mark_durable(node, play->ctx, "undoing", deadline, err)
		       ? -1
		       : 0;
}

/*
 * One step with every node that is not left out; whoever fails in it is from there on.  Where they have turns, those after one that
 * fails do not have theirs: what a turn does may need the one before.  0, or -1 with err of the first that failed; *going: somebody is
 * left to go on, and may.
 */
static int play_step_leaving(struct play *play, size_t index, bool undo, bool left_out[],
			     bool *going, struct err *err)
{
	struct err errs[FLEET_MAX];
	bool done[FLEET_MAX], failed = false, left = false;

	memcpy(done, left_out, sizeof(done));
	if (!play_step_again(play, index, undo, done, errs, err))
		return 0;
	for (size_t n = 0; n < fleet_count(play->fleet); n++) {
		failed = failed || errs[n].code;
		left_out[n] = left_out[n] || errs[n].code;
		left = left || !left_out[n];
	}
	*going = failed && left && err->code != ERR_CANCELLED && err->code != ERR_TAKEN;
	return -1;
}

/* The first step that changes anything: it takes the lock. */
static size_t lock_step(const struct play *play)
{
	size_t i = 0;

	while (i < play->playbook->count && play->playbook->steps[i].verb->kind != VERB_CHANGES)
		i++;
	return i;
}

/*
 * The undos of the first `begun` steps, backwards.  A node that fails in one stays as it is from there on; the others go on
 * back: members of old and of new data do not talk to each other, so only one of both can be a quorum, and no API server is
 * started over the new.  They keep lock and state then, for whoever leads the run to its end.  Nothing more is done when all fail, the operator ends it, or another process has the run.
 * -1 when any failed.
 */
static int undo_from(struct play *play, size_t begun, struct err *err)
{
	struct err ignored[FLEET_MAX], first = ERR_INIT;
	bool left_out[FLEET_MAX] = { false }, going = true;
	size_t lock = lock_step(play), i = begun;

	fleet_shield(play->fleet);
	/* whoever goes on with a run that dies here goes back, too; where nothing is locked there is nothing to mark */
	fleet_each(play->fleet, mark_undoing, play, NULL, ignored, NULL, NULL);
	while (going && i-- > 0 && (!first.code || i > lock)) {
		struct err undo_err = ERR_INIT;
		if (!play->playbook->steps[i].undo)
			continue;
		if (play_step_leaving(play, i, true, left_out, &going, &undo_err) && !first.code)
			first = undo_err;
	}
	if (!first.code)
		return 0;
	add_undo_failure(err, &first, going);
	return -1;
}

static bool anything_changed(const struct play *play, size_t begun)
{
	for (size_t i = 0; i < begun; i++)
		if (play->playbook->steps[i].verb->kind == VERB_CHANGES)
			return true;
	return false;
}

/* Ctrl-C once more during an undo: the journal says how far it came. */
static void stop_at_once(void *arg)
{
	struct play *play = arg;
	static const char words[] = "error: stopped at once; some nodes may be half-way. journal: ";
	const char *path = play->journal ? journal_path(play->journal) : "none";

	(void)!write(STDERR_FILENO, words, sizeof(words) - 1);
	(void)!write(STDERR_FILENO, path, strlen(path));
	(void)!write(STDERR_FILENO, "\n", 1);
	_exit(5);
}

static enum play_outcome fail_before_commit(struct play *play, size_t begun, struct err *err)
{
	bool changed = anything_changed(play, begun);
	struct err ignored = ERR_INIT;

	if (err->code == ERR_TAKEN) { /* not ours any more, neither to undo */
		if (play->journal)
			journal_add(play->journal, "end", NULL, NULL, err->text, &ignored);
		return PLAY_NEEDS_YOU;
	}
	if (changed && undo_from(play, begun, err)) {
		if (play->journal)
			journal_add(play->journal, "end", NULL, NULL, "an undo failed", &ignored);
		return PLAY_NEEDS_YOU;
	}
	if (play->journal)
		journal_add(play->journal, "end", NULL, NULL, changed ? "undone" : "untouched",
			    &ignored);
	return changed ? PLAY_UNDONE : PLAY_UNTOUCHED;
}

static int forward_before_commit(struct play *play, size_t i, size_t *begun, struct err *err)
{
	struct err errs[FLEET_MAX];

	const char *name = play->playbook->steps[i].verb->name;

	*begun = i; /* without this step */
	if (fleet_cancelled(play->fleet))
		return err_set(err, ERR_CANCELLED, "interrupted before %s", name);
	if (play->deadline && now_ms() > play->deadline)
		return err_set(err, ERR_TIMEOUT, "the run's --timeout is over before %s", name);
	if (play->playbook->steps[i].verb->kind == VERB_CHANGES &&
	    fleet_catch_signals(play->fleet, stop_at_once, play, err))
		return -1; /* not reached: libuv has no signals */
	*begun = i + 1;
	return play_step(play, i, false, NULL, errs, err);
}

/* Interrupted past the commit: the step has ended, and the next one waits for a resume. */
static bool stopped_after(const struct play *play, size_t i, struct err *err)
{
	const struct playbook *book = play->playbook;

	if (i + 1 == book->count || !fleet_cancelled(play->fleet))
		return false;
	err_set(err, ERR_CANCELLED, "interrupted past the commit; %s was ended",
		book->steps[i].verb->name);
	err_hint(err, "there is only forward: kubectl etcd-backup resume %s", play->ctx->run);
	return true;
}

/*
 * What follows the commit is only played forward.  A node that fails in a step is left as it is from there on; the others go on: their
 * API servers must not stay down for one node that has died.  They keep the lock then, for whoever leads the run to its end.
 */
static int forward_from_commit(struct play *play, struct err *err)
{
	const struct playbook *book = play->playbook;
	const struct verb *unlock = book->steps[lock_step(play)].undo;
	bool left_out[FLEET_MAX] = { false }, going = true, locked = false;
	struct err first = ERR_INIT;

	for (size_t i = book->commit; going && i < book->count; i++) {
		struct err step_err = ERR_INIT;
		if (first.code && book->steps[i].verb == unlock) {
			locked = true;
			continue;
		}
		bool failed = play_step_leaving(play, i, false, left_out, &going, &step_err);
		for (size_t n = 0; n < fleet_count(play->fleet); n++)
			play->ctx->nodes[n].left_out = left_out[n];
		if (failed) {
			first = first.code ? first : step_err;
			going = going && book->steps[i].on != ON_FIRST; /* the others wait for it */
		}
		if (going && stopped_after(play, i, &step_err)) {
			*err = first.code ? first : step_err;
			return -1;
		}
	}
	if (!first.code)
		return 0;
	*err = first;
	if (locked)
		snprintf(err->text, sizeof(err->text), "%.400s%s", first.text,
			 " (the other nodes went on, but for the lock)");
	return -1;
}

static enum play_outcome run_committed(struct play *play, struct err *err)
{
	struct err ignored = ERR_INIT;

	fleet_shield(play->fleet);
	play->deadline = 0;
	int failed = forward_from_commit(play, err);
	if (play->journal)
		journal_add(play->journal, "end", NULL, NULL,
			    failed            ? err->text
			    : play->ctx->gone ? "abandoned"
					      : NULL,
			    &ignored);
	return failed ? PLAY_NEEDS_YOU : PLAY_DONE;
}

/* From the first step.  `earlier`: an earlier process began it, so that every step may have happened. */
static enum play_outcome run_all(struct play *play, bool earlier, struct err *err)
{
	const struct playbook *book = play->playbook;
	size_t begun = 0;

	for (size_t i = 0; i < book->commit; i++)
		if (forward_before_commit(play, i, &begun, err))
			return fail_before_commit(play, earlier ? book->commit : begun, err);
	if (book->commit < book->count) {
		if (fleet_cancelled(play->fleet)) {
			err_set(err, ERR_CANCELLED, "interrupted before the commit");
			return fail_before_commit(play, book->commit, err);
		}
		if (play->journal && journal_add(play->journal, "commit", NULL, NULL, NULL, err))
			return fail_before_commit(play, book->commit, err);
		if (play->events.committed)
			play->events.committed(play->events.arg, book->commit_text);
	}
	return run_committed(play, err);
}

enum play_outcome play_run(struct play *play, struct err *err)
{
	return run_all(play, false, err);
}

enum play_outcome play_resume(struct play *play, bool committed, struct err *err)
{
	struct err ignored = ERR_INIT;

	if (!committed)
		return run_all(play, true, err);
	if (fleet_catch_signals(play->fleet, stop_at_once, play, err))
		return PLAY_NEEDS_YOU; /* not reached: libuv has no signals */
	/* this machine's journal may have begun only now */
	if (play->journal)
		journal_add(play->journal, "commit", NULL, NULL, NULL, &ignored);
	return run_committed(play, err);
}

enum play_outcome play_undo(struct play *play, struct err *err)
{
	struct err ignored = ERR_INIT;
	struct err undo_err = ERR_INIT;

	if (fleet_catch_signals(play->fleet, stop_at_once, play, err))
		return PLAY_NEEDS_YOU; /* not reached: libuv has no signals */
	if (!undo_from(play, play->playbook->commit, &undo_err)) {
		if (play->journal)
			journal_add(play->journal, "end", NULL, NULL, "undone", &ignored);
		return PLAY_UNDONE;
	}
	*err = undo_err;
	if (play->journal)
		journal_add(play->journal, "end", NULL, NULL, "an undo failed", &ignored);
	return PLAY_NEEDS_YOU;
}

int play_look(struct play *play, struct err *err)
{
	struct err errs[FLEET_MAX];

	for (size_t i = 0; i < play->playbook->count; i++) {
		if (play->playbook->steps[i].verb->kind == VERB_CHANGES)
			break;
		if (play_step(play, i, false, NULL, errs, err))
			return -1;
	}
	return 0;
}

/* Notes the nodes that did not answer as left out; whether any node failed. */
static bool leave_out(const struct play *play, const struct err errs[], bool left_out[])
{
	bool failed = false;

	for (size_t n = 0; n < fleet_count(play->fleet); n++) {
		const enum err_code code = errs[n].code;
		left_out[n] |= code && code != ERR_REMOTE && code != ERR_UNSAFE;
		failed |= code != ERR_NONE;
	}
	return failed;
}

int play_look_all(struct play *play, bool left_out[], struct err *err)
{
	const struct playbook *book = play->playbook;
	struct err errs[FLEET_MAX], first = ERR_INIT;

	for (size_t i = 0; i < book->count && book->steps[i].verb->kind == VERB_LOOKS; i++) {
		struct err step_err = ERR_INIT;
		bool all = true;
		for (size_t n = 0; n < fleet_count(play->fleet); n++)
			all = all && !left_out[n];
		if (!all && book->steps[i].on == ON_FIRST)
			continue;
		int failed = play_step(play, i, false, left_out, errs, &step_err);
		/* of nodes that were not read nobody can tell whether they agree with the others */
		if ((leave_out(play, errs, left_out) || (failed && all)) && !first.code)
			first = step_err;
		if (step_err.code == ERR_CANCELLED)
			break;
	}
	if (!first.code)
		return 0;
	*err = first;
	return -1;
}

int play_status(enum play_outcome outcome, const struct err *err)
{
	switch (outcome) {
	case PLAY_DONE:
		return 0;
	case PLAY_UNDONE:
		return 4;
	case PLAY_NEEDS_YOU:
		return 5;
	case PLAY_UNTOUCHED:
		break;
	}
	return err_status(err->code);
}
