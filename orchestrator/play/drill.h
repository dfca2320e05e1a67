/*
 * drill: a scratch cluster over a snapshot, on the nodes of the real one: what it has that a restore has not.  It is
 * staged as a restore stages (see paths.h), and served from there by processes of its own on ports of its own; whatever
 * comes of it, everything is undone.
 */
#ifndef PLAY_DRILL_H
#define PLAY_DRILL_H

#include "base/certificate.h"
#include "base/err.h"
#include "etcd/etcd_objects.h"

#include <stdbool.h>
#include <stdint.h>

enum { DRILL_CLIENTS, DRILL_PEERS, DRILL_API, DRILL_PORTS }; /* from the first port on */

enum { DRILL_SECRETS_MAX = 16, DRILL_ETCD_URL = 64 };

/* A Secret of the snapshot, and by which key it is encrypted there: "k8s:enc:aescbc:v1:key1"; "": it is not. */
struct drill_secret {
	const char *namespace_, *name, *key;
};

/* The same for all nodes, read-only while a step runs. */
struct play_drill {
	unsigned port; /* the first of DRILL_PORTS */
	bool alone;    /* one member, to look into; its peers' port is on loopback, too */
	bool api;      /* with an API server, on the first node */
	uint32_t hash; /* HashKV of the snapshot at its newest revision */
	uint64_t
		limit_s; /* after so many seconds its processes are ended, whatever has become of us */
	const char *etcd; /* local file to upload; NULL: the running etcd's own program */
	/* of an API server: who may ask it, and what it must have */
	const struct certificate *certificate;
	const struct etcd_objects *objects;
	struct drill_secret secrets[DRILL_SECRETS_MAX]; /* one for each key */
	size_t secret_count;
};

/* What it knows of one node; written by that node's worker only. */
struct drill_node {
	uint64_t memory_free, memory_need;
	bool limited;            /* its processes are in a cgroup of their own */
	char unlimited[200];     /* why not; "": not known */
	uint64_t leader;         /* as this member says */
	uint64_t revision;       /* of a linearizable read, before anything was written */
	uint64_t written;        /* revision that its write made */
	uint64_t started_ms;     /* from the start of its etcd until it served */
	char version[32];        /* of etcd */
	uint64_t api_started_ms; /* from the start of its API server until it was ready */
	uint64_t api_objects, api_resources; /* counted there, and in the snapshot as many */
	char not_served[200]; /* resources of the snapshot that the API server does not know */
};

/*
 * Gives every member the URLs that it has in a drill, and nothing of the real ones: clients on the node's loopback
 * interface, peers on the address where the real ones are, TLS where the real ones have it.  -1 (CONFIG): a peer URL without
 * an address, or TLS between peers whose files are not known.
 */
int drill_cluster(struct cluster *cluster, const struct play_drill *drill, struct err *err);

/* What each of them has in memory, in bytes: its limit is twice that. */
uint64_t drill_etcd_memory(uint64_t db_size);
uint64_t drill_api_memory(uint64_t db_size);

/* What the copies of programs take in the run's folder, in bytes, and what they write to their logs. */
uint64_t drill_programs(bool api);

#endif
