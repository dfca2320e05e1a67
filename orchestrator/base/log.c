/*
 * log: see log.h.  The sink is the one piece of program-wide state: it is set before the first
 * thread and only read after that.
 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

static struct {
	log_sink *sink;
	int max_level;
} the_log;

void log_to(log_sink *sink, int max_level)
{
	the_log.sink = sink;
	the_log.max_level = max_level;
}

void log_at(int level, const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	if (!the_log.sink || level > the_log.max_level)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	the_log.sink(level, line);
}
