/*
 * drill_store: see drill_store.h.
 */
#include "plugin/drill_store.h"

#include "base/json.h"
#include "plugin/store_flags.h"

static int put(struct store *store, const char *name, const struct buf *text, struct err *err)
{
	struct store_put *put = store_put(store, name, err);
	int failed = !put || sink_write(store_put_sink(put), text->data, text->len, err) ||
		     sink_end(store_put_sink(put), err);

	store_put_free(put);
	return failed ? -1 : 0;
}

/* An object is never overwritten: the older report goes first.  Cut between the two, the snapshot is undrilled again. */
static int replace(const struct opts *opts, const struct source *source, const char *name,
		   const struct buf *text, int cancel_fd, struct err *err)
{
	scoped(store) struct store *store = NULL;

	return store_from_opts(opts, source->place, cancel_fd, &store, err) ||
			       store_remove(store, name, err) || put(store, name, text, err)
		       ? -1
		       : 0;
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
