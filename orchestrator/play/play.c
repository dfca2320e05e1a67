/*
 * play: see play.h.  A plain loop over steps; undo is that loop backwards.  It knows no verb by name.
 */
#include "play/play.h"

#include "base/mem.h"
#include "play/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TRIES = 3, MARK_MS = 10 * 1000, AHEAD_MS = 8 * 1000 };

struct call {
	const struct verb *verb;
	const struct play_ctx *ctx;
	uint64_t deadline;
};

struct ended {
	struct play *play;
	const struct step *step;
	const char *ok, *failed; /* words for the journal */
	struct err journal_err;
};

/* -1 TAKEN: somebody else goes on with this run. */
static int check_held(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		      struct err *err)
{
	bool held = true;

	if (ctx->holder[0] && state_held(node, ctx, deadline, &held, err))
		return -1;
	return held ? 0
		    : err_set(err, ERR_TAKEN,
			      "another process has taken over run %s: this one stops", ctx->run);
}

static int call_verb(struct node *node, void *arg, struct err *err)
{
	const struct call *call = arg;

	if (call->verb->kind == VERB_CHANGES && check_held(node, call->ctx, call->deadline, err))
		return -1;
	return call->verb->run(node, call->ctx, call->deadline, err);
}

static void node_ended(void *arg, const struct node *node, uint64_t ms, const struct err *err)
{
	struct ended *ended = arg;
	struct play *play = ended->play;

	if (play->journal && ended->journal_err.code == ERR_NONE)
		journal_add(play->journal, err ? ended->failed : ended->ok, ended->step->verb->name,
			    node->name, err ? err->text : NULL, &ended->journal_err);
	if (play->events.node_ended)
		play->events.node_ended(play->events.arg, ended->step, node, ms, err);
}

/* The step's own limit, or that of the run, which holds up to the commit and not for undos. */
static uint64_t step_deadline(const struct play *play, const struct step *step)
{
	uint64_t own = deadline_in(step->timeout_ms);

	return !play->ctx->undoing && play->deadline && play->deadline < own ? play->deadline : own;
}

/* One node after the other, until one fails. */
static int run_in_turns(struct play *play, const struct step *step, struct call *call,
			struct ended *ended, const bool only[], struct err errs[])
{
	struct err turn_errs[FLEET_MAX];
	int failed = 0;

	for (size_t i = 0; i < fleet_count(play->fleet) && !failed; i++) {
		bool one[FLEET_MAX] = { false };
		one[i] = only[i];
		call->deadline = step_deadline(play, step);
		failed =
			fleet_each(play->fleet, call_verb, call, one, turn_errs, node_ended, ended);
		errs[i] = turn_errs[i];
	}
	return failed;
}

/* The first node, then the others when it is ahead; they do not wait for one that fails. */
static int run_first_ahead(struct play *play, const struct step *step, struct call *call,
			   struct ended *ended, const bool only[], struct err errs[])
{
	struct call ahead = { step->ahead, call->ctx, deadline_in(AHEAD_MS) };
	bool first[FLEET_MAX] = { only[0] }, others[FLEET_MAX];
	struct err other_errs[FLEET_MAX], ignored[FLEET_MAX];
	size_t count = fleet_count(play->fleet);

	memcpy(others, only, sizeof(others));
	others[0] = false;
	int failed = fleet_each(play->fleet, call_verb, call, first, errs, node_ended, ended);
	if (!failed && count > 1)
		fleet_each(play->fleet, call_verb, &ahead, first, ignored, NULL, NULL);
	call->deadline = step_deadline(play, step);
	if (fleet_each(play->fleet, call_verb, call, others, other_errs, node_ended, ended))
		failed = -1;
	for (size_t i = 1; i < count; i++)
		errs[i] = other_errs[i];
	return failed;
}

/* Runs one verb on the step's nodes; the barrier is at the return. */
static int run_on_nodes(struct play *play, const struct step *step, const struct verb *verb,
			struct ended *ended, const bool done[], struct err errs[])
{
	size_t count = fleet_count(play->fleet);
	struct call call = { verb, play->ctx, step_deadline(play, step) };
	bool only[FLEET_MAX] = { false };
	bool forward = !play->ctx->undoing;

	for (size_t i = 0; i < count; i++) {
		only[i] = !(done && done[i]) && (step->on != ON_FIRST || i == 0);
		errs[i] = ERR_INIT;
	}
	if (forward && step->ahead && only[0])
		return run_first_ahead(play, step, &call, ended, only, errs);
	if (forward && step->on == ON_ONE_BY_ONE &&
	    (!verb->needs_turns || verb->needs_turns(play->ctx)))
		return run_in_turns(play, step, &call, ended, only, errs);
	return fleet_each(play->fleet, call_verb, &call, only, errs, node_ended, ended);
}

/* One step, forward or as an undo, with journal and events.  errs says which node failed. */
static int play_step(struct play *play, size_t index, bool undo, const bool done[],
		     struct err errs[], struct err *err)
{
	const struct step *step = &play->playbook->steps[index];
	const struct verb *verb = undo ? step->undo : step->verb;
	struct step shown = *step;
	struct ended ended = { .play = play,
			       .step = &shown,
			       .ok = undo ? "undone" : "ok",
			       .failed = "failed",
			       .journal_err = ERR_INIT };
	struct err unwritten = ERR_INIT;
	uint64_t start = now_ms();

	shown.verb = verb;
	if (undo && shown.timeout_ms < verb->timeout_ms)
		shown.timeout_ms = verb->timeout_ms;
	for (size_t i = 0; i < fleet_count(play->fleet); i++)
		errs[i] = ERR_INIT;
	/* what is not written down must not begin; but an undo, and what follows the commit, must not fail for a full disk here */
	bool needed = !undo && index < play->playbook->commit;
	if (play->journal &&
	    journal_add(play->journal, undo ? "undo" : "begin", verb->name, NULL, NULL,
			&unwritten) &&
	    needed) {
		*err = unwritten;
		return -1;
	}
	if (play->events.step_begins)
		play->events.step_begins(play->events.arg, index + 1, play->playbook->count, &shown,
					 undo);
	play->ctx->undoing = undo;
	int failed = run_on_nodes(play, &shown, verb, &ended, done, errs);
	if (failed) {
		for (size_t i = 0; i < fleet_count(play->fleet); i++)
			if (errs[i].code)
				err_in(&errs[i], "%s", verb->name);
		fleet_first(play->fleet, errs, err);
	} else if (ended.journal_err.code && needed) {
		*err = ended.journal_err;
		failed = -1;
	} else if (!undo && verb->judge && verb->judge(play->ctx, err)) {
		failed = err_in(err, "%s", verb->name);
	}
	if (play->events.step_ended)
		play->events.step_ended(play->events.arg, &shown, now_ms() - start, failed != 0,
					undo);
	return failed ? -1 : 0;
}

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
 * already have no part in it; in the end `done` says who is.
 */
static int play_step_again(struct play *play, size_t index, bool undo, bool done[], struct err *err)
{
	struct err errs[FLEET_MAX];

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
	return check_held(node, play->ctx, deadline, err) ||
			       state_mark_durable(node, play->ctx, "undoing", deadline, err)
		       ? -1
		       : 0;
}

/* Whoever has not done a step has no part in those that come; false: nobody is left. */
static bool leave_out(const struct play *play, const bool done[], bool left_out[])
{
	bool any = false;

	for (size_t n = 0; n < fleet_count(play->fleet); n++) {
		left_out[n] = left_out[n] || !done[n];
		any = any || !left_out[n];
	}
	return any;
}

/* The first step that changes anything: it takes the lock. */
static size_t lock_step(const struct play *play)
{
	size_t i = 0;

	while (i < play->playbook->count && play->playbook->steps[i].verb->kind != VERB_CHANGES)
		i++;
	return i;
}

/* Whether the undos go on after that failure of one. */
static bool some_go_on(const struct play *play, const struct err *failure, const bool done[],
		       bool left_out[])
{
	return leave_out(play, done, left_out) && failure->code != ERR_CANCELLED &&
	       failure->code != ERR_TAKEN;
}

/*
 * The undos of the first `begun` steps, backwards.  A node that fails in one stays as it is from there on; the others go on
 * back: each serves the old data again by itself, and one that has the new data has no quorum.  They keep lock and state then, for
 * whoever leads the run to its end.  Nothing more is done when all fail, the operator ends it, or another process has the run.
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
		bool done[FLEET_MAX];
		if (!play->playbook->steps[i].undo)
			continue;
		memcpy(done, left_out, sizeof(done));
		if (!play_step_again(play, i, true, done, &undo_err))
			continue;
		going = some_go_on(play, &undo_err, done, left_out);
		if (!first.code)
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

/* What follows the commit is only played forward. */
static enum play_outcome run_committed(struct play *play, struct err *err)
{
	const struct playbook *book = play->playbook;
	struct err ignored = ERR_INIT;

	fleet_shield(play->fleet);
	play->deadline = 0;
	for (size_t i = book->commit; i < book->count; i++) {
		bool done[FLEET_MAX] = { false };
		if (!play_step_again(play, i, false, done, err) && !stopped_after(play, i, err))
			continue;
		if (play->journal)
			journal_add(play->journal, "end", NULL, NULL, err->text, &ignored);
		return PLAY_NEEDS_YOU;
	}
	if (play->journal)
		journal_add(play->journal, "end", NULL, NULL, NULL, &ignored);
	return PLAY_DONE;
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
