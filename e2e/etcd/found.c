/*
 * found: see found.h.
 */
#include "e2e/etcd/found.h"

#include "e2e/etcd/tcp_node.h"
#include "plugin/discover.h"

#include <stdio.h>

struct found_lab found_lab;

static void ask(struct discovery *d, size_t i)
{
	scoped(etcd_client) struct etcd_client *client =
		lab_client(found_lab.lab, found_lab.members[i]);
	struct found_node *found = &d->found[i];
	struct etcd_status s;
	struct err err = ERR_INIT;

	if (etcd_status(client, deadline_in(2000), &s, &err))
		return;
	found->answers = true;
	found->revision = s.revision;
	found->applied = s.raft_applied;
	found->leader = s.leader;
	found->troubles = s.troubles;
	found->cluster_id = s.cluster_id;
	found->db_size = s.db_size;
	found->role = s.learner ? "learner" : s.leader == s.member_id ? "leader" : "member";
	snprintf(found->trouble, sizeof(found->trouble), "%.120s", s.errors);
	d->cluster.id = s.cluster_id;
	d->cluster.ca_fingerprint = arena_strdup(d->arena, etcd_client_ca_fingerprint(client));
	d->cluster.members[i].version = arena_strdup(d->arena, s.version);
}

/* In place of the plugin's own. */
int discover(const struct opts *opts, const struct recipe *inventory, struct discovery *d,
	     struct err *err)
{
	(void)opts;
	(void)inventory;
	(void)err;
	*d = (struct discovery){ .arena = arena_new(), .cluster.name = "lab" };
	d->cluster.external = found_lab.external;
	for (size_t i = 0; i < found_lab.count; i++) {
		const struct etcd *etcd = found_lab.members[i];
		d->cluster.members[i] = etcd->member;
		d->cluster.members[i].node = etcd->name;
		d->cluster.members[i].address = "127.0.0.1";
		d->found[i].read = true;
		ask(d, i);
		d->nodes[i] = tcp_node_new();
		d->nodes[i].name = etcd->name;
		tcp_node_slow(&d->nodes[i], found_lab.slow_us);
	}
	d->cluster.count = found_lab.external ? 0 : found_lab.count;
	d->node_count = found_lab.count;
	d->fleet = fleet_new(d->nodes, found_lab.count);
	return 0;
}

void discovery_release(struct discovery *d)
{
	if (!d->arena)
		return;
	fleet_free(d->fleet);
	for (size_t i = 0; i < d->node_count; i++)
		tcp_node_free(&d->nodes[i]);
	arena_free(d->arena);
	d->arena = NULL;
}

void discovery_scoped(struct discovery *d)
{
	discovery_release(d);
}
