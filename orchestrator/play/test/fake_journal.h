/*
 * fake_journal: the disk of the journal, which may be full.  Linked in by --wrap (see the Makefile) before journal_add.
 */
#ifndef PLAY_TEST_FAKE_JOURNAL_H
#define PLAY_TEST_FAKE_JOURNAL_H

#include "play/journal.h"

#include <stdbool.h>
#include <stddef.h>

/* From line `line` (1: the first that is added) on the disk is full, for that line only or for good; 0: never. */
void fake_journal_full(size_t line, bool for_good);

/* How many lines were added, or should have been, since then. */
size_t fake_journal_lines(void);

int __real_journal_add(struct journal *journal, const char *event, const char *step,
		       const char *node, const char *error, struct err *err);
int __wrap_journal_add(struct journal *journal, const char *event, const char *step,
		       const char *node, const char *error, struct err *err);

/* The end of a process of ours, which gcc's counts of what ran would not outlive; only where test_interrupt asks for it. */
void fake_exit_counts(void);
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);

#endif
