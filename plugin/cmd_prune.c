/*
 * cmd_prune: removes the snapshots that no rule keeps; first it reads the newest one back.
 */
#include "plugin/print.h"
#include "plugin/prune_rules.h"
#include "plugin/store_flags.h"
#include "snapshot/tap.h"

#include <stdlib.h>
#include <string.h>

static int nothing_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	(void)sink;
	(void)data;
	(void)len;
	(void)err;
	return 0;
}

static int nothing_end(struct sink *sink, struct err *err)
{
	(void)sink;
	(void)err;
	return 0;
}

/* Is the newest one what its recipe says?  Otherwise the older ones are all there is. */
static int read_back(struct store *store, const struct catalog_entry *newest, struct err *err)
{
	const struct recipe *r = &newest->recipe;
	const char *wanted = r->stored.name ? r->stored.sha256 : r->sha256;
	struct sink nothing = { nothing_write, nothing_end };
	struct tap tap;

	tap_init(&tap, &nothing);
	int failed = store_get(store, newest->object, &tap.sink, err);
	tap_release(&tap);
	if (failed)
		return err_in(err, "reading the newest snapshot back, before anything is removed");
	if (strcmp(tap.sha256, wanted) == 0)
		return 0;
	err_set(err, ERR_CORRUPT,
		"the newest snapshot, %s, is damaged: its SHA-256 is not the one in its recipe",
		newest->name);
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
		if (!verdicts[i].keep &&
		    (store_remove(store, recipe, err) || store_remove(store, entry->object, err)))
			return err_in(err, "%s", entry->name);
	}
	return 0;
}

static int prune(const struct opts *opts, struct store *store, struct catalog *catalog,
		 struct err *err)
{
	bool dry = opts->dry_run && strcmp(opts->dry_run, "client") == 0, any = false;
	struct retention_verdict *verdicts;

	if (prune_gather(opts, catalog, err))
		return -1;
	verdicts = mem_zalloc((catalog->count + 1) * sizeof(*verdicts));
	int failed = prune_decide(opts, catalog, verdicts, err);
	for (size_t i = 0; !failed && i < catalog->count; i++)
		any |= !verdicts[i].keep;
	if (!failed)
		print_verdicts(opts, catalog, verdicts);
	if (!failed && any && !dry)
		failed = read_back(store, &catalog->entries[0], err) ||
			 remove_all(store, catalog, verdicts, err);
	free(verdicts);
	return failed ? -1 : 0;
}

int cmd_prune(const struct opts *opts, struct err *err)
{
	scoped(store) struct store *store = NULL;
	scoped(catalog) struct catalog catalog = { .arena = NULL };

	if (!opts->from) {
		err_set(err, ERR_USAGE, "prune needs --from URL");
		err_hint(err, "see '%s prune --help' for usage", opts->program);
	} else if (opts->dry_run && strcmp(opts->dry_run, "client") != 0 &&
		   strcmp(opts->dry_run, "none") != 0) {
		err_set(err, ERR_USAGE, "--dry-run=%s: none or client", opts->dry_run);
	} else if (!store_from_opts(opts, opts->from, -1, &store, err) &&
		   !catalog_read(store, &catalog, err) && !prune(opts, store, &catalog, err)) {
		return 0;
	}
	return err_status(err->code);
}
