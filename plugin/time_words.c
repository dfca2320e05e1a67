/*
 * time_words: see time_words.h.
 */
#include "plugin/time_words.h"

#include <stdio.h>

enum { MINUTE = 60, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

void age_text(uint64_t now, uint64_t then, char out[16])
{
	/* a thousand years at most: it must fit */
	unsigned long long most = 365000ull * DAY, passed = now > then ? now - then : 0;
	unsigned long long s = passed < most ? passed : most;

	if (s < 2 * MINUTE)
		snprintf(out, 16, "%llus", s);
	else if (s < 10 * MINUTE && s % MINUTE)
		snprintf(out, 16, "%llum%llus", s / MINUTE, s % MINUTE);
	else if (s < 3 * HOUR)
		snprintf(out, 16, "%llum", s / MINUTE);
	else if (s < 8 * HOUR && s % HOUR >= MINUTE)
		snprintf(out, 16, "%lluh%llum", s / HOUR, s % HOUR / MINUTE);
	else if (s < 2 * DAY)
		snprintf(out, 16, "%lluh", s / HOUR);
	else if (s < 8 * DAY && s % DAY >= HOUR)
		snprintf(out, 16, "%llud%lluh", s / DAY, s % DAY / HOUR);
	else
		snprintf(out, 16, "%llud", s / DAY);
}
