/*
 * opts: see opts.h.  Parses as pflag does; the table is in flags.c.
 */
#include "plugin/opts.h"

#include "base/mem.h"
#include "plugin/flags.h"
#include "plugin/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct command *command_find(const char *name)
{
	for (const struct command *c = commands; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

static int hint_help(const struct opts *opts, struct err *err)
{
	const char *command = opts->command ? opts->command : "";

	return err_hint(err, "see '%s%s%s --help' for usage", opts->program, *command ? " " : "",
			command);
}

/* "500ms", "2s", "1m30s", "1h", "90" (seconds) */
static int parse_duration(const char *text, uint64_t *out)
{
	static const struct {
		const char *unit;
		uint64_t ms;
	} units[] = {
		{ "ms", 1 }, { "d", 86400000 }, { "h", 3600000 }, { "m", 60000 }, { "s", 1000 }
	};
	uint64_t total = 0, n;

	if (!parse_uint(text, UINT64_MAX / 1000000, out)) {
		*out *= 1000;
		return 0;
	}
	if (!*text)
		return -1;
	while (*text) {
		size_t len = strspn(text, "0123456789"), i = 0;
		scoped(mem) char *digits = mem_printf("%.*s", (int)len, text);
		if (parse_uint(digits, UINT32_MAX, &n))
			return -1;
		text += len;
		while (i < 5 && strncmp(text, units[i].unit, strlen(units[i].unit)) != 0)
			i++;
		if (i == 5)
			return -1;
		text += strlen(units[i].unit);
		total += n * units[i].ms;
	}
	*out = total;
	return 0;
}

static int parse_output(const char *text, enum output *out)
{
	static const struct {
		const char *name;
		enum output output;
	} known[] = { { "", OUTPUT_TABLE },
		      { "wide", OUTPUT_WIDE },
		      { "json", OUTPUT_JSON },
		      { "yaml", OUTPUT_YAML },
		      { "name", OUTPUT_NAME } };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(text, known[i].name) == 0) {
			*out = known[i].output;
			return 0;
		}
	return -1;
}

static int parse_bool(const char *text, bool *out)
{
	if (strcmp(text, "true") == 0 || strcmp(text, "1") == 0)
		*out = true;
	else if (strcmp(text, "false") == 0 || strcmp(text, "0") == 0)
		*out = false;
	else
		return -1;
	return 0;
}

static int bad_value(const struct opts *opts, const struct flag *flag, const char *value,
		     struct err *err)
{
	bool duration = flag->kind == FLAG_DURATION;

	err_set(err, ERR_USAGE, "invalid value \"%s\" for --%s%s%s%s", value, flag->name,
		flag->value ? ": want " : "", flag->value ? flag->value : "",
		duration ? "; the units are d, h, m, s and ms, as in 1h30m" : "");
	return hint_help(opts, err);
}

static int set_flag(struct opts *opts, const struct flag *flag, const char *value, struct err *err)
{
	void *field = (char *)opts + flag->offset;
	int failed = 0;

	switch (flag->kind) {
	case FLAG_TEXT:
	case FLAG_DRY_RUN:
		*(const char **)field = value;
		break;
	case FLAG_TEXTS: {
		struct texts *texts = field;
		failed = texts->count == TEXTS_MAX;
		if (!failed)
			texts->items[texts->count++] = value;
		break;
	}
	case FLAG_BOOL:
		failed = parse_bool(value, field);
		break;
	case FLAG_CHOICE: {
		bool on = false;
		failed = parse_bool(value, &on);
		*(enum choice *)field = on ? CHOICE_TRUE : CHOICE_FALSE;
		break;
	}
	case FLAG_NUMBER:
		failed = parse_uint(value, 65535, field);
		break;
	case FLAG_DURATION:
		failed = parse_duration(value, field);
		break;
	case FLAG_OUTPUT:
		failed = parse_output(value, field);
		break;
	}
	if (!failed)
		return 0;
	return bad_value(opts, flag, value, err);
}

/* A flag may stand before its command: which one takes it is checked at the end. */
struct seen {
	const struct flag *flags[64];
	size_t count;
};

struct words {
	int argc;
	char *const *argv;
	int at;
};

static bool is_dry_run(const char *word)
{
	return word && (strcmp(word, "none") == 0 || strcmp(word, "client") == 0 ||
			strcmp(word, "server") == 0);
}

/* Words that are no value of it stay words: `--dry-run prod.db` is not a dry run called prod.db. */
static const char *dry_run_value(struct words *w)
{
	const char *next = w->at + 1 < w->argc ? w->argv[w->at + 1] : NULL;

	if (is_dry_run(next)) {
		w->at++;
		return next;
	}
	print_warning("--dry-run without a value means --dry-run=client");
	return "client";
}

static int take_flag(struct opts *opts, struct words *w, const struct flag *flag, const char *value,
		     struct seen *seen, struct err *err)
{
	if (seen->count < 64)
		seen->flags[seen->count++] = flag;
	if (!value && (flag->kind == FLAG_BOOL || flag->kind == FLAG_CHOICE))
		value = "true";
	if (!value && flag->kind == FLAG_DRY_RUN)
		value = dry_run_value(w);
	if (!value) {
		if (w->at + 1 >= w->argc) {
			err_set(err, ERR_USAGE, "flag needs an argument: --%s", flag->name);
			return hint_help(opts, err);
		}
		value = w->argv[++w->at];
	}
	return set_flag(opts, flag, value, err);
}

static int parse_long(struct opts *opts, struct words *w, struct seen *seen, struct err *err)
{
	const char *word = w->argv[w->at] + 2, *equals = strchr(word, '=');
	size_t len = equals ? (size_t)(equals - word) : strlen(word);

	if (strcmp(word, "version") == 0) {
		opts->version = true;
		return 0;
	}
	for (const struct flag *flag = flags; flag->name; flag++)
		if (strlen(flag->name) == len && strncmp(flag->name, word, len) == 0)
			return take_flag(opts, w, flag, equals ? equals + 1 : NULL, seen, err);
	err_set(err, ERR_USAGE, "unknown flag: --%.*s", (int)len, word);
	return hint_help(opts, err);
}

/* -n x, -nx, -n=x, -qy */
static int parse_short(struct opts *opts, struct words *w, struct seen *seen, struct err *err)
{
	const char *word = w->argv[w->at] + 1;

	while (*word) {
		const struct flag *flag = flags;
		while (flag->name && flag->letter != *word)
			flag++;
		if (!flag->name) {
			err_set(err, ERR_USAGE, "unknown shorthand flag: '%c' in -%s", *word,
				w->argv[w->at] + 1);
			return hint_help(opts, err);
		}
		word++;
		if (flag->kind == FLAG_BOOL && *word != '=') {
			if (take_flag(opts, w, flag, "true", seen, err))
				return -1;
			continue;
		}
		const char *value = *word == '=' ? word + 1 : *word ? word : NULL;
		return take_flag(opts, w, flag, value, seen, err);
	}
	return 0;
}

static int take_word(struct opts *opts, const char *word, struct err *err)
{
	if (!opts->command) {
		opts->command = word;
		return 0;
	}
	if (opts->arg_count == sizeof(opts->args) / sizeof(opts->args[0])) {
		err_set(err, ERR_USAGE, "too many words: %s", word);
		return hint_help(opts, err);
	}
	opts->args[opts->arg_count++] = word;
	return 0;
}

/* "false" among words that are too many was meant for a switch. */
static int hint_switch(const struct opts *opts, const struct seen *seen, struct err *err)
{
	for (size_t i = 0; i < opts->arg_count; i++)
		for (size_t k = 0; k < seen->count; k++) {
			const char *word = opts->args[i];
			const struct flag *flag = seen->flags[k];
			if ((flag->kind == FLAG_BOOL || flag->kind == FLAG_CHOICE) &&
			    (strcmp(word, "true") == 0 || strcmp(word, "false") == 0))
				return err_hint(err,
						"--%s=%s needs the \"=\"; see '%s %s --help' for "
						"usage",
						flag->name, word, opts->program, opts->command);
		}
	return hint_help(opts, err);
}

static bool takes(const struct command *command, const struct flag *flag)
{
	return flag->on & (command->takes | ON_EVERY);
}

bool opts_takes(const struct opts *opts, const char *name)
{
	const struct command *command = opts->command ? command_find(opts->command) : NULL;
	const struct flag *flag = flags;

	while (flag->name && strcmp(flag->name, name) != 0)
		flag++;
	return command && flag->name && takes(command, flag);
}

static int check(struct opts *opts, const struct seen *seen, struct err *err)
{
	const struct command *command = opts->command ? command_find(opts->command) : NULL;

	if (opts->command && strcmp(opts->command, "help") == 0) {
		opts->help = true;
		opts->command = opts->arg_count ? opts->args[0] : NULL;
		command = opts->command ? command_find(opts->command) : NULL;
	}
	if (opts->command && !command) {
		err_set(err, ERR_USAGE, "unknown command \"%s\" for \"%s\"", opts->command,
			opts->program);
		opts->command = NULL;
		return hint_help(opts, err);
	}
	if (!command || opts->help)
		return 0;
	for (size_t i = 0; i < seen->count; i++)
		if (!takes(command, seen->flags[i])) {
			err_set(err, ERR_USAGE, "unknown flag: --%s", seen->flags[i]->name);
			return hint_help(opts, err);
		}
	if (opts->arg_count < command->min_words || opts->arg_count > command->max_words) {
		err_set(err, ERR_USAGE, "%s takes %s", command->name,
			*command->words ? command->words : "no words");
		return hint_switch(opts, seen, err);
	}
	return 0;
}

/* A command whose words after -- are another program's. */
static bool takes_tail(const struct opts *opts)
{
	const struct command *command = opts->command ? command_find(opts->command) : NULL;

	return command && (command->takes & ON_TAIL);
}

int opts_parse(int argc, char *const argv[], struct opts *opts, struct err *err)
{
	struct words w = { argc, argv, 1 };
	struct seen seen = { .count = 0 };
	const char *base = strrchr(argv[0], '/');

	base = base ? base + 1 : argv[0];
	*opts = (struct opts){
		.program = strncmp(base, "kubectl-", 8) == 0 ? "kubectl etcd-backup" : base,
		.request_timeout_ms = 10 * 1000,
		.grace_ms = 2 * 1000,
		.largest = 10,
		.port_base = 12379,
	};
	for (; w.at < argc; w.at++) {
		const char *word = argv[w.at];
		int failed;
		if (strcmp(word, "--") == 0 && takes_tail(opts)) {
			opts->tail = w.at + 1 < argc ? argv + w.at + 1 : NULL;
			break;
		}
		if (strcmp(word, "--") == 0) {
			while (++w.at < argc)
				if (take_word(opts, argv[w.at], err))
					return -1;
			break;
		}
		if (word[0] == '-' && word[1] == '-')
			failed = parse_long(opts, &w, &seen, err);
		else if (word[0] == '-' && word[1])
			failed = parse_short(opts, &w, &seen, err);
		else
			failed = take_word(opts, word, err);
		if (failed)
			return -1;
	}
	return check(opts, &seen, err);
}

static void help_flags(unsigned takes)
{
	printf("\nFlags:\n");
	for (const struct flag *flag = flags; flag->name; flag++) {
		char left[64];
		if (!(flag->on & takes))
			continue;
		if (strcmp(flag->name, "v") == 0)
			snprintf(left, sizeof(left), "-v, --v=%s", flag->value);
		else
			snprintf(left, sizeof(left), "%c%c%c --%s%s%s", flag->letter ? '-' : ' ',
				 flag->letter ? flag->letter : ' ', flag->letter ? ',' : ' ',
				 flag->name, flag->value ? "=" : "",
				 flag->value ? flag->value : "");
		printf("  %-40s %s\n", left, flag->about);
	}
}

static const char exit_codes[] = "\nExit status: 0 done; 1 failed, no node was changed; 2 bad "
				 "arguments; 3 done, and\n"
				 "something is not as it should be; 4 failed, changes were undone, "
				 "the cluster is as it was;\n"
				 "5 stopped half-way, needs you; 6 the snapshot is damaged; 70 a "
				 "bug; 130 interrupted before any change.\n";

void opts_help(const struct opts *opts, const char *name)
{
	const struct command *command = name ? command_find(name) : NULL;

	if (command) {
		printf("%s.\n\n%s\n\nExamples:\n%s\nUsage:\n  %s %s%s%s [flags]\n", command->about,
		       command->details, command->examples, opts->program, command->name,
		       *command->words ? " " : "", command->words);
		help_flags(command->takes | ON_EVERY);
		printf("%s", exit_codes);
		return;
	}
	printf("Snapshot and restore the etcd of kubeadm clusters: every control plane at once, "
	       "over SSH,\n"
	       "with undo until etcd serves again.  It works when the API is dead.\n\nCommands:\n");
	for (const struct command *c = commands; c->name; c++)
		printf("  %-12s %s\n", c->name, c->about);
	printf("%s\nUse \"%s COMMAND --help\" for more about a command.\n", exit_codes,
	       opts->program);
}
