/*
 * perform: plays a plan: journal, progress, what is said at the end.
 */
#ifndef PLUGIN_PERFORM_H
#define PLUGIN_PERFORM_H

#include "play/play.h"
#include "plugin/plan.h"

enum perform_how {
	PERFORM_RUN,    /* from the beginning */
	PERFORM_RESUME, /* an earlier process began it */
	PERFORM_FINISH, /* the same, and it was past the commit */
	PERFORM_UNDO,   /* the same, and it goes back */
};

/* Reads a playbook that was built in, and notes it in the plan's context.  -1: BUG, CONFIG. */
int perform_playbook(struct plan *plan, const char *name, struct playbook *book, struct err *err);

/* Plays the looking steps before the first change, quietly. */
int perform_look(struct plan *plan, const struct playbook *book, struct err *err);

/* Plays it, says how it ended, writes the report that --report asks for; the exit status. */
int perform(const struct opts *opts, struct plan *plan, const struct playbook *book,
	    enum perform_how how, struct err *err);

/* Asks for the word unless --yes. */
int perform_ask(const struct opts *opts, const char *question, const char *word, struct err *err);

/* With plan->outside or the context's no_quorum: that nothing serves there, and what to do then; else nothing. */
void perform_say_quorum(const struct plan *plan);

/* --dry-run: whether it is one, and, -1 (USAGE), whether it says something that is known. */
bool perform_is_dry(const struct opts *opts);
int perform_check_dry(const struct opts *opts, struct err *err);

/*
 * Before anything else: without a terminal --yes is needed, and what --report names can be written.  -1: UNSAFE; as
 * report_file_check.
 */
int perform_may_ask(const struct opts *opts, struct err *err);

#endif
