/*
 * cmd_diff: how two snapshots differ, or a snapshot and the cluster as it is now.
 */
#include "base/mem.h"
#include "plugin/diff_print.h"
#include "plugin/live.h"
#include "plugin/progress.h"

#include <stdlib.h>
#include <string.h>

/* An open database and what it is of. */
struct side {
	struct source source;
	struct bolt_map map;
	struct etcd_db db;
	struct etcd_db_facts facts;
};

static void side_scoped(struct side **side)
{
	etcd_db_release(&(*side)->db);
	bolt_map_release(&(*side)->map);
	source_release(&(*side)->source);
	free(*side);
}

static struct side *side_new(void)
{
	struct side *side = mem_zalloc(sizeof(*side));

	side->source.file.fd = -1;
	return side;
}

/* name NULL: the live cluster. */
static int open_side(const struct opts *opts, const char *name, struct side *side, struct err *err)
{
	const struct progress progress = { .quiet = opts->quiet };
	struct source *source = &side->source;

	if (name)
		progress_line(&progress, "reading %s", name);
	if (name ? source_open(opts, name, NULL, source, err) : live_open(opts, source, err))
		return -1;
	progress_line(&progress, "walking the database");
	if (bolt_map_open(source->file.fd, source->file.db_size, &side->map, err) ||
	    etcd_db_read(&side->map, &side->db, &side->facts, err)) {
		err_in(err, "%s", source->shown);
		return name ? source_damaged(err) : -1;
	}
	return 0;
}

static void warn_of_two_clusters(const struct source *from, const struct source *to)
{
	const char *one = from->recipe.cluster.ca_fingerprint,
		   *other = to->recipe.cluster.ca_fingerprint;

	if (one && other && strcmp(one, other) != 0)
		print_warning("they are of two clusters: their etcd CAs are not the same");
}

static int print(const struct comparison *c, const struct opts *opts, struct err *err)
{
	scoped(arena) struct arena *arena = arena_new();

	if (opts->output == OUTPUT_JSON || opts->output == OUTPUT_YAML)
		return print_tree(diff_tree(arena, c, opts), opts->output, err);
	diff_print(c, opts);
	return print_flush(err);
}

static int diff(const struct opts *opts, struct err *err)
{
	scoped(side) struct side *from = side_new(), *to = side_new();
	scoped(etcd_diff) struct etcd_diff d = { 0 };
	const struct diff_wish wish = diff_wish(opts);

	if (open_side(opts, opts->args[0], from, err) ||
	    open_side(opts, opts->live ? NULL : opts->args[1], to, err))
		return -1;
	warn_of_two_clusters(&from->source, &to->source);
	if (etcd_diff_read(&from->db, &to->db, &wish, &d, err) ||
	    print(&(struct comparison){ &from->source, &to->source, from->facts.revision,
					to->facts.revision, &d },
		  opts, err))
		return -1;
	if (opts->exit_code && diff_differs(&d))
		return err_set(err, ERR_ALARM, "%s and %s differ", from->source.shown,
			       to->source.shown);
	return 0;
}

int cmd_diff(const struct opts *opts, struct err *err)
{
	if (opts->live != (opts->arg_count == 1)) {
		err_set(err, ERR_USAGE, "diff takes two snapshots, or one and --live");
		err_hint(err, "see '%s diff --help' for usage", opts->program);
		return err_status(err->code);
	}
	return diff(opts, err) ? err_status(err->code) : 0;
}
