/*
 * static_pod_edit: one annotation into a manifest's text, every other byte as it was.  The places come from
 * the parsed tree, so that comments and layout stay; afterwards the text is parsed again and must say what it
 * said before, and the annotation.
 */
#include "base/text.h"
#include "base/yaml.h"
#include "etcd/static_pod.h"

#include <string.h>

/* Where a line (from 0) starts in the text; the end when there are fewer. */
static size_t line_start(const char *text, size_t len, size_t line)
{
	size_t at = 0;

	while (line-- && at < len) {
		const char *newline = memchr(text + at, '\n', len - at);
		at = newline ? (size_t)(newline - text) + 1 : len;
	}
	return at;
}

/* The end of line that the text uses. */
static const char *newline_of(const char *text, size_t len)
{
	const char *newline = memchr(text, '\n', len);

	return newline && newline > text && newline[-1] == '\r' ? "\r\n" : "\n";
}

struct edit {
	size_t from, to; /* bytes that are replaced */
	size_t indent;   /* of the annotation's key */
	bool with_map;   /* annotations: itself has to be written, too, two columns to the left */
	bool value_only; /* the key is there: only its value is replaced */
};

/* A map in block style has its first key on a later line than its own key, further right. */
static bool is_block(const struct tree *map)
{
	return map && map->kind == TREE_MAP && map->first && map->first->line > map->line &&
	       map->first->column > map->column;
}

/* The length of a scalar as it is written at `at`; 0 when it is not on this line as a whole. */
static size_t written_len(const char *at, const char *end, const struct tree *old)
{
	if (at < end && (*at == '"' || *at == '\'')) {
		for (const char *p = at + 1; p < end; p++) {
			if (*at == '"' && *p == '\\')
				p++;
			else if (*p == *at && *at == '\'' && p + 1 < end && p[1] == *at)
				p++;
			else if (*p == *at)
				return (size_t)(p - at) + 1;
		}
		return 0;
	}
	if (!old->text || old->len > (size_t)(end - at) || memcmp(at, old->text, old->len) != 0)
		return 0;
	return old->len;
}

/* Where the old value stands, on the line of its key. */
static int find_value(const struct tree *old, const char *text, size_t len, struct edit *edit,
		      struct err *err)
{
	size_t start = line_start(text, len, old->line);
	const char *newline = memchr(text + start, '\n', len - start);
	const char *end = newline ? newline : text + len;
	const char *at = text + start, *colon = NULL;

	if (old->value_line == old->line && old->column < (size_t)(end - at))
		colon = memmem(at + old->column, (size_t)(end - at) - old->column, ": ", 2);
	if (colon) {
		at = colon + 2;
		while (at < end && *at == ' ')
			at++;
		size_t written = written_len(at, end, old);
		if (written) {
			edit->from = (size_t)(at - text);
			edit->to = edit->from + written;
			edit->value_only = true;
			return 0;
		}
	}
	return err_set(err, ERR_CONFIG, "annotation %s is not written on one line", old->key);
}

static int find_place(const struct tree *pod, const char *text, size_t len, const char *key,
		      struct edit *edit, struct err *err)
{
	const struct tree *metadata = tree_get(pod, "metadata");
	const struct tree *annotations = tree_get(metadata, "annotations");
	const struct tree *old = tree_get(annotations, key);

	*edit = (struct edit){ 0 };
	if (!is_block(metadata))
		return err_set(err, ERR_CONFIG, "metadata is not written in block style");
	if (annotations && !is_block(annotations))
		return err_set(err, ERR_CONFIG,
			       "metadata.annotations is not written in block style");
	if (old)
		return find_value(old, text, len, edit, err);
	const struct tree *before = annotations ? annotations->first : metadata->first;
	edit->from = edit->to = line_start(text, len, before->line);
	edit->indent = before->column + (annotations ? 0 : 2);
	edit->with_map = !annotations;
	return 0;
}

/* Printable ASCII, so that between double quotes only two characters need a backslash. */
static int quote(const char *value, struct buf *out, struct err *err)
{
	buf_adds(out, "\"");
	for (const char *at = value; *at; at++) {
		if (*at < ' ' || *at > '~')
			return err_set(err, ERR_CONFIG, "an annotation's value is not plain text");
		if (strchr("\"\\", *at))
			buf_adds(out, "\\");
		buf_add(out, at, 1);
	}
	return buf_adds(out, "\"") ? err_set(err, ERR_CONFIG, "an annotation is too long") : 0;
}

static bool same_tree(const struct tree *a, const struct tree *b)
{
	if (a->kind != b->kind || !text_same(a->key, b->key) || !text_same(a->text, b->text))
		return false; /* not reached: no text is known whose edit changes more */
	for (a = a->first, b = b->first; a && b; a = a->next, b = b->next)
		if (!same_tree(a, b))
			return false; /* not reached: as above */
	return a == b;                /* both at their end */
}

/* A copy of a map without one key. */
static const struct tree *without(struct arena *arena, const struct tree *map, const char *key)
{
	struct tree *copy = arena_alloc(arena, sizeof(*copy)), **end = &copy->first;

	*copy = *map;
	copy->first = copy->next = NULL;
	for (const struct tree *at = map->first; at; at = at->next) {
		if (strcmp(at->key, key) == 0)
			continue;
		*end = arena_alloc(arena, sizeof(**end));
		**end = *at;
		(*end)->next = NULL;
		end = &(*end)->next;
	}
	return copy;
}

/* The new pod is the old one but for the annotation. */
static bool only_added(struct arena *arena, const struct tree *old, const struct tree *now,
		       const char *key)
{
	const struct tree *was = tree_at(old, "metadata", "annotations", NULL);
	const struct tree *is = tree_at(now, "metadata", "annotations", NULL);
	const struct tree *meta = tree_get(old, "metadata"), *meta_now = tree_get(now, "metadata");

	if (was && !same_tree(without(arena, was, key), without(arena, is, key)))
		return false; /* not reached: as above */
	if (!was && tree_count(is) != 1)
		return false; /* not reached: as above */
	return same_tree(without(arena, meta, "annotations"),
			 without(arena, meta_now, "annotations")) &&
	       same_tree(without(arena, old, "metadata"), without(arena, now, "metadata"));
}

static int prove(struct arena *arena, const struct tree *old, const struct buf *out,
		 const char *key, const char *value, struct err *err)
{
	const struct tree *pod = yaml_parse(arena, buf_str(out), out->len, 2 * MANIFEST_MAX, err);

	if (!pod)
		return err_in(err, "after adding an annotation");
	if (!text_same(tree_text(tree_at(pod, "metadata", "annotations", key, NULL)), value) ||
	    !only_added(arena, old, pod, key))
		return err_set(err, ERR_CONFIG,
			       "the manifest is written so that no annotation can be added");
	return 0;
}

int static_pod_annotate(const char *text, size_t len, const char *key, const char *value,
			struct buf *out, struct err *err)
{
	scoped(arena) struct arena *arena = arena_new();
	scoped(buf) struct buf quoted = BUF_INIT(1024), edited = BUF_INIT(2 * MANIFEST_MAX);
	const struct tree *pod = yaml_parse(arena, text, len, MANIFEST_MAX, err);
	const char *newline = newline_of(text, len);
	struct edit edit;
	int failed;

	if (!pod || find_place(pod, text, len, key, &edit, err) || quote(value, &quoted, err))
		return -1;
	failed = buf_add(&edited, text, edit.from);
	if (edit.with_map)
		failed |= buf_addf(&edited, "%*sannotations:%s", (int)edit.indent - 2, "", newline);
	if (edit.value_only)
		failed |= buf_adds(&edited, buf_str(&quoted));
	else
		failed |= buf_addf(&edited, "%*s%s: %s%s", (int)edit.indent, "", key,
				   buf_str(&quoted), newline);
	failed |= buf_add(&edited, text + edit.to, len - edit.to);
	if (!failed && prove(arena, pod, &edited, key, value, err))
		return -1;
	if (!failed)
		failed = buf_add(out, edited.data, edited.len);
	return failed ? err_set(err, ERR_CONFIG, "the manifest is too long") : 0;
}
