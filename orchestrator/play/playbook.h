/*
 * playbook: YAML to a checked list of steps.  Keys: do, undo, on, ahead, timeout, and once commit; that is
 * the whole language.
 */
#ifndef PLAY_PLAYBOOK_H
#define PLAY_PLAYBOOK_H

#include "base/err.h"
#include "base/mem.h"
#include "play/verb.h"

#include <stddef.h>

enum { PLAYBOOK_MAX = 64 * 1024, PLAYBOOK_STEPS_MAX = 64 };

enum step_on { ON_ALL, ON_FIRST, ON_ONE_BY_ONE };

struct step {
	const struct verb *verb;
	const struct verb *undo; /* NULL: nothing to undo, or after the commit */
	enum step_on on;
	/* The first node goes ahead: the others follow when this is true of it, or after a while.  NULL: all at once. */
	const struct verb *ahead;
	uint64_t timeout_ms;
};

struct playbook {
	const char *name;
	struct step steps[PLAYBOOK_STEPS_MAX];
	size_t count;
	size_t commit; /* steps before this index are undone on failure; count when there is none */
	const char *commit_text;
	char sha256[65]; /* of the text */
};

/* The playbooks that were built in; ends with a NULL name. */
struct playbook_text {
	const char *name;
	const char *text;
	size_t len;
};
extern const struct playbook_text playbook_texts[];
const struct playbook_text *playbook_text_find(const char *name);

/*
 * Checks and reads one.  -1 (CONFIG), naming the line: unknown keys or verbs, an undo that is not the verb's
 * inverse, an ahead that changes something or is not for all nodes, a changing step before the commit without undo, a
 * timeout over the verb's maximum, more than one commit, no step.
 */
int playbook_read(struct arena *arena, const char *text, size_t len, struct playbook *out,
		  struct err *err);

#endif
