/*
 * static_pod_edit: one annotation into a manifest's text, every other byte as it was.  The places come from
 * the parsed tree, so that comments and layout stay.
 */
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
};

/* A map in block style has its first key on a later line than its own key, further right. */
static bool is_block(const struct tree *map)
{
	return map && map->kind == TREE_MAP && map->first && map->first->line > map->line &&
	       map->first->column > map->column;
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
	if (!annotations) {
		edit->from = edit->to = line_start(text, len, metadata->first->line);
		edit->indent = metadata->first->column + 2;
		edit->with_map = true;
		return 0;
	}
	if (!is_block(annotations))
		return err_set(err, ERR_CONFIG,
			       "metadata.annotations is not written in block style");
	edit->indent = annotations->first->column;
	const struct tree *at = old ? old : annotations->first;
	edit->from = edit->to = line_start(text, len, at->line);
	if (old) {
		if (old->value_line != old->line ||
		    memchr(old->text ? old->text : "", '\n', old->len))
			return err_set(err, ERR_CONFIG, "annotation %s has more than one line",
				       key);
		edit->to = line_start(text, len, old->line + 1);
	}
	return 0;
}

/* The edited text must say what the old one said, and the annotation. */
static int prove(const struct buf *out, const char *key, const char *value, struct err *err)
{
	scoped(arena) struct arena *arena = arena_new();
	const struct tree *pod = yaml_parse(arena, buf_str(out), out->len, 2 * MANIFEST_MAX, err);
	const char *now = tree_text(tree_at(pod, "metadata", "annotations", key, NULL));

	if (!pod)
		return err_in(err, "after adding an annotation");
	if (!now || strcmp(now, value) != 0)
		return err_set(err, ERR_BUG, "an annotation did not arrive");
	return 0;
}

int static_pod_annotate(const char *text, size_t len, const char *key, const char *value,
			struct buf *out, struct err *err)
{
	scoped(arena) struct arena *arena = arena_new();
	const struct tree *pod = yaml_parse(arena, text, len, MANIFEST_MAX, err);
	const char *newline = newline_of(text, len);
	struct edit edit;
	int failed = 0;

	if (!pod || find_place(pod, text, len, key, &edit, err))
		return -1;
	failed |= buf_add(out, text, edit.from);
	if (edit.with_map)
		failed |= buf_addf(out, "%*sannotations:%s", (int)edit.indent - 2, "", newline);
	failed |= buf_addf(out, "%*s%s: \"%s\"%s", (int)edit.indent, "", key, value, newline);
	failed |= buf_add(out, text + edit.to, len - edit.to);
	if (failed)
		return err_set(err, ERR_CONFIG, "the manifest is too long");
	return prove(out, key, value, err);
}
