/*
 * cmd_prune: removes the snapshots that no rule keeps.
 */
#include "base/mem.h"
#include "plugin/print.h"
#include "plugin/prune_run.h"
#include "plugin/store_flags.h"

#include <string.h>

int cmd_prune(const struct opts *opts, struct err *err)
{
	scoped(store) struct store *store = NULL;

	if (!opts->from) {
		err_set(err, ERR_USAGE, "prune needs --from URL");
		err_hint(err, "see '%s prune --help' for usage", opts->program);
	} else if (opts->dry_run && strcmp(opts->dry_run, "client") != 0 &&
		   strcmp(opts->dry_run, "none") != 0) {
		err_set(err, ERR_USAGE,
			"--dry-run=%s: prune takes none or client, which reads the store and "
			"removes nothing",
			opts->dry_run);
		err_hint(err, "see '%s prune --help' for usage", opts->program);
	} else if (!store_from_opts(opts, opts->from, -1, &store, err) &&
		   !prune_run(opts, store, NULL, err) && !print_flush(err)) {
		return 0;
	}
	return err_status(err->code);
}
