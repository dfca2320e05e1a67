/*
 * fake_journal: see fake_journal.h.
 */
#include "fake_journal.h"

#include <errno.h>

void __gcov_dump(void) __attribute__((weak)); /* only in a build for coverage */

static bool counts;

static struct {
	size_t lines, full_at;
	bool for_good;
} disk;

void fake_journal_full(size_t line, bool for_good)
{
	disk.lines = 0;
	disk.full_at = line;
	disk.for_good = for_good;
}

size_t fake_journal_lines(void)
{
	return disk.lines;
}

int __wrap_journal_add(struct journal *journal, const char *event, const char *step,
		       const char *node, const char *error, struct err *err)
{
	disk.lines++;
	if (disk.full_at &&
	    (disk.lines == disk.full_at || (disk.for_good && disk.lines > disk.full_at))) {
		errno = ENOSPC;
		return err_errno(err, ERR_FILE, "%s", journal_path(journal));
	}
	return __real_journal_add(journal, event, step, node, error, err);
}

void fake_exit_counts(void)
{
	counts = true;
}

_Noreturn void __wrap__exit(int status)
{
	if (counts && __gcov_dump)
		__gcov_dump();
	__real__exit(status);
}
