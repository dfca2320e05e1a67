/*
 * cmd_status: whether the members are well, and how old the newest snapshot is.
 */
#include "base/mem.h"
#include "plugin/status_print.h"
#include "plugin/store_flags.h"

/* A store that cannot be read is something to tell, beside what the members say; wrong flags are not. */
static int read_store(const struct opts *opts, const struct cluster *cluster,
		      struct catalog *catalog, struct status *s, struct err *err)
{
	scoped(store) struct store *store = NULL;

	if (!opts->from)
		return 0;
	s->backup.url = opts->from;
	if (store_from_opts(opts, opts->from, -1, &store, err))
		return -1;
	if (catalog_read(store, catalog, err)) {
		s->backup.trouble = arena_strdup(s->arena, err->text);
		*err = ERR_INIT;
		return 0;
	}
	status_find_backup(cluster, catalog, &s->backup);
	if (s->backup.unread)
		print_notice("warning: %zu recipes in %s cannot be read: of which cluster they are "
			     "is not known",
			     s->backup.unread, opts->from);
	return 0;
}

static int print(const struct status *s, const struct opts *opts, struct err *err)
{
	scoped(arena) struct arena *arena = arena_new();

	if (opts->output == OUTPUT_JSON || opts->output == OUTPUT_YAML)
		return print_tree(status_tree(arena, s), opts->output, err);
	if (opts->output != OUTPUT_NAME)
		status_print(s, opts);
	for (size_t i = 0; opts->output == OUTPUT_NAME && i < s->found->cluster.count; i++)
		print_line("member/%s", s->found->nodes[i].name);
	return print_flush(err);
}

static int status(const struct opts *opts, struct err *err)
{
	scoped(arena) struct arena *arena = arena_new();
	scoped(discovery) struct discovery d = { .survey = true };
	scoped(catalog) struct catalog catalog = { .arena = NULL };
	struct status s = { .arena = arena,
			    .found = &d,
			    .max_age_ms = opts->max_age_ms,
			    .max_drill_age_ms = opts->max_drill_age_ms };

	if (discover(opts, NULL, &d, err))
		return -1;
	for (size_t i = 0; i < d.warning_count; i++)
		print_warning(d.warnings[i]);
	if (d.cluster.external)
		return err_set(err, ERR_CONFIG, "etcd is external (%s): ask it on its own hosts",
			       d.cluster.external);
	if (read_store(opts, &d.cluster, &catalog, &s, err))
		return -1;
	s.now = now_unix();
	status_judge(&s);
	if (print(&s, opts, err))
		return -1;
	if (s.alarm_count == 1)
		return err_set(err, ERR_ALARM, "%s", s.alarms[0]);
	if (s.alarm_count)
		return err_set(err, ERR_ALARM, "%.400s; and %zu more", s.alarms[0],
			       s.alarm_count - 1);
	return 0;
}

int cmd_status(const struct opts *opts, struct err *err)
{
	if ((opts->max_age_ms || opts->max_drill_age_ms) && !opts->from) {
		err_set(err, ERR_USAGE, "%s needs --from URL",
			opts->max_age_ms ? "--max-age" : "--max-drill-age");
		err_hint(err, "see '%s status --help' for usage", opts->program);
		return err_status(err->code);
	}
	return status(opts, err) ? err_status(err->code) : 0;
}
