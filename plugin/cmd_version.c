/*
 * cmd_version: needs no cluster.
 */
#include "base/mem.h"
#include "plugin/opts.h"
#include "plugin/print.h"
#include "plugin/version.h"

int cmd_version(const struct opts *opts, struct err *err)
{
	scoped(arena) struct arena *arena = arena_new();
	struct tree *map = tree_map(arena);

	if (opts->output != OUTPUT_JSON && opts->output != OUTPUT_YAML) {
		print_line("kubectl-etcd_backup " VERSION);
		return print_flush(err) ? err_status(err->code) : 0;
	}
	tree_set_string(arena, map, "kind", "Version");
	tree_set_string(arena, map, "apiVersion", "etcd-backup/v1");
	tree_set_string(arena, map, "version", VERSION);
	return print_tree(map, opts->output, err) ? err_status(err->code) : 0;
}
