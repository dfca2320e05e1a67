/*
 * cmd_verify: proves a snapshot by reading all of it, and compares what it is with what its recipe says.
 */
#include "base/mem.h"
#include "plugin/print.h"
#include "plugin/progress.h"
#include "plugin/prove.h"

static int prove(const struct opts *opts, struct verification *v, struct err *err)
{
	scoped(source) struct source source = { .file.fd = -1 };
	const struct progress progress = { .quiet = opts->quiet };

	progress_line(&progress, "reading %s", opts->args[0]);
	if (source_open(opts, opts->args[0], &source, err)) {
		verification_add(v, false, "stored object", "%s", err->text);
		return -1;
	}
	v->shown = arena_strdup(v->arena, source.shown);
	progress_line(&progress, "walking the database");
	return prove_source(v, &source, NULL, NULL, err);
}

static int print(const struct verification *v, const struct opts *opts, struct err *err)
{
	if (opts->output == OUTPUT_JSON || opts->output == OUTPUT_YAML)
		return print_tree(verification_tree(v->arena, v), opts->output, err);
	if (opts->output == OUTPUT_NAME)
		print_line("snapshot/%s", v->shown);
	else
		verification_print(v);
	return print_flush(err);
}

int cmd_verify(const struct opts *opts, struct err *err)
{
	scoped(arena) struct arena *arena = arena_new();
	struct verification v = { .arena = arena, .shown = opts->args[0] };
	struct err ignored = ERR_INIT;

	if (!prove(opts, &v, err))
		return print(&v, opts, err) ? err_status(err->code) : 0;
	/* what could not be read or opened says nothing about the snapshot */
	if (err->code == ERR_CORRUPT || err->code == ERR_UNSAFE)
		print(&v, opts, &ignored); /* the damage is what the status tells */
	return err_status(err->code);
}
