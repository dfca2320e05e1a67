/*
 * html: see html.h.
 */
#include "plugin/html.h"

#include "base/mem.h"
#include "plugin/print.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void add(struct html *html, const char *text, size_t len)
{
	html->failed = html->failed || buf_add(html->out, text, len);
}

void html_raw(struct html *html, const char *markup)
{
	add(html, markup, strlen(markup));
}

void html_rawf(struct html *html, const char *fmt, ...)
{
	char piece[1024];
	va_list ap;

	va_start(ap, fmt);
	int len = vsnprintf(piece, sizeof(piece), fmt, ap);
	va_end(ap);
	if (len < 0 || (size_t)len >= sizeof(piece))
		html->failed = true;
	else
		add(html, piece, (size_t)len);
}

void html_text(struct html *html, const char *text)
{
	size_t size = text ? 2 * strlen(text) + 4 : 4;
	scoped(mem) char *safe = mem_alloc(size);

	escape_text(text ? text : "", true, safe, size);
	for (const char *at = safe; *at; at++) {
		switch (*at) {
		case '&':
			html_raw(html, "&amp;");
			break;
		case '<':
			html_raw(html, "&lt;");
			break;
		case '>':
			html_raw(html, "&gt;");
			break;
		case '"':
			html_raw(html, "&quot;");
			break;
		case '\'':
			html_raw(html, "&#39;");
			break;
		default:
			add(html, at, 1);
		}
	}
}

void html_element(struct html *html, const char *name, const char *class, const char *text)
{
	html_rawf(html, "<%s", name);
	if (class)
		html_rawf(html, " class=\"%s\"", class);
	html_raw(html, ">");
	html_text(html, text);
	html_rawf(html, "</%s>", name);
}
