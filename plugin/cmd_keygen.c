/*
 * cmd_keygen: a key to encrypt snapshots for.
 */
#include "plugin/opts.h"
#include "plugin/print.h"
#include "snapshot/age_keyfile.h"

int cmd_keygen(const struct opts *opts, struct err *err)
{
	char recipient[AGE_RECIPIENT_TEXT];

	if (age_keygen(opts->args[0], recipient, err))
		return err_status(err->code);
	print_line("%s", recipient);
	if (!opts->quiet)
		print_notice("%s is needed to restore what is encrypted for it: keep it, and a "
			     "copy, off "
			     "the cluster.",
			     opts->args[0]);
	return print_flush(err) ? err_status(err->code) : 0;
}
