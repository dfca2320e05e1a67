/*
 * preflight: the checks of a dry run: every check on every node, whatever else fails, each with its result, what is wrong and
 * what to do about it; those that could not be made with why.  Begun when discovery (with shows_all) has looked at the nodes.
 */
#ifndef PLUGIN_PREFLIGHT_H
#define PLUGIN_PREFLIGHT_H

#include "base/err.h"
#include "base/tree.h"
#include "play/playbook.h"
#include "plugin/plan.h"

enum preflight_result { PREFLIGHT_OK, PREFLIGHT_FAILED, PREFLIGHT_NOT_MADE };

struct preflight_row {
	const char *node; /* NULL: it is of the whole */
	const char *check;
	enum preflight_result result;
	const char *words, *hint; /* FAILED: both; NOT_MADE: words, why; else NULL */
};

/* Of each node: ssh, ca, and what the steps check that look; and some of the whole. */
enum {
	PREFLIGHT_WHOLE_MAX = 8,
	PREFLIGHT_ROWS_MAX = CLUSTER_MEMBERS_MAX * (CHECKS_MAX + 2) + PREFLIGHT_WHOLE_MAX
};

struct preflight {
	struct preflight_row rows
		[PREFLIGHT_ROWS_MAX]; /* of the nodes, then of the whole; from preflight_end on */
	size_t count;
	struct preflight_row whole[PREFLIGHT_WHOLE_MAX];
	size_t whole_count;
	bool unread;      /* a node was not read */
	struct err first; /* what the dry run ends with; code NONE: all is well */
};

/* The nodes have their order.  What discovery says of them goes first. */
void preflight_begin(struct plan *plan);
/* One check of the whole: with code NONE it passed. */
void preflight_add(struct plan *plan, const char *check, const struct err *err);
void preflight_not_made(struct plan *plan, const char *check, const char *why);

/* The check `members`: the nodes have all members, each is another one, and what absent_check and absent_named say. */
void preflight_members(const struct opts *opts, struct plan *plan);
/* All of a restore but its flags': begins, and fills the context. */
void preflight_restore(const struct opts *opts, struct plan *plan);

/* Plays the steps that look, on the nodes that were read.  -1: the first failure; CANCELLED leaves no preflight in the plan. */
int preflight_end(struct plan *plan, const struct playbook *book, struct err *err);

/* What failed, with its hint, to stderr, when it is more than the one that an error tells. */
void preflight_print_failures(const struct plan *plan);
/* That, and a table to stdout: NODE, CHECK, RESULT of all. */
void preflight_print(const struct plan *plan);
/* All as a list of node, check, result ("ok", "failed", "not-made"), words, hint. */
struct tree *preflight_tree(const struct plan *plan);

#endif
