/*
 * health: what is wrong with a member as the source of a snapshot.
 */
#ifndef PLUGIN_HEALTH_H
#define PLUGIN_HEALTH_H

#include "etcd/etcd_api.h"

#include <stdbool.h>
#include <stddef.h>

/* The worst is the highest: of two members the one with the lower sum is the better source. */
enum {
	HEALTH_NO_READ = 1 << 0,   /* a linearizable read failed */
	HEALTH_NO_LEADER = 1 << 1, /* alone, as far as it knows */
	HEALTH_LEARNER = 1 << 2,
	HEALTH_ODD = 1 << 3, /* it reports what is not known here */
	HEALTH_CORRUPT = 1 << 4,
};

enum { HEALTH_WORDS = 160 };

/* From a Status: its `troubles` (ETCD_), its `leader` and `learner`.  0: well; a full etcd is, too. */
unsigned health_of(unsigned troubles, bool leader, bool learner);

/* "is a learner, has an alarm CORRUPT"; "" when it is well. */
void health_words(unsigned health, char out[HEALTH_WORDS]);

#endif
