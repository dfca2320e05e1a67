/*
 * test_print: hostile text made harmless, sizes, tables as kubectl prints them.
 */
#include "base/mem.h"
#include "base/test/check.h"
#include "plugin/print.h"
#include "plugin/test/taken.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static void test_escape(void)
{
	static const struct {
		const char *text;
		bool newlines;
		const char *want;
	} cases[] = {
		{ "plain", false, "plain" },
		{ "", false, "" },
		{ "\x1b[31mred\x1b[0m", false, "^[[31mred^[[0m" },
		{ "\x1b]0;title\x07", true, "^[]0;title?" },
		{ "a\rb", true, "a\\rb" },
		{ "a\r\nb", true, "a\\r\nb" },
		{ "a\nb", true, "a\nb" },
		{ "a\nb", false, "a?b" },
		{ "a\tb", false, "a\tb" },
		{ "\x01\x08\x0b\x0c\x7f", true, "?????" },
		{ "\xc2\x9b"
		  "31m",
		  true, "?31m" }, /* CSI in one character */
		{ "\xc2\x80\xc2\x9f\xc2\xa0", true, "??\xc2\xa0" },
		{ "\xc2", true, "\xc2" },
		{ "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", true,
		  "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char out[100];
		escape_text(cases[i].text, cases[i].newlines, out, sizeof(out));
		CHECK_STR(out, cases[i].want);
	}
}

static void test_escape_size(void)
{
	for (size_t size = 1; size < 20; size++) {
		char out[20];
		memset(out, 'x', sizeof(out));
		escape_text("\x1b\x1b\x1b\r\r\r\xc2\x9b"
			    "abcdef",
			    true, out, size);
		CHECK(strlen(out) < size);
		CHECK_INT(out[size], 'x');
	}
}

static void test_size(void)
{
	static const struct {
		uint64_t bytes;
		const char *want;
	} cases[] = {
		{ 0, "0" },
		{ 1, "1" },
		{ 1023, "1023" },
		{ 1024, "1Ki" },
		{ 10 * 1024, "10Ki" },
		{ 151 * 1024 * 1024ull, "151Mi" },
		{ 1288490189, "1.2Gi" },
		{ 20 * 1024 * 1024 * 1024ull, "20Gi" },
		{ 3 * 1024ull * 1024 * 1024 * 1024, "3.0Ti" },
		{ UINT64_MAX, "16384Pi" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char out[16];
		size_text(cases[i].bytes, out);
		CHECK_STR(out, cases[i].want);
	}
}

static void test_table(void)
{
	struct table table;

	table_init(&table);
	table_cell(&table, "NAME");
	table_cell(&table, "STATE");
	table_cell(&table, "NOTE");
	table_row(&table);
	table_cell(&table, "cp-1");
	table_cell(&table, "%s", "no leader yet");
	table_cell(&table, "%s", "");
	table_row(&table);
	table_cell(&table, "%s", "a\tb\nc\x1b[1m");
	table_cell(&table, "%d", 7);
	table_cell(&table, "x");
	table_row(&table);
	take_begin(stdout);
	table_print(&table);
	CHECK_STR(take_end(stdout), "NAME         STATE           NOTE\n"
				    "cp-1         no-leader-yet   <none>\n"
				    "a-b?c^[[1m   7               x\n");

	/* it is empty again */
	CHECK_INT(table.count, 0);
	take_begin(stdout);
	table_print(&table);
	CHECK_STR(take_end(stdout), "");
}

static void test_table_long(void)
{
	struct table table;

	table_init(&table);
	for (int i = 0; i < 400; i++) {
		table_cell(&table, "%d", i);
		table_cell(&table, "c");
		table_row(&table);
	}
	table_row(&table); /* without cells: none */
	CHECK_INT(table.rows, 400);
	take_begin(stdout);
	table_print(&table);
	CHECK_HAS(take_end(stdout), "\n399   c\n");
	CHECK_INT(table.count, 0);
}

static void test_lines(void)
{
	struct err err = ERR_INIT;

	take_begin(stdout);
	print_line("%s", "a\x1b[2J");
	CHECK_STR(take_end(stdout), "a^[[2J\n");
	take_begin(stdout);
	print_raw("a\x1b\n", 3);
	CHECK_STR(take_end(stdout), "a\x1b\n");

	err_set(&err, ERR_ETCD, "cp-1: \x1b[2J");
	take_begin(stderr);
	print_error(&err);
	CHECK_STR(take_end(stderr), "error: cp-1: ^[[2J\n");
	err_hint(&err, "look");
	take_begin(stderr);
	print_error(&err);
	CHECK_STR(take_end(stderr), "error: cp-1: ^[[2J\nhint: look\n");
	take_begin(stderr);
	print_warning("50%s");
	CHECK_STR(take_end(stderr), "warning: 50%s\n");
}

static void test_tree(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct tree *map = tree_map(arena);
	struct err err = ERR_INIT;

	tree_set_string(arena, map, "a", "\x1b[2J");
	tree_set_string(arena, map, "b", "17");
	take_begin(stdout);
	CHECK_INT(print_tree(map, OUTPUT_JSON, &err), 0);
	CHECK_STR(take_end(stdout), "{\n  \"a\": \"\\u001B[2J\",\n  \"b\": \"17\"\n}\n");
	take_begin(stdout);
	CHECK_INT(print_tree(map, OUTPUT_YAML, &err), 0);
	CHECK_STR(take_end(stdout), "a: \"\\e[2J\"\nb: \"17\"\n");
}

/* A result that was cut off is a failure; a reader that has gone away is none. */
static void test_flush(void)
{
	struct err err = ERR_INIT;
	int pipes[2], old = dup(STDOUT_FILENO);

	CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR); /* as the program does */
	CHECK_INT(print_flush(&err), 0);
	fflush(stdout);
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	dup2(full, STDOUT_FILENO);
	close(full);
	print_raw("x", 1);
	CHECK_INT(print_flush(&err), -1);
	CHECK_INT(err.code, ERR_FILE);
	CHECK_STR(err.text, "standard output did not take all of the result");

	CHECK_INT(pipe2(pipes, O_CLOEXEC), 0);
	close(pipes[0]);
	dup2(pipes[1], STDOUT_FILENO);
	close(pipes[1]);
	CHECK_INT(print_flush(&err), 0);

	/* what is left over goes nowhere */
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	dup2(null, STDOUT_FILENO);
	close(null);
	fflush(stdout);
	clearerr(stdout);
	dup2(old, STDOUT_FILENO);
	close(old);
}

/* Rows without cells take no place that is not there. */
static void test_rows(void)
{
	static struct table table;

	table_init(&table);
	for (int i = 0; i < 100; i++)
		table_row(&table);
	CHECK_INT(table.rows, 0);
	take_begin(stdout);
	table_print(&table);
	take_end(stdout);
	CHECK_INT(table.rows, 0);
}

TESTS(TEST(test_escape), TEST(test_escape_size), TEST(test_size), TEST(test_table),
      TEST(test_table_long), TEST(test_lines), TEST(test_tree), TEST(test_flush), TEST(test_rows))
