/*
 * html: pieces of a page into a buffer.  What comes from outside goes through html_text and nothing else.
 */
#ifndef PLUGIN_HTML_H
#define PLUGIN_HTML_H

#include "base/buf.h"

/* The first piece that finds no room makes it `failed`; what follows is dropped. */
struct html {
	struct buf *out;
	bool failed;
};

/* As it is: only for what stands in this program. */
void html_raw(struct html *html, const char *markup);
void html_rawf(struct html *html, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Escaped for text and for attributes in quotes; control characters as print's escape_text.  NULL: nothing. */
void html_text(struct html *html, const char *text);

/* <name class="class">text</name>; class NULL: none. */
void html_element(struct html *html, const char *name, const char *class, const char *text);

#endif
