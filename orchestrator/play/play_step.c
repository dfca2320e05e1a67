/*
 * play_step: see play_step.h.
 */
#include "play/play_step.h"

#include "play/state.h"

#include <string.h>

enum { AHEAD_MS = 8 * 1000 };

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

int play_check_held(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
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

	if (call->verb->kind == VERB_CHANGES &&
	    play_check_held(node, call->ctx, call->deadline, err))
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
	if (forward && step->ahead && !play->ctx->no_quorum && only[0])
		return run_first_ahead(play, step, &call, ended, only, errs);
	if (forward && step->on == ON_ONE_BY_ONE &&
	    (!verb->needs_turns || verb->needs_turns(play->ctx)))
		return run_in_turns(play, step, &call, ended, only, errs);
	return fleet_each(play->fleet, call_verb, &call, only, errs, node_ended, ended);
}

int play_step(struct play *play, size_t index, bool undo, const bool done[], struct err errs[],
	      struct err *err)
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

	for (size_t i = 0; i < fleet_count(play->fleet); i++)
		errs[i] = ERR_INIT;
	if (verb->serves && play->ctx->no_quorum)
		return 0;
	shown.verb = verb;
	if (undo && shown.timeout_ms < verb->timeout_ms)
		shown.timeout_ms = verb->timeout_ms;
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
