/*
 * make_report: writes the report of a made-up run, for e2e/report/run.
 *
 *   make_report done|undone|needs-you|rollback|resumed|drill|drill-failed|drill-left MEMBERS FILE.html|FILE.json
 *
 * Exit status 1 with words on stderr.
 */
#include "plugin/report_file.h"
#include "plugin/test/made_run.h"

#include <stdlib.h>

int main(int argc, char *argv[])
{
	static const char *const kinds[MADE_KINDS] = { "done",         "undone",    "needs-you",
						       "rollback",     "resumed",   "drill",
						       "drill-failed", "drill-left" };
	static struct made_run made;
	struct err err = ERR_INIT;
	uint64_t members;
	size_t kind = 0;

	while (argc == 4 && kind < MADE_KINDS && strcmp(kinds[kind], argv[1]) != 0)
		kind++;
	if (argc != 4 || kind == MADE_KINDS || parse_uint(argv[2], CLUSTER_MEMBERS_MAX, &members)) {
		fprintf(stderr, "usage: make_report KIND MEMBERS FILE\n");
		return 2;
	}
	made_run(&made, (enum made_kind)kind, (size_t)members);
	int failed = report_file_check(argv[3], &err) ||
		     report_file_write(argv[3], report_tree(made.plan.arena, &made.report), &err);
	made_free(&made);
	if (failed)
		fprintf(stderr, "%s\n", err.text);
	return failed;
}
