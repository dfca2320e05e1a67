/*
 * plan_doc: a plan as a document, for a change board, and compared with what is there now; and as tables.
 */
#ifndef PLUGIN_PLAN_DOC_H
#define PLUGIN_PLAN_DOC_H

#include "play/playbook.h"
#include "plugin/plan.h"

/* docs/restore.md has its form; in the plan's arena. */
struct tree *plan_document(const struct plan *plan, const struct playbook *book);

/*
 * Whether cluster, members and snapshot are those of the document in the file.  -1: UNSAFE, naming the first that differs;
 * or that its dry run failed; FILE; CONFIG (no plan, or of another version).
 */
int plan_compare(const struct plan *plan, const char *path, struct err *err);

/* Every check that failed, with its hint, when there is more than the one that an error tells. */
void plan_print_failures(const struct plan *plan);
/* What would change, in the order of the playbook. */
void plan_print_steps(const struct plan *plan, const struct playbook *book);

#endif
