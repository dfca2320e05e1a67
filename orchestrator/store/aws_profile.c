/*
 * aws_profile: the text of ~/.aws/credentials and ~/.aws/config (aws_env.h).  Sections, "key = value", and values of
 * several indented lines, of which only "s3 =" in a services section means anything here.
 */
#include "store/aws_env.h"

#include <string.h>

struct line {
	const char *key;   /* NULL: none */
	const char *value; /* "" when empty */
	bool indented;
};

static const char *trimmed(struct arena *arena, const char *text, size_t len)
{
	while (len && strchr(" \t\r", *text)) {
		text++;
		len--;
	}
	while (len && strchr(" \t\r", text[len - 1]))
		len--;
	return arena_strndup(arena, text, len);
}

/* A comment begins a line or follows white space. */
static size_t without_comment(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if ((text[i] == '#' || text[i] == ';') &&
		    (i == 0 || text[i - 1] == ' ' || text[i - 1] == '\t'))
			return i;
	}
	return len;
}

static struct line split_line(struct arena *arena, const char *text, size_t len)
{
	struct line line = { .indented = len && (*text == ' ' || *text == '\t') };
	const char *equals = memchr(text, '=', len);

	if (!equals)
		return line;
	line.key = trimmed(arena, text, (size_t)(equals - text));
	line.value = trimmed(arena, equals + 1, len - (size_t)(equals - text) - 1);
	return line;
}

/* The name inside of "[...]" without its kind ("profile ", "services "), or NULL when it is of another kind. */
static const char *section_name(const char *section, const char *kind)
{
	size_t len = strlen(kind);

	if (len == 0)
		return section;
	if (strncmp(section, kind, len) != 0 || (section[len] != ' ' && section[len] != '\t'))
		return NULL;
	return section + len + strspn(section + len, " \t");
}

static bool is_profile(const char *section, bool is_config, const char *name)
{
	if (!is_config)
		return strcmp(section, name) == 0;
	const char *of_profile = section_name(section, "profile");
	if (of_profile)
		return strcmp(of_profile, name) == 0;
	return strcmp(name, "default") == 0 && strcmp(section, "default") == 0;
}

static void take(const struct line *line, struct aws_profile *out)
{
	const struct {
		const char *key;
		const char **to;
	} keys[] = {
		{ "aws_access_key_id", &out->key_id },
		{ "aws_secret_access_key", &out->secret },
		{ "aws_session_token", &out->token },
		{ "credential_process", &out->process },
		{ "region", &out->region },
		{ "endpoint_url", &out->endpoint },
		{ "ca_bundle", &out->ca_file },
		{ "services", &out->services },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strcmp(keys[i].key, line->key) == 0 && line->value[0])
			*keys[i].to = line->value;
	}
}

typedef void line_fn(void *arg, const char *section, const char *group, const struct line *line);

static void each_line(struct arena *arena, const char *text, size_t len, line_fn *each, void *arg)
{
	const char *section = "", *group = "";

	while (len) {
		const char *newline = memchr(text, '\n', len);
		size_t whole = newline ? (size_t)(newline - text) : len;
		size_t used = without_comment(text, whole);
		const char *end = used && *text == '[' ? memchr(text, ']', used) : NULL;
		if (end) {
			section = trimmed(arena, text + 1, (size_t)(end - text) - 1);
			group = "";
			each(arg, section, group, NULL);
		} else if (used) {
			struct line line = split_line(arena, text, used);
			if (line.key && !line.indented)
				group = line.value[0] ? "" : line.key;
			if (line.key && (!line.indented || *group))
				each(arg, section, line.indented ? group : "", &line);
		}
		text += whole + (newline != NULL);
		len -= whole + (newline != NULL);
	}
}

struct profile_taker {
	bool is_config;
	const char *name;
	struct aws_profile *out;
};

static void take_profile(void *arg, const char *section, const char *group, const struct line *line)
{
	struct profile_taker *t = arg;

	if (!is_profile(section, t->is_config, t->name))
		return;
	t->out->found = true;
	if (line && !line->indented && !*group)
		take(line, t->out);
}

static void take_services(void *arg, const char *section, const char *group,
			  const struct line *line)
{
	struct profile_taker *t = arg;
	const char *name = section_name(section, "services");

	if (name && strcmp(name, t->name) == 0 && line && strcmp(group, "s3") == 0 &&
	    strcmp(line->key, "endpoint_url") == 0 && line->value[0])
		t->out->s3_endpoint = line->value;
}

void aws_profile_read(struct arena *arena, const char *text, size_t len, bool is_config,
		      const char *name, struct aws_profile *out)
{
	struct profile_taker t = { .is_config = is_config, .name = name, .out = out };

	each_line(arena, text, len, take_profile, &t);
	if (!is_config || !out->services)
		return;
	t.name = out->services;
	each_line(arena, text, len, take_services, &t);
}

/* One word from *at on into `to`; -1: an open quote. */
static int next_word(const char **at, char *to)
{
	char quote = '\0';

	for (; **at && (quote || !strchr(" \t", **at)); (*at)++) {
		char c = **at;
		if (quote && c == quote) {
			quote = '\0';
		} else if (!quote && (c == '\'' || c == '"')) {
			quote = c;
		} else if (c == '\\' && quote != '\'' && (*at)[1]) {
			*to++ = *++*at;
		} else {
			*to++ = c;
		}
	}
	*to = '\0';
	return quote ? -1 : 0;
}

const char *const *aws_split_command(struct arena *arena, const char *command)
{
	enum { WORDS_MAX = 64 };
	const char **words = arena_alloc(arena, (WORDS_MAX + 1) * sizeof(*words));
	size_t count = 0;

	for (command += strspn(command, " \t"); *command; command += strspn(command, " \t")) {
		char *word = arena_alloc(arena, strlen(command) + 1);
		if (count == WORDS_MAX || next_word(&command, word))
			return NULL;
		words[count++] = word;
	}
	return count ? words : NULL;
}
