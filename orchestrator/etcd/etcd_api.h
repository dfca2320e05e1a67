/*
 * etcd_api: the few calls of etcd's own API that we make, gRPC over HTTP/2 through a tunnel of the
 * member's node.  Messages: etcd api/etcdserverpb/rpc.proto, etcd api/mvccpb/kv.proto.
 */
#ifndef ETCD_ETCD_API_H
#define ETCD_ETCD_API_H

#include "base/digest.h"
#include "base/err.h"
#include "etcd/cluster.h"
#include "node/node.h"

#include <stdbool.h>
#include <stdint.h>

/* A member that can be asked: its node, its URL and certificates read from the node, in memory. */
struct etcd_client;

/*
 * Reads CA, certificate and key of the member from its node.  Nothing is sent to etcd yet; each
 * call below opens a tunnel of its own and closes it.  NULL and err when they cannot be read.
 */
struct etcd_client *etcd_client_new(struct node *node, const struct member *member,
				    uint64_t deadline, struct err *err);
void etcd_client_free(struct etcd_client *client); /* wipes the key; NULL is allowed */
void etcd_client_scoped(struct etcd_client **client);

/* SHA-256 of the member's CA certificate, hex, valid as long as the client. */
const char *etcd_client_ca_fingerprint(const struct etcd_client *client);

/* When the first of its CA, server and peer certificates ends, as the files on the node are; 0: not known. */
uint64_t etcd_client_certificate_end(struct etcd_client *client, const struct member *member,
				     uint64_t deadline);
/* What a member says is wrong with it. */
enum {
	ETCD_FULL = 1 << 0,    /* alarm NOSPACE: its snapshot is good all the same */
	ETCD_CORRUPT = 1 << 1, /* alarm CORRUPT for this member, or for one it does not name */
	ETCD_CORRUPT_ELSEWHERE = 1 << 2, /* alarm CORRUPT for another member */
	ETCD_NO_LEADER = 1 << 3,
	ETCD_ODD = 1 << 4, /* something that is not known here */
};

struct etcd_status {
	uint64_t cluster_id, member_id, revision, term;
	uint64_t leader;                    /* member id; 0: none */
	uint64_t db_size, db_in_use, quota; /* bytes; quota 0: not told (before 3.6) */
	uint64_t raft_index, raft_applied;
	bool learner;
	char version[32];
	char storage_version[32]; /* "3.6.0"; "" before 3.6 */
	char errors[256];         /* joined by "; "; "" when there are none */
	unsigned troubles;        /* the same, all of it, as ETCD_ flags */
};

/* One of Status's errors as an ETCD_ flag, for the member with that id. */
unsigned etcd_trouble(const char *text, uint64_t own_id);

/* Maintenance/Status.  Answers without quorum. */
int etcd_status(struct etcd_client *client, uint64_t deadline, struct etcd_status *out,
		struct err *err);

struct etcd_member {
	uint64_t id;
	char name[256];
	char peer_urls[1024];   /* comma separated */
	char client_urls[1024]; /* comma separated */
	bool learner;
};

struct etcd_members {
	struct etcd_member list[CLUSTER_MEMBERS_MAX];
	size_t count;
	uint64_t cluster_id;
};

/* Cluster/MemberList, not linearizable: answers without quorum. */
int etcd_members(struct etcd_client *client, uint64_t deadline, struct etcd_members *out,
		 struct err *err);

struct etcd_hash {
	uint32_t hash;
	uint64_t compact_revision; /* 0: never compacted */
	uint64_t revision;         /* the member's, from the header */
};

/* Maintenance/HashKV at a revision (0: the newest). */
int etcd_hashkv(struct etcd_client *client, uint64_t revision, uint64_t deadline,
		struct etcd_hash *out, struct err *err);

/* Maintenance/Alarm GET: how many, and in words ("NOSPACE on 1a2b...; CORRUPT on ...").  In etcd_alarm.c, as what ends them. */
int etcd_alarms(struct etcd_client *client, uint64_t deadline, size_t *count, char words[256],
		struct err *err);

/* The answers of those three as they come.  -1 (ETCD): they do not parse, or name too many members; *out is untouched. */
int etcd_status_decode(const void *data, size_t len, struct etcd_status *out, struct err *err);
int etcd_members_decode(const void *data, size_t len, struct etcd_members *out, struct err *err);
int etcd_hash_decode(const void *data, size_t len, struct etcd_hash *out, struct err *err);

/* A linearizable KV/Range of one key: the revision of the cluster; fails without quorum. */
int etcd_linearizable_revision(struct etcd_client *client, uint64_t deadline, uint64_t *revision,
			       struct err *err);

/*
 * The newest value of one key, appended to out; *found says whether the key is there.  Not linearizable.  -1: also when
 * out is full (ETCD).
 */
int etcd_value(struct etcd_client *client, const char *key, uint64_t deadline, struct buf *out,
	       bool *found, struct err *err);

/* KV/Put, which needs quorum: the revision that it made.  Only for a cluster of our own. */
int etcd_put(struct etcd_client *client, const char *key, const char *value, uint64_t deadline,
	     uint64_t *revision, struct err *err);

/* What came with a snapshot stream. */
struct etcd_snapshot {
	uint64_t size;               /* of the database, without the 32 bytes of its hash */
	uint8_t sha256[SHA256_SIZE]; /* of the database, as etcd sent it and as we computed it */
	/* hex, of all that was handed out: the database, and its hash after it */
	char file_sha256[SHA256_TEXT];
};

/*
 * Maintenance/Snapshot; has_leader: refused by a member that has no leader.  Hands the database and then the 32 bytes of its
 * hash to on_data, as etcdctl's file has them.  0 only when the trailer says grpc-status 0, the last
 * remaining_bytes was 0, the last blob was 32 bytes, and the SHA-256 is right; what was handed out before
 * an error is worth nothing.  ETCD, CORRUPT, TIMEOUT (no byte for stall_ms), CANCELLED, SSH, or what
 * on_data set.
 */
int etcd_snapshot(struct etcd_client *client, bool has_leader, uint64_t deadline, uint64_t stall_ms,
		  int (*on_data)(void *arg, const void *data, size_t len, struct err *err),
		  void *arg, struct etcd_snapshot *out, struct err *err);

#endif
