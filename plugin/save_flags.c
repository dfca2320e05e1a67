/*
 * save_flags: see save_flags.h.
 */
#include "plugin/save_flags.h"

#include "plugin/prune_rules.h"
#include "snapshot/recipe.h"

#include <string.h>

/* What no recipe may have would be found when the snapshot is there, and cannot be read. */
static int check_tags(const struct texts *tags, struct err *err)
{
	for (size_t i = 0; i < tags->count; i++) {
		const char *trouble = recipe_tag_trouble(tags->items[i], strlen(tags->items[i]));
		if (!trouble)
			continue;
		err_set(err, ERR_USAGE, "--tag \"%.40s\" %s", tags->items[i], trouble);
		return err_hint(err, "a tag is a short text in UTF-8 on one line");
	}
	return 0;
}

static int check_all_members(const struct opts *opts, struct err *err)
{
	if (opts->arg_count) {
		err_set(err, ERR_USAGE, "--all-members makes several snapshots, and FILE is one");
		return err_hint(err, "--to URL, where each has its member's name in its own");
	}
	if (opts->member) {
		err_set(err, ERR_USAGE, "--all-members, and --member for one of them: which?");
		return err_hint(err, "leave one of the two away");
	}
	return 0;
}

static bool has_rules(const struct opts *o)
{
	return o->keep_last || o->keep_hourly || o->keep_daily || o->keep_weekly ||
	       o->keep_monthly || o->keep_yearly || o->keep_within || o->keep_tags.count;
}

static int check_prune(const struct opts *opts, struct err *err)
{
	if (!opts->prune) {
		err_set(err, ERR_USAGE, "%s is for --prune, which was not given",
			opts->force ? "--force" : "a --keep rule");
		return err_hint(err, "add --prune, or leave it away");
	}
	if (!opts->to) {
		err_set(err, ERR_USAGE, "--prune is for a store: it needs --to URL");
		return err_hint(err, "a FILE has no others beside it that were its predecessors");
	}
	return prune_check(opts, err) ? err_in(err, "--prune") : 0;
}

/* `--compare false` would make a snapshot of the name "false". */
static int check_compare(const struct opts *opts, struct err *err)
{
	const char *file = opts->arg_count ? opts->args[0] : "";

	if (opts->compare != CHOICE_TRUE ||
	    (strcmp(file, "false") != 0 && strcmp(file, "true") != 0))
		return 0;
	err_set(err, ERR_USAGE, "--compare %s: \"%s\" is taken for FILE", file, file);
	return err_hint(err, "--compare=%s needs the \"=\"; a file of that name is ./%s", file,
			file);
}

int save_flags_check(const struct opts *opts, struct err *err)
{
	if (check_compare(opts, err))
		return -1;
	if (opts->all_members && check_all_members(opts, err))
		return -1;
	if (check_tags(&opts->tags, err))
		return -1;
	if (opts->prune || opts->force || has_rules(opts))
		return check_prune(opts, err);
	return 0;
}
