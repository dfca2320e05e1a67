/*
 * cmd_playbook: shows exactly the text that will run.
 */
#include "base/buf.h"
#include "base/mem.h"
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
		scoped(buf) struct buf names = BUF_INIT(1000);
		for (const struct playbook_text *one = playbook_texts; one->name; one++)
			buf_addf(&names, "%s%s", names.len ? ", " : "", one->name);
		err_hint(err, "there are: %s", buf_str(&names));
		return err_status(err->code);
	}
	print_raw(text->text, text->len);
	return print_flush(err) ? err_status(err->code) : 0;
}
