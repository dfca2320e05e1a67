/*
 * cmd_inspect: what is in a snapshot.  Needs no cluster and no etcd.
 */
#include "base/mem.h"
#include "plugin/inspect_print.h"
#include "plugin/progress.h"

static int print(const struct inspection *inspection, const struct opts *opts, struct err *err)
{
	scoped(arena) struct arena *arena = arena_new();

	if (opts->output == OUTPUT_JSON || opts->output == OUTPUT_YAML)
		return print_tree(inspect_tree(arena, inspection), opts->output, err);
	if (opts->output == OUTPUT_NAME)
		print_line("snapshot/%s", inspection->source->shown);
	else
		inspect_print(inspection, opts);
	return print_flush(err);
}

static int inspect(const struct source *source, const struct opts *opts, struct err *err)
{
	scoped(bolt_map) struct bolt_map map = { 0 };
	scoped(etcd_db) struct etcd_db db = { 0 };
	scoped(etcd_objects) struct etcd_objects objects = { 0 };
	struct etcd_db_facts facts;
	struct etcd_hash hashkv;

	if (bolt_map_open(source->file.fd, source->file.db_size, &map, err) ||
	    etcd_db_read(&map, &db, &facts, err) || etcd_db_hashkv(&db, 0, &hashkv, err) ||
	    etcd_objects_read(&db, (size_t)opts->largest, &objects, err)) {
		err_in(err, "%s", source->shown);
		return source_damaged(err);
	}
	return print(&(struct inspection){ source, &facts, &hashkv, &objects }, opts, err);
}

int cmd_inspect(const struct opts *opts, struct err *err)
{
	scoped(source) struct source source = { .file.fd = -1 };
	const struct progress progress = { .quiet = opts->quiet };

	if (opts->largest > OBJECT_LARGEST_MAX) {
		err_set(err, ERR_USAGE, "--largest is at most %d", OBJECT_LARGEST_MAX);
		return err_status(err->code);
	}
	progress_line(&progress, "reading %s", opts->args[0]);
	if (source_open(opts, opts->args[0], NULL, &source, err))
		return err_status(err->code);
	progress_line(&progress, "walking the database");
	return inspect(&source, opts, err) ? err_status(err->code) : 0;
}
