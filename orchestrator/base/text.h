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

/* How much of "3.5.16" is "3.5", at most 9 characters; 0: that is no version (NULL is none). */
static inline size_t text_minor_len(const char *version)
{
	static const char digits[] = "0123456789";
	size_t major = version ? strspn(version, digits) : 0;
	size_t minor = major && version[major] == '.' ? strspn(version + major + 1, digits) : 0;

	return minor && major + 1 + minor <= 9 ? major + 1 + minor : 0;
}

/* Both are versions, and "3.5" is another one in them. */
static inline bool text_other_minor(const char *a, const char *b)
{
	size_t len = text_minor_len(a), size = text_minor_len(b);

	return len && size && (len != size || memcmp(a, b, len) != 0);
}

#endif
