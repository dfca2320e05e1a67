/*
 * json: JSON text to a tree and back (jansson).
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buf.h"
#include "base/err.h"
#include "base/tree.h"

#include <stdbool.h>

/*
 * Parses one document.  At most max bytes and 64 levels; duplicate keys are refused.  The tree
 * lives in the arena.  NULL and err (CONFIG, with line and what was found) on bad input.
 */
const struct tree *json_parse(struct arena *arena, const char *text, size_t len, size_t max,
			      struct err *err);

/* Whether JSON can say it: it is UTF-8. */
bool json_is_text(const char *text, size_t len);

/* Adds the tree as JSON: two-space indent, keys in the order they were set, or one line. */
int json_write(const struct tree *tree, bool one_line, struct buf *out, struct err *err);

#endif
