/*
 * print: everything that a user sees.  Results go to stdout, all else to stderr; text from nodes and servers is
 * hostile: escape sequences never reach the terminal.
 */
#ifndef PLUGIN_PRINT_H
#define PLUGIN_PRINT_H

#include "base/err.h"
#include "base/tree.h"
#include "plugin/opts.h"

#include <stddef.h>
#include <stdint.h>

/* A line of a result, to stdout. */
void print_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* "name   value", to stdout.  Not a newline of the value's: it could pretend to be another line. */
void print_field(const char *name, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Text as it is, to stdout. */
void print_raw(const char *text, size_t len);
/* A line about what goes on, to stderr. */
void print_notice(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void print_warning(const char *text);
/* "error: ..." and, when there is one, "hint: ...". */
void print_error(const struct err *err);

/*
 * Whether stdout took all that was printed; a reader that has gone away is no error.  -1: FILE.  Not after something
 * was changed: the exit status then says what state the cluster is in.
 */
int print_flush(struct err *err);

/* A document to stdout as JSON or YAML, and print_flush. */
int print_tree(const struct tree *tree, enum output output, struct err *err);

/* A table as kubectl prints them: columns padded with three spaces, no frames. */
enum { TABLE_COLUMNS_MAX = 32 };
struct table {
	char **cells;
	size_t *row_ends; /* of each row: the place after its last cell */
	size_t count, rows, room;
};
void table_init(struct table *table);
/* White space in a cell becomes '-'; an empty cell "<none>". */
void table_cell(struct table *table, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void table_row(struct table *table);   /* ends a row */
void table_print(struct table *table); /* to stdout; frees */

/* "151Mi", "1.2Gi"; "0" for nothing. */
void size_text(uint64_t bytes, char out[16]);

/* Copies with ESC as ^[, CR as \r, other control characters as ?; newlines stay when allowed. */
void escape_text(const char *text, bool newlines, char *out, size_t size);

#endif
