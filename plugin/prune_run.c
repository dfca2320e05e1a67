/*
 * prune_run: see prune_run.h.
 */
#include "plugin/prune_run.h"

#include "plugin/print.h"
#include "plugin/prune_rules.h"
#include "plugin/read_back.h"

#include <stdlib.h>
#include <string.h>

/* The newest on which one would rely; a degraded one only when there is no other. */
static const struct catalog_entry *newest_good(const struct catalog *catalog)
{
	for (size_t i = 0; i < catalog->count; i++)
		if (!catalog->entries[i].recipe.degraded)
			return &catalog->entries[i];
	return &catalog->entries[0];
}

/* Is it what its recipe says?  Otherwise the older ones are all there is. */
static int check_newest(struct store *store, const struct catalog_entry *newest,
			const char *const proved[], struct err *err)
{
	const struct recipe *r = &newest->recipe;

	for (size_t i = 0; proved && proved[i]; i++)
		if (strcmp(proved[i], newest->name) == 0)
			return 0;
	const char *object = newest->object;
	int failed =
		read_back_bytes(store, object, r->stored.name ? r->stored.sha256 : r->sha256, err);
	if (!failed && r->files.name) {
		object = r->files.name;
		failed = read_back_bytes(store, object, r->files.sha256, err);
	}
	if (!failed)
		return 0;
	err_in(err, "%s", object);
	if (err->code != ERR_CORRUPT)
		return err_in(err, "reading the newest snapshot back, before anything is removed");
	err_in(err, "the newest snapshot, %s, is damaged", newest->name);
	return err_hint(err, "nothing was removed; take a new snapshot first");
}

static void print_verdicts(const struct opts *opts, const struct catalog *catalog,
			   const struct retention_verdict *verdicts)
{
	struct table table;

	table_init(&table);
	for (size_t i = 0; !opts->no_headers && i < 4; i++)
		table_cell(&table, "%s",
			   ((const char *const[]){ "NAME", "TIME", "ACTION", "REASONS" })[i]);
	table_row(&table);
	for (size_t i = 0; i < catalog->count; i++) {
		char when[21];
		time_text(catalog->entries[i].recipe.taken_at, when);
		table_cell(&table, "%s", catalog->entries[i].name);
		table_cell(&table, "%s", when);
		table_cell(&table, "%s", verdicts[i].keep ? "keep" : "remove");
		table_cell(&table, "%s", verdicts[i].reasons);
		table_row(&table);
	}
	table_print(&table);
}

/* The recipe first: what is half removed is not listed. */
static int remove_all(struct store *store, const struct catalog *catalog,
		      const struct retention_verdict *verdicts, struct err *err)
{
	for (size_t i = 0; i < catalog->count; i++) {
		const struct catalog_entry *entry = &catalog->entries[i];
		scoped(mem) char *recipe = mem_printf("%s.json", entry->name);
		scoped(mem) char *report = mem_printf("%s" DRILL_REPORT_ENDING, entry->name);
		const char *files = entry->recipe.files.name;
		if (!verdicts[i].keep &&
		    (store_remove(store, recipe, err) || store_remove(store, entry->object, err) ||
		     (files && store_remove(store, files, err)) ||
		     (entry->has_report && store_remove(store, report, err))))
			return err_in(err, "%s", entry->name);
	}
	return 0;
}

static int prune(const struct opts *opts, struct store *store, const struct catalog *catalog,
		 const char *const proved[], struct retention_verdict *verdicts, struct err *err)
{
	bool dry = opts->dry_run && strcmp(opts->dry_run, "client") == 0, any = false;

	if (prune_decide(opts, catalog, verdicts, err))
		return -1;
	for (size_t i = 0; i < catalog->count; i++)
		any |= !verdicts[i].keep;
	if (opts->output == OUTPUT_TABLE || opts->output == OUTPUT_WIDE)
		print_verdicts(opts, catalog, verdicts);
	if (!any || dry)
		return 0;
	return check_newest(store, newest_good(catalog), proved, err) ||
			       remove_all(store, catalog, verdicts, err)
		       ? -1
		       : 0;
}

int prune_run(const struct opts *opts, struct store *store, const char *const proved[],
	      struct err *err)
{
	scoped(catalog) struct catalog catalog = { .arena = NULL };

	if (catalog_read(store, &catalog, err) || prune_gather(opts, &catalog, err))
		return -1;
	struct retention_verdict *verdicts = mem_zalloc((catalog.count + 1) * sizeof(*verdicts));
	int failed = prune(opts, store, &catalog, proved, verdicts, err);
	free(verdicts);
	return failed;
}
