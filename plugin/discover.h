/*
 * discover: the API, or --nodes, to a list of nodes; then each node's manifests over SSH, which are
 * the truth, to a cluster.
 */
#ifndef PLUGIN_DISCOVER_H
#define PLUGIN_DISCOVER_H

#include "base/err.h"
#include "etcd/cluster.h"
#include "etcd/etcd_api.h"
#include "etcd/static_pod.h"
#include "node/fleet.h"
#include "node/node_ssh.h"
#include "plugin/opts.h"
#include "snapshot/recipe.h"

enum { WARNINGS_MAX = 32 };

/* What one node's manifests say.  index is the member's and the node's. */
struct found_node {
	struct apiserver api;
	bool reached;       /* it was logged in to */
	bool has_api;       /* a kube-apiserver manifest is there and was read */
	bool read;          /* and so was that of etcd */
	bool answers;       /* its member answered a Status */
	bool refused;       /* it answered that etcd's auth does not let us ask for it */
	bool listed;        /* in either case: it told the list of members */
	const char *voters; /* and who votes, as cluster_can_serve has it; NULL: it did not tell */
	uint64_t revision;  /* of that answer */
	uint64_t applied;   /* the last of raft's entries that it has applied */
	uint64_t leader;    /* member id; 0: it knows none */
	unsigned troubles;  /* what it reports, as ETCD_ flags of etcd_api.h */
	uint64_t cluster_id;
	const char *version; /* of that answer */
	const char *role;    /* "leader", "member", "learner"; NULL: no answer */
	uint64_t db_size;
	bool parked;               /* a run that has not ended has stopped its API server or etcd */
	char trouble[128];         /* what the member itself reports; "" when it is well */
	struct etcd_status status; /* all of that answer */
	char silence[256];         /* why there was none; "": there was one */
	struct err failure; /* why the node was not read, with shows_all; code NONE: it was */
	const char *ca;     /* SHA-256 of its etcd CA, hex; NULL: not known */
	const char *
		foreign; /* the node whose etcd CA is another one; NULL: it is that of the others */
	uint64_t certificate_end; /* of the first to end; 0: not known, or not a survey */
};

struct discovery {
	/*
	 * Set by the caller before: a node that cannot be reached or has no etcd is no error as long as one can be and has;
	 * it is told by its `silence`, and without the API its member is all NULL but for node and address.
	 */
	bool survey;
	/*
	 * The same for a node that is not reached only (no connection, no answer in time): one that is not trusted, that lets nobody in,
	 * that has no sudo or no etcd stays an error.
	 */
	bool passes_over;
	/*
	 * The same for whatever a node fails in, and for all of them at once, of a dry run: found[].failure tells each, with what to do,
	 * and a node that is foreign, and what is absent, is left to the caller, too.
	 */
	bool shows_all;
	/* Set by the caller before: a node that comes back, whose member may not count, and which may have no pod; NULL: none. */
	const char *wanted;
	struct arena *arena;
	struct cluster cluster; /* members[i] is on node i */
	struct found_node found[CLUSTER_MEMBERS_MAX];
	struct node nodes[CLUSTER_MEMBERS_MAX];
	struct ssh_settings ssh;
	struct fleet *fleet;
	size_t node_count;
	struct arena *arenas[CLUSTER_MEMBERS_MAX]; /* of the workers */
	const char *foreign; /* a node whose etcd CA is another one; NULL: there is none */
	const char *
		stranger; /* "NODE: its member M is not in the list of members of N" of the first such; NULL: there is none */
	/* Listed members that are on none of the nodes: name (its peer URLs while it has none) and peer_url; each once. */
	struct member missing[CLUSTER_MEMBERS_MAX];
	size_t missing_count;
	struct member listed
		[CLUSTER_MEMBERS_MAX]; /* name, URLs, id, learner; each once, of all lists that were told */
	size_t listed_count;
	struct cluster left_out; /* members of --without that the API or the inventory names */
	bool api_answered;       /* the Kubernetes API was used */
	const char *warnings[WARNINGS_MAX];
	size_t warning_count;
	size_t warnings_of_where; /* the first of them, which are not of the nodes */
};

/*
 * Finds the cluster: pods by the Kubernetes API unless --nodes is given; when the API does not answer
 * and `inventory` (may be NULL) has members, by their nodes and addresses.  Then logs in to every
 * node, reads its manifests, asks every member for its status (one that does not answer is no error).
 * All nodes that fail are named.  Fills warnings as docs/discover.md lists them.  With an external etcd
 * cluster.count is 0 and cluster.external is set.  discovery_release closes the sessions.
 */
int discover(const struct opts *opts, const struct recipe *inventory, struct discovery *out,
	     struct err *err);
/* What the Kubernetes API alone says of the members, without SSH: no fleet, nothing of found[].  -1: as discover(). */
int discover_api(const struct opts *opts, struct discovery *out, struct err *err);

/*
 * Puts that node (its name, or its member's) in the first place, the others behind it in their order.  Every session is
 * closed, and opened again when it is needed.  -1 (USAGE): there is no such node.
 */
int discover_put_first(struct discovery *discovery, const char *name, struct err *err);

/* Only the nodes for which keep[] is true stay, in their order; at least one is.  Every session is closed, as above. */
void discover_keep(struct discovery *discovery, const bool keep[]);

void discovery_release(struct discovery *discovery);
void discovery_scoped(struct discovery *discovery);

#endif
