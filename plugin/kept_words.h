/*
 * kept_words: what an earlier run has kept on a node, in words.
 */
#ifndef PLUGIN_KEPT_WORDS_H
#define PLUGIN_KEPT_WORDS_H

#include "base/mem.h"
#include "play/verb.h"

/* "151Mi, put aside 2026-11-20T10:00:00Z, 2d4h ago"; "4Ki, no old data". */
const char *kept_words(struct arena *arena, const struct play_node *node, uint64_t now);

#endif
