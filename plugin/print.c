/*
 * print: see print.h.  The only writer to stdout.
 */
#include "plugin/print.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/yaml.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DOCUMENT_MAX = 64 * 1024 * 1024, LINE_SIZE = 4096, FIELD_SIZE = 3000 };

void escape_text(const char *text, bool newlines, char *out, size_t size)
{
	size_t n = 0;

	for (; *text && n + 3 < size; text++) {
		unsigned char c = (unsigned char)*text;
		if (c == 0x1b) {
			out[n++] = '^';
			out[n++] = '[';
		} else if (c == '\r') {
			out[n++] = '\\';
			out[n++] = 'r';
		} else if ((c < ' ' && !(c == '\n' && newlines) && c != '\t') || c == 0x7f) {
			out[n++] = '?';
		} else if (c == 0xc2 && (unsigned char)text[1] >= 0x80 &&
			   (unsigned char)text[1] < 0xa0) {
			out[n++] = '?'; /* the C1 controls in UTF-8: some terminals obey them */
			text++;
		} else {
			out[n++] = *text;
		}
	}
	out[n] = '\0';
}

__attribute__((format(printf, 3, 0))) static void write_line(FILE *to, const char *prefix,
							     const char *fmt, va_list ap)
{
	char line[LINE_SIZE], safe[LINE_SIZE];

	vsnprintf(line, sizeof(line), fmt, ap);
	escape_text(line, true, safe, sizeof(safe));
	fprintf(to, "%s%s\n", prefix, safe);
	fflush(to);
}

void print_line(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_line(stdout, "", fmt, ap);
	va_end(ap);
}

void print_field(const char *name, const char *fmt, ...)
{
	char value[FIELD_SIZE], safe[FIELD_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	escape_text(value, false, safe, sizeof(safe));
	print_line("%-17s %s", name, safe);
}

void print_raw(const char *text, size_t len)
{
	fwrite(text, 1, len, stdout);
	fflush(stdout);
}

void print_notice(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_line(stderr, "", fmt, ap);
	va_end(ap);
}

void print_warning(const char *text)
{
	print_notice("warning: %s", text);
}

void print_error(const struct err *err)
{
	print_notice("error: %s", err->text);
	if (err->hint[0])
		print_notice("hint: %s", err->hint);
}

/* Asked of the pipe, because errno was that of an earlier write. */
static bool reader_is_gone(void)
{
	struct pollfd out = { STDOUT_FILENO, POLLOUT, 0 };

	return poll(&out, 1, 0) > 0 && (out.revents & (POLLERR | POLLHUP));
}

int print_flush(struct err *err)
{
	int failed = fflush(stdout) || ferror(stdout);

	if (failed && !reader_is_gone())
		return err_set(err, ERR_FILE, "standard output did not take all of the result");
	return 0;
}

int print_tree(const struct tree *tree, enum output output, struct err *err)
{
	scoped(buf) struct buf text = BUF_INIT(DOCUMENT_MAX);

	if (output == OUTPUT_YAML ? yaml_write(tree, &text, err)
				  : json_write(tree, false, &text, err))
		return -1;
	print_raw(buf_str(&text), text.len);
	return print_flush(err);
}

void table_init(struct table *table)
{
	*table = (struct table){ .count = 0 };
}

void table_cell(struct table *table, const char *fmt, ...)
{
	char raw[LINE_SIZE], safe[LINE_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	escape_text(raw, false, safe, sizeof(safe));
	for (char *at = safe; *at; at++)
		if (*at == ' ' || *at == '\t')
			*at = '-';
	if (table->count == table->room) {
		table->room = table->room ? table->room * 2 : 64;
		table->cells = mem_grow(table->cells, table->room * sizeof(*table->cells));
		table->row_ends = mem_grow(table->row_ends, table->room * sizeof(*table->row_ends));
	}
	table->cells[table->count++] = mem_strdup(*safe ? safe : "<none>");
}

void table_row(struct table *table)
{
	if (table->count >
	    (table->rows ? table->row_ends[table->rows - 1] : 0)) /* a row has cells */
		table->row_ends[table->rows++] = table->count;
}

void table_print(struct table *table)
{
	size_t widths[TABLE_COLUMNS_MAX] = { 0 };

	for (size_t r = 0, i = 0; r < table->rows; r++)
		for (size_t c = 0; i < table->row_ends[r]; i++, c++)
			if (c < TABLE_COLUMNS_MAX && strlen(table->cells[i]) > widths[c])
				widths[c] = strlen(table->cells[i]);
	for (size_t r = 0, i = 0; r < table->rows; r++) {
		size_t end = table->row_ends[r];
		for (size_t c = 0; i < end; i++, c++) {
			int width = i + 1 < end && c < TABLE_COLUMNS_MAX ? (int)widths[c] + 3 : 0;
			printf("%-*s", width, table->cells[i]);
		}
		printf("\n");
	}
	fflush(stdout);
	for (size_t i = 0; i < table->count; i++)
		free(table->cells[i]);
	free(table->cells);
	free(table->row_ends);
	table_init(table);
}

void size_text(uint64_t bytes, char out[16])
{
	static const char *const units[] = { "", "Ki", "Mi", "Gi", "Ti", "Pi" };
	double value = (double)bytes;
	size_t unit = 0;

	while (value >= 1024 && unit < 5) {
		value /= 1024;
		unit++;
	}
	if (unit >= 3 && value < 10)
		snprintf(out, 16, "%.1f%s", value, units[unit]);
	else
		snprintf(out, 16, "%.0f%s", value, units[unit]);
}
