/*
 * etcd_carried: what a snapshot brings along beside its objects, and what matters after a restore of it: alarms,
 * whether auth is on, its version, leases, which nodes and API servers it knows.
 */
#ifndef ETCD_ETCD_CARRIED_H
#define ETCD_ETCD_CARRIED_H

#include "etcd/bolt_map.h"
#include "etcd/name_set.h"

struct etcd_carried {
	unsigned alarms;       /* ETCD_ALARM_ flags */
	char alarm_words[256]; /* "NOSPACE on 1a2b; ..." */
	bool auth;             /* is on */
	char version[32]; /* of the cluster, as its members agreed on it: "3.5.0"; "": not there */
	uint64_t leases;
	uint64_t in_use;       /* bytes of pages that are not free */
	struct name_set nodes; /* of the Node objects */
	struct name_set apis;  /* the addresses that API servers had announced */
};

/* One walk of the whole database, in little memory; strings go to the arena.  -1: CORRUPT. */
int etcd_carried_read(const struct bolt_map *map, struct arena *arena, struct etcd_carried *out,
		      struct err *err);

#endif
