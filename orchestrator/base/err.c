/*
 * err: see err.h.  A text that does not fit is cut at the end; what is put in front by err_in() is
 * never cut in favour of what follows it, because it names the node and the step.
 */
#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
	va_list ap;
	char text[sizeof(err->text)];

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err->code = code;
	err->hint[0] = '\0';
	memcpy(err->text, text, sizeof(text));
	return -1;
}

int err_errno(struct err *err, enum err_code code, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;
	char text[sizeof(err->text)];

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_set(err, code, "%s: %s", text, strerror(saved));
}

void err_before(struct err *err, const struct err *before)
{
	const struct err last = *err;

	if (last.code == ERR_TIMEOUT && before->code)
		err_set(err, last.code, "%.200s; before that: %.200s", last.text, before->text);
}

int err_in(struct err *err, const char *fmt, ...)
{
	va_list ap;
	char text[sizeof(err->text)];
	char old[sizeof(err->text)];

	memcpy(old, err->text, sizeof(old));
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	size_t len = strlen(text), room = sizeof(err->text) - 1 - len, rest = strlen(old);
	memcpy(err->text, text, len + 1);
	if (room > 2) {
		memcpy(err->text + len, ": ", 2);
		if (rest > room - 2)
			rest = room - 2;
		memcpy(err->text + len + 2, old, rest);
		err->text[len + 2 + rest] = '\0';
	}
	return -1;
}

int err_log(struct err *err, const char *log)
{
	enum { WORDS = 300 };
	size_t end = strlen(log), at, len = strlen(err->text), room = sizeof(err->text) - 1 - len;

	while (end && strchr("\r\n ", log[end - 1]))
		end--;
	for (at = end; at && log[at - 1] != '\n' && end - at < WORDS; at--)
		;
	if (end > at)
		snprintf(err->text + len, room + 1, ": %.*s", (int)(end - at), log + at);
	return -1;
}

int err_hint(struct err *err, const char *fmt, ...)
{
	va_list ap;
	char text[sizeof(err->hint)];

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	memcpy(err->hint, text, sizeof(text));
	return -1;
}

int err_status(enum err_code code)
{
	static const int status[] = {
#define X(name, status, about) [ERR_##name] = (status),
		ERR_LIST(X)
#undef X
	};
	return status[code];
}

const char *err_about(enum err_code code)
{
	static const char *const about[] = {
#define X(name, status, about) [ERR_##name] = (about),
		ERR_LIST(X)
#undef X
	};
	return about[code];
}
