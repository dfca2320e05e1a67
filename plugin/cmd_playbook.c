/*
 * cmd_playbook: shows exactly the text that will run.
 */
#include "play/playbook.h"
#include "plugin/opts.h"
#include "plugin/print.h"

#include <string.h>

int cmd_playbook(const struct opts *opts, struct err *err)
{
	if (strcmp(opts->args[0], "show") != 0 || opts->arg_count != 2) {
		err_set(err, ERR_USAGE, "want: playbook show NAME");
		return err_status(err->code);
	}
	const struct playbook_text *text = playbook_text_find(opts->args[1]);
	if (!text) {
		err_set(err, ERR_USAGE, "no playbook is called \"%s\"", opts->args[1]);
		err_hint(err, "there is: restore");
		return err_status(err->code);
	}
	print_raw(text->text, text->len);
	return 0;
}
