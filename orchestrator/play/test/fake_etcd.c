/*
 * fake_etcd: etcd's API and kube-apiserver's, answered from what stands in a fake node's directory.  Linked in
 * place of etcd_api.c and apiserver.c.
 */
#include "base/mem.h"
#include "etcd/apiserver.h"
#include "etcd/etcd_api.h"
#include "fake_data.h"
#include "fake_node.h"
#include "play/look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct etcd_client {
	struct node *node;
	const struct member *member;
};

struct etcd_client *etcd_client_new(struct node *node, const struct member *member,
				    uint64_t deadline, struct err *err)
{
	struct etcd_client *client = mem_zalloc(sizeof(*client));

	(void)deadline;
	(void)err;
	*client = (struct etcd_client){ node, member };
	return client;
}

void etcd_client_free(struct etcd_client *client)
{
	free(client);
}

void etcd_client_scoped(struct etcd_client **client)
{
	free(*client);
}

const char *etcd_client_ca_fingerprint(const struct etcd_client *client)
{
	(void)client;
	return "";
}

/* What stands in the data dir, when etcd runs over it. */
static int serving(struct etcd_client *client, uint64_t deadline, struct fake_data *data,
		   struct err *err)
{
	struct fake_node *fake = fake_of(client->node);
	struct pids pids;

	/* a request is a command, too: it makes the fake kubelet tick, and gives a fault a place to strike */
	if (look_etcd(client->node, client->member, deadline, &pids, err))
		return -1;
	if (!pids.count || fake_data_read(fake->root, client->member, data))
		return err_set(err, ERR_ETCD, "not serving");
	return 0;
}

int etcd_status(struct etcd_client *client, uint64_t deadline, struct etcd_status *out,
		struct err *err)
{
	struct fake_data data;

	if (serving(client, deadline, &data, err))
		return -1;
	*out = (struct etcd_status){ .leader = 1,
				     .revision = 1007,
				     .member_id = data.member_id,
				     .cluster_id = data.cluster_id };
	return 0;
}

int etcd_members(struct etcd_client *client, uint64_t deadline, struct etcd_members *out,
		 struct err *err)
{
	struct fake_data data;

	if (serving(client, deadline, &data, err))
		return -1;
	memset(out, 0, sizeof(*out));
	for (; out->count < data.cluster.count; out->count++)
		out->list[out->count].id = member_id(&data.cluster.members[out->count], data.token);
	return 0;
}

int etcd_hashkv(struct etcd_client *client, uint64_t revision, uint64_t deadline,
		struct etcd_hash *out, struct err *err)
{
	struct fake_data data;

	(void)revision;
	if (serving(client, deadline, &data, err))
		return -1;
	*out = (struct etcd_hash){ .hash = fake_of(client->node)->hash_differs ? 2 : 1 };
	return 0;
}

int etcd_alarms(struct etcd_client *client, uint64_t deadline, size_t *count, char words[256],
		struct err *err)
{
	(void)client;
	(void)deadline;
	(void)err;
	*count = 0;
	words[0] = '\0';
	return 0;
}

struct apiserver_client {
	struct node *node;
	int lease;
};

struct apiserver_client *apiserver_client_new(struct node *node, const struct apiserver *api,
					      const char *address, uint64_t deadline,
					      struct err *err)
{
	struct apiserver_client *client = mem_zalloc(sizeof(*client));

	(void)api;
	(void)address;
	(void)deadline;
	(void)err;
	client->node = node;
	return client;
}

void apiserver_client_free(struct apiserver_client *client)
{
	free(client);
}

void apiserver_client_scoped(struct apiserver_client **client)
{
	free(*client);
}

int apiserver_get(struct apiserver_client *client, const char *path, uint64_t deadline,
		  struct http_answer *answer, struct err *err)
{
	struct fake_node *fake = fake_of(client->node);
	struct pids pids;

	*answer = (struct http_answer){ .body = BUF_INIT(4096) };
	/* the process list makes the fake kubelet tick, and gives a fault a place to strike */
	if (look_processes(client->node, "kube-apiserver", NULL, NULL, deadline, &pids, err))
		return -1;
	if (!pids.count || fake->api_never_ready)
		return err_set(err, ERR_KUBE, "connection refused");
	answer->status = 200;
	if (strstr(path, "/leases/"))
		buf_addf(&answer->body,
			 "{\"spec\":{\"holderIdentity\":\"x\",\"renewTime\":\"%d\"}}",
			 client->lease++);
	return 0;
}
