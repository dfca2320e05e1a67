/*
 * text: small questions about strings.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <string.h>

/* Both the same text, or both NULL. */
static inline bool text_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static inline bool text_ends(const char *text, const char *with)
{
	size_t len = strlen(text), size = strlen(with);

	return len >= size && strcmp(text + len - size, with) == 0;
}

#endif
