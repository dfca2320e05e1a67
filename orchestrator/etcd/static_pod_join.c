/*
 * static_pod_join: the two flags with which an etcd joins a cluster that is there, into its manifest's text, every other
 * byte as it was.  The lines come from the parsed tree; afterwards the text is parsed again and must say what it said
 * before, and the flags.
 */
#include "base/text.h"
#include "base/yaml.h"
#include "etcd/static_pod.h"

#include <string.h>

#define CLUSTER "--initial-cluster"
#define STATE "--initial-cluster-state"
#define EXISTING "existing"

/* "--flag=..." */
static bool is_flag(const struct tree *item, const char *flag)
{
	const char *word = tree_text(item);
	size_t len = strlen(flag);

	return word && strncmp(word, flag, len) == 0 && word[len] == '=';
}

static bool is_ours(const struct tree *item)
{
	return is_flag(item, CLUSTER) || is_flag(item, STATE);
}

struct flags {
	const struct tree *cluster, *state; /* the words; state NULL: not given */
};

/* A word in one of the two lists; one that is written in another way, or twice, is refused. */
static int take_words(const struct tree *list, struct flags *flags, struct err *err)
{
	for (const struct tree *at = list ? list->first : NULL; at; at = at->next) {
		const char *word = tree_text(at);
		if (word && (strcmp(word, CLUSTER) == 0 || strcmp(word, STATE) == 0))
			return err_set(err, ERR_CONFIG, "etcd's %s is not written as %s=VALUE",
				       word, word);
		if (!is_ours(at))
			continue;
		const struct tree **place = is_flag(at, CLUSTER) ? &flags->cluster : &flags->state;
		if (*place)
			return err_set(err, ERR_CONFIG, "etcd has %s twice",
				       is_flag(at, CLUSTER) ? CLUSTER : STATE);
		*place = at;
	}
	return 0;
}

static int find_flags(const struct tree *pod, struct flags *flags, struct err *err)
{
	const struct tree *list = tree_at(pod, "spec", "containers", NULL), *etcd = NULL;

	*flags = (struct flags){ NULL, NULL };
	for (const struct tree *at = list ? list->first : NULL; at; at = at->next) {
		const char *name = tree_string(at, "name");
		if (name && strcmp(name, "etcd") == 0)
			etcd = at;
	}
	const struct tree *env = tree_get(etcd, "env");
	for (const struct tree *at = env ? env->first : NULL; at; at = at->next) {
		const char *name = tree_string(at, "name");
		if (name && strncmp(name, "ETCD_INITIAL_CLUSTER", 20) == 0) {
			err_set(err, ERR_CONFIG, "etcd has %s in its environment", name);
			return -1;
		}
	}
	if (take_words(tree_get(etcd, "command"), flags, err) ||
	    take_words(tree_get(etcd, "args"), flags, err))
		return -1;
	if (flags->cluster)
		return 0;
	err_set(err, ERR_CONFIG, "etcd has no " CLUSTER "= in its command");
	return -1;
}

/* A line of the text without its end. */
struct line {
	const char *at;
	size_t len, end; /* end: of its newline */
};

static struct line line_at(const char *text, size_t len)
{
	const char *newline = memchr(text, '\n', len);
	size_t whole = newline ? (size_t)(newline - text) : len;
	struct line line = { text, whole, whole < len ? 1 : 0 };

	if (line.len && text[line.len - 1] == '\r') {
		line.len--;
		line.end++;
	}
	return line;
}

/* Only "  - WORD" can be written anew: nothing else may stand on the line. */
static int check_line(const struct line *line, const struct tree *word, struct err *err)
{
	size_t at = word->column, dashes = 0;
	size_t rest = line->len - (at < line->len ? at : line->len);

	for (size_t i = 0; i < at && i < line->len; i++)
		dashes += line->at[i] == '-' ? 1 : line->at[i] == ' ' ? 0 : 2;
	if (rest >= 2 && (line->at[at] == '"' || line->at[at] == '\'') &&
	    line->at[line->len - 1] == line->at[at]) {
		at++;
		rest -= 2;
	}
	return dashes == 1 && rest == word->len && memcmp(line->at + at, word->text, rest) == 0
		       ? 0
		       : err_set(err, ERR_CONFIG, "\"%s\" is not on a line of its own", word->text);
}

static int add_flag(struct buf *out, const struct line *line, const struct tree *like,
		    const char *flag, const char *value)
{
	return buf_add(out, line->at, like->column) || buf_addf(out, "%s=%s", flag, value);
}

static int rewrite(const char *text, size_t len, const struct flags *flags, const char *value,
		   struct buf *out, struct err *err)
{
	int failed = 0;

	for (size_t at = 0, number = 0; at < len && !failed; number++) {
		struct line line = line_at(text + at, len - at);
		bool cluster = number == flags->cluster->line;
		bool state = flags->state && number == flags->state->line;
		if ((cluster && check_line(&line, flags->cluster, err)) ||
		    (state && check_line(&line, flags->state, err)))
			return -1;
		if (cluster)
			failed |= add_flag(out, &line, flags->cluster, CLUSTER, value);
		if (cluster && !flags->state)
			failed |= buf_add(out, line.end > 1 ? "\r\n" : "\n", line.end > 1 ? 2 : 1) |
				  add_flag(out, &line, flags->cluster, STATE, EXISTING);
		if (state)
			failed |= add_flag(out, &line, flags->state, STATE, EXISTING);
		if (!cluster && !state)
			failed |= buf_add(out, line.at, line.len);
		failed |= buf_add(out, line.at + line.len, line.end);
		at += line.len + line.end;
	}
	return failed ? err_set(err, ERR_CONFIG, "the manifest is too long") : 0;
}

static const struct tree *skip_ours(const struct tree *at)
{
	while (at && is_ours(at))
		at = at->next;
	return at;
}

/* The same but for the two flags. */
static bool same_else(const struct tree *a, const struct tree *b)
{
	if (a->kind != b->kind || !text_same(a->key, b->key) || !text_same(a->text, b->text))
		return false; /* not reached: check_line lets nothing pass that could come to that */
	for (a = skip_ours(a->first), b = skip_ours(b->first); a && b;
	     a = skip_ours(a->next), b = skip_ours(b->next))
		if (!same_else(a, b))
			return false; /* not reached: as above */
	return a == b;                /* both at their end */
}

static int prove(struct arena *arena, const struct tree *old, const struct buf *made,
		 const char *value, struct err *err)
{
	const struct tree *pod = yaml_parse(arena, buf_str(made), made->len, 2 * MANIFEST_MAX, err);
	struct flags flags;

	if (!pod || find_flags(pod, &flags, err))
		return err_in(err, "after " CLUSTER " was written");
	if (!flags.cluster || !flags.state ||
	    strcmp(flags.cluster->text + sizeof(CLUSTER), value) != 0 ||
	    strcmp(flags.state->text + sizeof(STATE), EXISTING) != 0 || !same_else(old, pod))
		return err_set(err, ERR_CONFIG,
			       "the manifest is written so that " CLUSTER " cannot be set");
	return 0;
}

int static_pod_join(const char *text, size_t len, const char *initial_cluster, struct buf *out,
		    struct err *err)
{
	scoped(arena) struct arena *arena = arena_new();
	scoped(buf) struct buf made = BUF_INIT(2 * MANIFEST_MAX);
	const struct tree *pod = yaml_parse(arena, text, len, MANIFEST_MAX, err);
	struct flags flags;

	if (!pod || find_flags(pod, &flags, err) ||
	    rewrite(text, len, &flags, initial_cluster, &made, err) ||
	    prove(arena, pod, &made, initial_cluster, err))
		return -1;
	return buf_add(out, made.data, made.len)
		       ? err_set(err, ERR_CONFIG, "the manifest is too long")
		       : 0;
}
