/*
 * cmd_list: the snapshots of a store, newest first.
 */
#include "plugin/list_print.h"
#include "plugin/print.h"
#include "plugin/store_flags.h"
#include "plugin/time_words.h"

static void tell_degraded(const struct catalog_entry *entry)
{
	if (entry->state == CATALOG_UNREAD || !entry->recipe.degraded)
		return;
	scoped(mem) char *words =
		mem_printf("%s is degraded: %s", entry->name, entry->recipe.degraded);
	print_warning(words);
}

/* No damage of any snapshot, and perhaps that of a save which runs now. */
static void tell_stray(const struct store_object *stray)
{
	char age[16];

	age_text(now_unix(), stray->at, age);
	scoped(mem) char *words = mem_printf("%s (%llu bytes, %s old) is named by no recipe: left "
					     "by a save or prune that was killed, "
					     "or of one that runs now; nothing removes it",
					     stray->name, (unsigned long long)stray->size, age);
	print_warning(words);
}

/*
 * --check: what is not as its recipe says.  A predecessor that is not there may have been pruned, and a degraded one is what
 * its recipe says: that is told, and is no damage; one that was replaced is.
 */
static int check(const struct catalog *catalog, const struct opts *opts, struct err *err)
{
	size_t bad = 0;

	for (size_t i = 0; i < catalog->count; i++) {
		const struct catalog_entry *entry = &catalog->entries[i];
		scoped(mem) char *words = NULL;
		if (!list_wants(opts, entry))
			continue;
		if (entry->trouble)
			words = mem_printf("%s: %s", entry->name, entry->trouble);
		else if (entry->gap || entry->replaced)
			words = mem_printf("%s: the one before it, %s, %s", entry->name,
					   entry->recipe.previous,
					   entry->gap ? "is not there (pruned, or lost)"
						      : "is another one");
		bad += entry->trouble || entry->replaced;
		if (words)
			print_warning(words);
		tell_degraded(entry);
	}
	for (size_t i = 0; i < catalog->stray_count; i++)
		tell_stray(&catalog->strays[i]);
	return bad ? err_set(err, ERR_CORRUPT, "%zu of %zu snapshots are not as they should be",
			     bad, catalog->count)
		   : 0;
}

static int print_all(const struct catalog *catalog, const struct opts *opts, struct err *err)
{
	size_t shown = 0;

	for (size_t i = 0; i < catalog->count; i++)
		shown += list_wants(opts, &catalog->entries[i]);
	if (opts->output == OUTPUT_JSON || opts->output == OUTPUT_YAML)
		return list_print_document(catalog, opts, err);
	if (!shown)
		print_notice("No snapshots found in %s.", opts->from);
	else if (opts->output != OUTPUT_NAME)
		list_print_table(catalog, opts);
	for (size_t i = 0; opts->output == OUTPUT_NAME && i < catalog->count; i++)
		if (list_wants(opts, &catalog->entries[i]))
			print_line("%s", catalog->entries[i].name);
	return print_flush(err);
}

int cmd_list(const struct opts *opts, struct err *err)
{
	scoped(store) struct store *store = NULL;
	scoped(catalog) struct catalog catalog = { .arena = NULL };

	if (!opts->from) {
		err_set(err, ERR_USAGE, "list needs --from URL");
		err_hint(err, "see '%s list --help' for usage", opts->program);
		return err_status(err->code);
	}
	if (store_from_opts(opts, opts->from, -1, &store, err) ||
	    catalog_read(store, &catalog, err) || print_all(&catalog, opts, err) ||
	    (opts->check && check(&catalog, opts, err)))
		return err_status(err->code);
	return 0;
}
