/*
 * drill_print: see drill_print.h.
 */
#include "plugin/drill_print.h"

#include "plugin/print.h"
#include "plugin/time_words.h"

#include <stdio.h>

static void print_words(const struct drill_report *r)
{
	char age[16] = "";
	uint64_t all = 0;

	for (size_t i = 0; i < r->proof_count; i++)
		print_field(r->proofs[i].name, "%s", r->proofs[i].words);
	for (size_t i = 0; i < r->step_count; i++) {
		scoped(mem) char *name = mem_printf("%s took", r->steps[i].name);
		print_field(name, "%llu.%llu s", (unsigned long long)r->steps[i].ms / 1000,
			    (unsigned long long)r->steps[i].ms % 1000 / 100);
		all += r->steps[i].ms;
	}
	if (r->forecast_ms)
		print_field("forecast", "%llu s of API down in a restore",
			    (unsigned long long)(r->forecast_ms + 500) / 1000);
	if (r->taken_at) {
		age_text(r->at, r->taken_at, age);
		print_field("age", "%s: what was written since is in no snapshot", age);
	}
	if (!r->trouble)
		print_line("drilled %s: revision %llu, %llu member%s of etcd %s, %llu.%llu s",
			   r->snapshot, (unsigned long long)r->revision,
			   (unsigned long long)r->members, r->members == 1 ? "" : "s", r->etcd,
			   (unsigned long long)all / 1000, (unsigned long long)all % 1000 / 100);
}

int drill_print(const struct drill_report *report, const struct opts *opts, struct err *err)
{
	scoped(arena) struct arena *arena = arena_new();

	if (opts->output == OUTPUT_JSON || opts->output == OUTPUT_YAML)
		return print_tree(drill_report_tree(arena, report), opts->output, err);
	if (opts->output == OUTPUT_NAME)
		print_line("snapshot/%s", report->snapshot);
	else
		print_words(report);
	return print_flush(err);
}
