/*
 * playbook: see playbook.h.
 */
#include "play/playbook.h"

#include "base/digest.h"
#include "base/yaml.h"

#include <stdio.h>
#include <string.h>

const struct playbook_text *playbook_text_find(const char *name)
{
	for (const struct playbook_text *text = playbook_texts; text->name; text++)
		if (strcmp(text->name, name) == 0)
			return text;
	return NULL;
}

static int only_keys(const struct tree *map, const char *const known[], struct err *err)
{
	for (const struct tree *at = map->first; at; at = at->next) {
		bool found = false;
		for (size_t i = 0; known[i]; i++)
			found |= strcmp(at->key, known[i]) == 0;
		if (!found)
			return err_set(err, ERR_CONFIG, "playbook line %zu: unknown key \"%s\"",
				       at->line + 1, at->key);
	}
	return 0;
}

/* "90s", "3m": nothing else. */
static int read_timeout(const struct tree *map, const struct verb *verb, uint64_t *out,
			struct err *err)
{
	const char *text = tree_string(map, "timeout");
	char digits[16];
	uint64_t n;

	*out = verb->timeout_ms;
	if (!text)
		return 0;
	size_t len = strlen(text);
	uint64_t unit = len && text[len - 1] == 'm' ? 60000 : 1000;
	if (len < 2 || len >= sizeof(digits) || (text[len - 1] != 'm' && text[len - 1] != 's'))
		return err_set(err, ERR_CONFIG, "playbook line %zu: timeout \"%s\": want 90s or 3m",
			       map->line + 1, text);
	snprintf(digits, sizeof(digits), "%.*s", (int)len - 1, text);
	if (parse_uint(digits, verb->timeout_max_ms / unit, &n) || n == 0)
		return err_set(err, ERR_CONFIG,
			       "playbook line %zu: timeout \"%s\": %s takes at most %llu s",
			       map->line + 1, text, verb->name,
			       (unsigned long long)(verb->timeout_max_ms / 1000));
	*out = n * unit;
	return 0;
}

static int read_on(const struct tree *map, enum step_on *out, struct err *err)
{
	const char *on = tree_string(map, "on");

	*out = ON_ALL;
	if (!on || strcmp(on, "all") == 0)
		return 0;
	if (strcmp(on, "first") == 0)
		*out = ON_FIRST;
	else if (strcmp(on, "one-by-one") == 0)
		*out = ON_ONE_BY_ONE;
	else
		return err_set(err, ERR_CONFIG,
			       "playbook line %zu: on: \"%s\": want all, first or one-by-one",
			       map->line + 1, on);
	return 0;
}

static int read_ahead(const struct tree *map, struct step *step, struct err *err)
{
	const char *name = tree_string(map, "ahead");

	step->ahead = name ? verb_find(name) : NULL;
	if (!name || (step->ahead && step->ahead->kind == VERB_LOOKS && step->on == ON_ALL))
		return 0;
	return err_set(
		err, ERR_CONFIG,
		"playbook line %zu: ahead: \"%s\": want a verb that only looks, in a step on all",
		map->line + 1, name);
}

static int read_step(const struct tree *map, struct step *step, struct err *err)
{
	static const char *const known[] = { "do", "undo", "on", "ahead", "timeout", NULL };
	const char *name = tree_string(map, "do"), *undo = tree_string(map, "undo");

	if (map->kind != TREE_MAP || !name)
		return err_set(err, ERR_CONFIG, "playbook line %zu: a step says do: VERB",
			       map->line + 1);
	if (only_keys(map, known, err))
		return -1;
	for (const struct tree *at = map->first; at; at = at->next)
		if (!tree_text(at))
			return err_set(err, ERR_CONFIG, "playbook line %zu: %s: want one word",
				       at->line + 1, at->key);
	step->verb = verb_find(name);
	if (!step->verb)
		return err_set(err, ERR_CONFIG, "playbook line %zu: no verb is called \"%s\"",
			       map->line + 1, name);
	if (undo) {
		if (!step->verb->inverse || strcmp(undo, step->verb->inverse) != 0)
			return err_set(err, ERR_CONFIG,
				       "playbook line %zu: %s is undone by %s, not by \"%s\"",
				       map->line + 1, name,
				       step->verb->inverse ? step->verb->inverse : "nothing", undo);
		step->undo = verb_find(undo);
	}
	if (read_on(map, &step->on, err) || read_ahead(map, step, err))
		return -1;
	return read_timeout(map, step->verb, &step->timeout_ms, err);
}

static int read_steps(const struct tree *list, struct playbook *out, struct err *err)
{
	static const char *const commit_only[] = { "commit", NULL };
	bool committed = false;

	for (const struct tree *at = list->first; at; at = at->next) {
		const char *commit = at->kind == TREE_MAP ? tree_string(at, "commit") : NULL;
		if (commit) {
			if (only_keys(at, commit_only, err))
				return -1;
			if (committed)
				return err_set(err, ERR_CONFIG,
					       "playbook line %zu: a second commit", at->line + 1);
			committed = true;
			out->commit = out->count;
			out->commit_text = commit;
			continue;
		}
		if (out->count == PLAYBOOK_STEPS_MAX)
			return err_set(err, ERR_CONFIG, "playbook: more than %d steps",
				       PLAYBOOK_STEPS_MAX);
		struct step *step = &out->steps[out->count++];
		if (read_step(at, step, err))
			return -1;
		if (committed && step->undo)
			return err_set(err, ERR_CONFIG,
				       "playbook line %zu: nothing is undone after the commit",
				       at->line + 1);
		if (!committed && step->verb->kind == VERB_CHANGES && !step->undo)
			return err_set(err, ERR_CONFIG,
				       "playbook line %zu: %s changes nodes: it needs its undo",
				       at->line + 1, step->verb->name);
	}
	if (!committed)
		out->commit = out->count;
	return 0;
}

int playbook_read(struct arena *arena, const char *text, size_t len, struct playbook *out,
		  struct err *err)
{
	static const char *const known[] = { "name", "steps", NULL };
	uint8_t sum[SHA256_SIZE];
	const struct tree *tree = yaml_parse(arena, text, len, PLAYBOOK_MAX, err);

	*out = (struct playbook){ 0 };
	if (!tree)
		return err_in(err, "playbook");
	const struct tree *steps = tree_get(tree, "steps");
	out->name = tree_string(tree, "name");
	if (tree->kind != TREE_MAP || !out->name || !steps || steps->kind != TREE_LIST)
		return err_set(err, ERR_CONFIG, "playbook: want name and a list of steps");
	if (only_keys(tree, known, err) || read_steps(steps, out, err))
		return -1;
	if (!out->count)
		return err_set(err, ERR_CONFIG, "playbook: no steps");
	digest_sha256(text, len, sum);
	digest_hex(sum, sizeof(sum), out->sha256);
	return 0;
}
