/*
 * log: lines about what goes on, to a sink that the program sets; nothing without one.  Level 0 is a warning, which is shown always and
 * says nothing of being one; the others are klog's: 2 steps, 4 decisions, 6 requests.  Never a secret, at any level.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

typedef void log_sink(int level, const char *line);

/* Set once, before any thread starts.  The sink is called on any thread and must be safe there. */
void log_to(log_sink *sink, int max_level);

void log_at(int level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
