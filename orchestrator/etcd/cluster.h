/*
 * cluster: the members of an etcd cluster, where their data and certificates lie, and the ids
 * that a restore will give them.
 */
#ifndef ETCD_CLUSTER_H
#define ETCD_CLUSTER_H

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CLUSTER_MEMBERS_MAX = 15 };

/*
 * One member, as its static pod says; strings live in the cluster's arena; NULL: not given.  In a recipe also one whose node was not
 * read, of which only the list of members tells: recipe.h.
 */
struct member {
	const char *name;           /* --name */
	const char *node;           /* name of the Kubernetes node */
	const char *address;        /* of the node, for SSH */
	const char *pod;            /* name of the mirror pod; NULL without the API */
	const char *peer_url;       /* --initial-advertise-peer-urls, comma separated as given */
	const char *client_url;     /* the first of --advertise-client-urls */
	const char *listen_client;  /* the first of --listen-client-urls */
	const char *metrics_url;    /* the first of --listen-metrics-urls */
	const char *ca_file;        /* --trusted-ca-file, as a path on the node */
	const char *cert_file;      /* --cert-file, as a path on the node */
	const char *key_file;       /* --key-file, as a path on the node */
	const char *peer_ca_file;   /* --peer-trusted-ca-file, as a path on the node */
	const char *peer_cert_file; /* --peer-cert-file, as a path on the node */
	const char *peer_key_file;  /* --peer-key-file, as a path on the node */
	const char *data_flag;      /* --data-dir, as etcd sees it */
	const char *data_dir; /* the same as a path on the node: flag -> volumeMount -> hostPath */
	const char *wal_dir;  /* --wal-dir as a path on the node */
	const char *wal_flag; /* --wal-dir, as etcd sees it */
	const char *image;
	const char *
		image_id; /* what the node runs, as the pod's status has it; NULL without the API */
	const char *host_key; /* of the node's sshd as it was proved: "ssh-ed25519 AAAA..." */
	const char *version;  /* from the image's tag, or what the member says: "3.5.16" */
	const char *initial_cluster; /* as the manifest has it; never to be copied */
	const char *token;           /* --initial-cluster-token */
	uint64_t quota;              /* --quota-backend-bytes; 0: not given, which means 2 GiB */
	uint64_t id;                 /* as the list of members has it; 0: not known */
	bool learner;                /* the same */
	bool corrupt_check;          /* InitialCorruptCheck is on, by flag or feature gate */
};

struct cluster {
	struct arena *arena;
	const char *name;               /* what the user calls it */
	const char *kubernetes_version; /* "v1.20.2"; NULL: not known */
	const char *ca_fingerprint; /* sha256 of the etcd CA certificate, hex; NULL: not known */
	uint64_t id;                /* as the live members report; 0: not known */
	struct member members[CLUSTER_MEMBERS_MAX];
	size_t count;
	const char *external; /* kube-apiserver's --etcd-servers when etcd is not on the nodes */
};

/* -1 (CONFIG) when there are no members, one lacks its name or peer URL or has one that cannot be written, or two have the same. */
int cluster_members_check(const struct cluster *cluster, struct err *err);

/*
 * Writes the one value of --initial-cluster for all members: "name=url,name=url", a member with
 * several peer URLs once for each.  The only function that writes it.  -1: as cluster_members_check.
 */
int cluster_initial(const struct cluster *cluster, struct buf *out, struct err *err);

/*
 * Reads such a value back: name and peer_url of each member, in the arena; *out has nothing else.  -1 (CONFIG): a part that
 * is not name=url, more than CLUSTER_MEMBERS_MAX members, none; *out is of no use then.
 */
int cluster_read_initial(const char *text, struct arena *arena, struct cluster *out,
			 struct err *err);

/*
 * The id that a member gets at bootstrap or restore: the first 8 bytes, big endian, of the SHA-1
 * of its sorted peer URLs and the token (etcd server/etcdserver/api/membership/member.go).
 */
uint64_t member_id(const struct member *member, const char *token);

/* The cluster's id: SHA-1 of the sorted member ids, 8 bytes each (.../membership/cluster.go). */
uint64_t cluster_id(const struct cluster *cluster, const char *token);

/* The member of that node or etcd name; NULL when there is none. */
struct member *cluster_by_node(struct cluster *cluster, const char *node);
struct member *cluster_by_name(struct cluster *cluster, const char *name);

/* Whether two comma separated lists have the same URLs, whatever the order. */
bool cluster_same_urls(const char *a, const char *b);

/*
 * Whether two lists of members are the same in names and peer URLs, whatever the order.  When not,
 * err says what differs (UNSAFE).
 */
int cluster_same_members(const struct cluster *a, const struct cluster *b, struct err *err);

/*
 * Whether members of `here`, of only[i] when it is not NULL, can serve data without the others: voters[i] are the peer URLs of those that
 * vote in the data of member i, each member's with commas, the members with spaces between; NULL: not known.  They can when any of them has
 * a quorum of its voters among them; and where nobody's voters are known, when they are more than half of `count` members.
 */
bool cluster_can_serve(const struct cluster *here, const char *const voters[], const bool only[],
		       size_t count);

/* Whether that member, by its peer URLs, is one of these voters, which are given as to cluster_can_serve. */
bool cluster_is_voter(const char *voters, const struct member *m);

/* Whether all voters in the data of each member are here, as far as they are known. */
bool cluster_has_voters(const struct cluster *here, const char *const voters[]);

/* Members that have to agree for a write: count / 2 + 1. */
size_t cluster_quorum(const struct cluster *cluster);

#endif
