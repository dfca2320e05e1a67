/*
 * cmd_verify: proves a snapshot by reading all of it and of what belongs to it, and compares what it is with what its recipe says.
 */
#include "base/mem.h"
#include "plugin/print.h"
#include "plugin/progress.h"
#include "plugin/prove.h"
#include "plugin/prove_files.h"
#include "plugin/store_flags.h"
#include "snapshot/age_keyfile.h"

static int prove_beside(const struct opts *opts, const struct source *source,
			const struct source_keys *keys, struct verification *v, struct err *err)
{
	scoped(store) struct store *store = NULL;

	if (!source->has_recipe || !source->recipe.files.name)
		return 0;
	return store_from_opts(opts, source->place, -1, &store, err) ||
			       prove_files(v, store, &source->recipe, keys, err)
		       ? err_in(err, "%s", source->shown)
		       : 0;
}

static int prove(const struct opts *opts, struct verification *v, struct err *err)
{
	scoped(age_identities) struct age_identities identities = { .count = 0 };
	scoped(buf) struct buf passphrase = BUF_SECRET(AGE_PASSPHRASE_MAX);
	scoped(source) struct source source = { .file.fd = -1 };
	const struct source_keys keys = { &identities, &passphrase };
	const struct progress progress = { .quiet = opts->quiet };

	if (source_keys_read(opts, &identities, &passphrase, err))
		return -1;

	progress_line(&progress, "reading %s", opts->args[0]);
	if (source_open(opts, opts->args[0], &keys, &source, err)) {
		verification_add(v, false, "stored object", "%s", err->text);
		return -1;
	}
	v->shown = arena_strdup(v->arena, source.shown);
	progress_line(&progress, "walking the database");
	return prove_source(v, &source, NULL, NULL, err) ||
			       prove_beside(opts, &source, &keys, v, err)
		       ? -1
		       : 0;
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
	if (err->code == ERR_CORRUPT)
		print(&v, opts, &ignored); /* the damage is what the status tells */
	return err_status(err->code);
}
