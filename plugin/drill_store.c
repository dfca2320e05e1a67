/*
 * drill_store: see drill_store.h.
 */
#include "plugin/drill_store.h"

#include "base/json.h"
#include "plugin/store_flags.h"

static int replace(const struct opts *opts, const struct source *source, const char *name,
		   const struct buf *text, int cancel_fd, struct err *err)
{
	scoped(store) struct store *store = NULL;

	if (store_from_opts(opts, source->place, cancel_fd, &store, err))
		return -1;
	return store_replace(store, name, text->data, text->len, err);
}

int drill_store(const struct opts *opts, const struct source *source,
		const struct drill_report *report, int cancel_fd, struct err *err)
{
	scoped(arena) struct arena *arena = arena_new();
	scoped(buf) struct buf text = BUF_INIT(DRILL_REPORT_MAX);
	const char *name = arena_printf(arena, "%s" DRILL_REPORT_ENDING, source->name);

	if (!json_write(drill_report_tree(arena, report), false, &text, err) &&
	    !replace(opts, source, name, &text, cancel_fd, err))
		return 0;
	if (err->code == ERR_CANCELLED)
		return -1;
	err->code = ERR_ALARM;
	err_in(err, "the drill went well, and its report %s could not be kept in %s", name,
	       source->place);
	return err_hint(err, "--no-report keeps none; -o json prints it");
}
