/*
 * health: see health.h.
 */
#include "plugin/health.h"

#include <stdio.h>
#include <string.h>

unsigned health_of(unsigned troubles, bool leader, bool learner)
{
	unsigned health = 0;

	if (!leader || (troubles & ETCD_NO_LEADER))
		health |= HEALTH_NO_LEADER;
	if (learner)
		health |= HEALTH_LEARNER;
	if (troubles & ETCD_ODD)
		health |= HEALTH_ODD;
	if (troubles & ETCD_CORRUPT)
		health |= HEALTH_CORRUPT;
	return health;
}

void health_words(unsigned health, char out[HEALTH_WORDS])
{
	static const struct {
		unsigned bit;
		const char *words;
	} all[] = {
		{ HEALTH_CORRUPT, "has an alarm CORRUPT" },
		{ HEALTH_LEARNER, "is a learner" },
		{ HEALTH_NO_LEADER, "has no leader" },
		{ HEALTH_NO_READ, "answers no linearizable read" },
		{ HEALTH_ODD, "reports an error" },
	};
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]) && len < HEALTH_WORDS; i++)
		if (health & all[i].bit)
			len += (size_t)snprintf(out + len, HEALTH_WORDS - len, "%s%s",
						len ? ", " : "", all[i].words);
}
