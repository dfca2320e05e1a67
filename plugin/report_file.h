/*
 * report_file: where a report is written: FILE.html a page, FILE.json the document.
 */
#ifndef PLUGIN_REPORT_FILE_H
#define PLUGIN_REPORT_FILE_H

#include "base/err.h"
#include "base/tree.h"

/*
 * Before anything starts: whether it can be written; NULL is no report.  -1: USAGE (another ending), FILE (it is there already,
 * or FILE.part is, or the folder cannot be written to).
 */
int report_file_check(const char *path, struct err *err);

/* Writes FILE.part (0600, fsynced) and renames it; never over a file that is there.  -1: FILE, BUG. */
int report_file_write(const char *path, const struct tree *report, struct err *err);

/*
 * As report_file_write, at the end of a run, and tells where it is.  What has happened has happened: that it cannot be written
 * is a warning, and changes neither that nor the exit status.
 */
void report_file_end(const char *path, const struct tree *report);

#endif
