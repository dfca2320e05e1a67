/*
 * yaml: YAML text to a tree (libyaml), with the lines and columns where things stand.
 */
#ifndef BASE_YAML_H
#define BASE_YAML_H

#include "base/err.h"
#include "base/tree.h"

/*
 * Parses the one document in text.  At most max bytes, 64 levels and 100,000 nodes, with what aliases
 * repeat at most four times the text's length; an alias is
 * followed but counts with all its nodes; duplicate keys are refused; a second document is
 * refused.  Plain scalars become null, bool (true/false only), number or string as Kubernetes
 * reads them; quoted ones are always strings.  An empty document is TREE_NULL.  NULL and err
 * (CONFIG, with line) on bad input.
 */
const struct tree *yaml_parse(struct arena *arena, const char *text, size_t len, size_t max,
			      struct err *err);

/* Adds the tree as YAML block style; strings are quoted where a reader could take them wrong. */
struct buf;
int yaml_write(const struct tree *tree, struct buf *out, struct err *err);

#endif
