/*
 * fake_etcd: etcd's API and kube-apiserver's, answered from what stands in a fake node's directory.  Linked in
 * place of etcd_api.c, etcd_member.c and apiserver.c.
 */
#include "base/mem.h"
#include "etcd/apiserver.h"
#include "etcd/etcd_alarm.h"
#include "etcd/etcd_api.h"
#include "etcd/etcd_member.h"
#include "fake_data.h"
#include "fake_node.h"
#include "play/look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SMALL = 100, LARGE = 1000 }; /* bytes: the snapshot's pages in use, and all of them */

struct etcd_client {
	struct node *node;
	const struct member *member;
	char name[64]; /* of the member that is asked; it may be another node's */
};

struct etcd_client *etcd_client_new(struct node *node, const struct member *member,
				    uint64_t deadline, struct err *err)
{
	(void)deadline;
	if (fake_of(node)->no_client) {
		err_set(err, ERR_REMOTE, "no certificate");
		return NULL;
	}
	struct etcd_client *client = mem_zalloc(sizeof(*client));
	client->node = node;
	client->member = member;
	snprintf(client->name, sizeof(client->name), "%s", member->name);
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

static struct fake_node *target_of(const struct etcd_client *client)
{
	struct fake_world *world = fake_of(client->node)->world;

	for (size_t i = 0; i < world->count; i++)
		if (strcmp(world->nodes[i].member->name, client->name) == 0)
			return &world->nodes[i];
	abort();
}

/* What was staged, when the drill's own etcd runs over it. */
static int serving_drill(struct etcd_client *client, uint64_t deadline, struct fake_data *data,
			 struct err *err)
{
	struct fake_node *fake = fake_of(client->node);
	struct member staged = *client->member;
	struct pids pids;

	if (look_etcd(client->node, client->member, deadline, &pids, err))
		return -1;
	scoped(mem) char *dir =
		mem_printf("%s/.restoring-%s", staged.data_dir, fake->world->ctx.run);
	scoped(mem) char *wal = mem_printf("%s/.restoring-%s", staged.wal_dir ? staged.wal_dir : "",
					   fake->world->ctx.run);
	staged.data_dir = dir;
	staged.wal_dir = staged.wal_dir ? wal : NULL;
	if (!fake->machine->drill_etcd || fake_data_read(fake->root, &staged, data))
		return err_set(err, ERR_ETCD, "not serving");
	return 0;
}

/* What stands in the data dir, when etcd runs over it. */
static int serving(struct etcd_client *client, uint64_t deadline, struct fake_data *data,
		   struct err *err)
{
	struct fake_node *own = fake_of(client->node), *fake = target_of(client);
	struct pids pids;

	if (fake->world->ctx.drill)
		return serving_drill(client, deadline, data, err);
	/* a request is a command, too: it makes the fake kubelet tick, and gives a fault a place to strike */
	if (look_etcd(client->node, own->member, deadline, &pids, err))
		return -1;
	if (!fake->machine->etcd_pid || fake_data_read(fake->root, fake->member, data))
		return err_set(err, ERR_ETCD, "not serving");
	return 0;
}

static bool defragmented(const struct etcd_client *client)
{
	return fake_of(client->node)->machine->defragmented;
}

/* It is in the snapshot's data only. */
static bool alarmed(const struct etcd_client *client, const struct fake_data *data)
{
	const struct fake_world *world = fake_of(client->node)->world;

	return strcmp(data->token, FAKE_TOKEN) == 0 && fake_world_alarmed(world);
}

static uint64_t kind_of(const struct etcd_client *client)
{
	int kind = fake_of(client->node)->world->alarm_kind;

	return kind ? (uint64_t)kind : 1;
}

static unsigned trouble_of(const struct etcd_client *client)
{
	uint64_t kind = kind_of(client);

	if (fake_of(client->node)->world->alarm_unsaid)
		return 0;
	return kind == 1 ? ETCD_FULL : kind == 2 ? ETCD_CORRUPT_ELSEWHERE : ETCD_ODD;
}

int etcd_status(struct etcd_client *client, uint64_t deadline, struct etcd_status *out,
		struct err *err)
{
	struct fake_node *fake = target_of(client);
	struct fake_data data;

	if (fake->answers_left > 1)
		fake->answers_left--;
	else if (fake->answers_left)
		return err_set(err, ERR_TIMEOUT, "no answer in time");
	if (serving(client, deadline, &data, err))
		return -1;
	if (fake->no_status)
		return err_set(err, ERR_ETCD, "etcd said: etcdserver: permission denied (code 7)");
	*out = (struct etcd_status){ .leader = !fake_exiled(fake, data.token) && !fake->leaderless,
				     .revision = 1007 - fake->revisions_less,
				     .raft_index = 20,
				     .raft_applied = 20 - fake->behind,
				     .member_id = data.member_id,
				     .cluster_id = data.cluster_id,
				     .db_size = defragmented(client) ? SMALL : LARGE,
				     .db_in_use = SMALL,
				     .troubles = alarmed(client, &data) ? trouble_of(client) : 0 };
	snprintf(out->version, sizeof(out->version), "%s", fake->version ? fake->version : "");
	snprintf(out->errors, sizeof(out->errors), "%s", out->troubles ? "alarm:NOSPACE" : "");
	return 0;
}

int etcd_members(struct etcd_client *client, uint64_t deadline, struct etcd_members *out,
		 struct err *err)
{
	struct fake_data data;

	if (serving(client, deadline, &data, err))
		return -1;
	memset(out, 0, sizeof(*out));
	for (; out->count < data.cluster.count; out->count++) {
		const struct member *m = &data.cluster.members[out->count];
		struct etcd_member *one = &out->list[out->count];
		one->id = member_id(m, data.token);
		one->learner = data.learner[out->count];
		snprintf(one->name, sizeof(one->name), "%s", m->name);
		snprintf(one->peer_urls, sizeof(one->peer_urls), "%s", m->peer_url);
	}
	return 0;
}

/* A command of its own, so that a fault can also strike when the change has been made. */
static int change(struct etcd_client *client, const char *what, const char *whom, uint64_t deadline,
		  struct err *err)
{
	int status;

	if (node_try(client->node, argv("fake-etcd", what, whom), deadline, NULL, &status, err))
		return -1;
	return status ? err_set(err, ERR_ETCD, "refused: %s %s", what, whom) : 0;
}

int etcd_learner_add(struct etcd_client *client, const char *peer_urls, uint64_t deadline,
		     uint64_t *id, struct err *err)
{
	struct fake_node *own = fake_of(client->node);

	*id = member_id(own->member, FAKE_TOKEN);
	return change(client, "add", peer_urls, deadline, err);
}

int etcd_learner_promote(struct etcd_client *client, uint64_t id, uint64_t deadline,
			 struct err *err)
{
	scoped(mem) char *hex = mem_printf("%llx", (unsigned long long)id);

	return change(client, "promote", hex, deadline, err);
}

int etcd_member_remove(struct etcd_client *client, uint64_t id, uint64_t deadline, struct err *err)
{
	scoped(mem) char *hex = mem_printf("%llx", (unsigned long long)id);

	return change(client, "remove", hex, deadline, err);
}

int etcd_hashkv(struct etcd_client *client, uint64_t revision, uint64_t deadline,
		struct etcd_hash *out, struct err *err)
{
	struct fake_data data;

	if (serving(client, deadline, &data, err))
		return -1;
	if (fake_of(client->node)->compacted && revision)
		return err_set(err, ERR_ETCD, "required revision has been compacted");
	if (fake_of(client->node)->no_hash)
		return err_set(err, ERR_ETCD, "etcd said: auth: user not found (code 2)");
	*out = (struct etcd_hash){ .hash = fake_of(client->node)->hash_differs ? 2 : 1 };
	return 0;
}

unsigned etcd_alarm_kind(uint64_t kind)
{
	return 1u << kind;
}

int etcd_alarm_list(struct etcd_client *client, uint64_t deadline, struct etcd_alarm_list *out,
		    struct err *err)
{
	struct fake_data data;

	if (serving(client, deadline, &data, err))
		return -1;
	*out = (struct etcd_alarm_list){ .count = 0 };
	if (alarmed(client, &data)) {
		out->count = 1;
		out->list[0] = (struct etcd_alarm){ 7, kind_of(client) };
		out->kinds = etcd_alarm_kind(kind_of(client));
	}
	return 0;
}

/* Only where all members have room: else it would be back at once. */
int etcd_alarm_disarm(struct etcd_client *client, const struct etcd_alarm *alarm, uint64_t deadline,
		      struct err *err)
{
	struct fake_node *fake = fake_of(client->node);
	struct fake_data data;

	(void)alarm;
	if (serving(client, deadline, &data, err))
		return -1;
	if (fake->disarm_error)
		return err_set(err, fake->disarm_error, "not allowed");
	for (size_t i = 0; i < fake->world->count && kind_of(client) == 1; i++)
		if (!fake->world->machines[i].defragmented)
			snprintf(fake->machine->broken, sizeof(fake->machine->broken),
				 "an alarm ended before there was room");
	fake->machine->disarmed = true;
	return 0;
}

int etcd_defragment(struct etcd_client *client, uint64_t deadline, struct err *err)
{
	struct fake_node *fake = fake_of(client->node);
	struct fake_data data;

	if (serving(client, deadline, &data, err))
		return -1;
	if (fake->no_defragment)
		return err_set(err, ERR_ETCD, "no space left on device");
	fake->machine->defragmented = true;
	return 0;
}

int etcd_linearizable_revision(struct etcd_client *client, uint64_t deadline, uint64_t *revision,
			       struct err *err)
{
	struct fake_world *world = fake_of(client->node)->world;
	struct fake_data data;

	if (serving(client, deadline, &data, err))
		return -1;
	if (fake_of(client->node)->no_read)
		return err_set(err, ERR_ETCD, "etcd said: etcdserver: permission denied (code 7)");
	if (!world->ctx.drill) {
		*revision = 1007;
		return fake_exiled(target_of(client), data.token)
			       ? err_set(err, ERR_ETCD, "no leader")
			       : 0;
	}
	*revision = world->ctx.snapshot_revision;
	for (size_t i = 0; i < world->count; i++)
		if (world->play_nodes[i].drill.written > *revision)
			*revision = world->play_nodes[i].drill.written;
	return 0;
}

int etcd_put(struct etcd_client *client, const char *key, const char *value, uint64_t deadline,
	     uint64_t *revision, struct err *err)
{
	struct fake_data data;

	(void)key;
	(void)value;
	*revision = fake_of(client->node)->world->ctx.snapshot_revision + 1 + client->node->index;
	return serving(client, deadline, &data, err);
}

int etcd_value(struct etcd_client *client, const char *key, uint64_t deadline, struct buf *out,
	       bool *found, struct err *err)
{
	struct fake_data data;

	(void)key;
	if (serving(client, deadline, &data, err))
		return -1;
	*found = true;
	return buf_adds(out, fake_of(client->node)->writes_lost ? "" : data.token);
}

struct apiserver_client {
	struct node *node;
	int lease;
};

struct apiserver_client *apiserver_client_new(struct node *node, const struct apiserver *api,
					      const char *address, uint64_t deadline,
					      struct err *err)
{
	(void)api;
	(void)address;
	(void)deadline;
	if (fake_of(node)->no_client) {
		err_set(err, ERR_REMOTE, "no certificate");
		return NULL;
	}
	struct apiserver_client *client = mem_zalloc(sizeof(*client));
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

/* An API server of a drill: two pods, one Secret. */
static int answer_drill(struct fake_node *fake, const char *path, struct http_answer *answer,
			struct err *err)
{
	static const struct {
		const char *path, *text;
	} known[] = {
		{ "/readyz", "ok" },
		{ "/apis", "{\"groups\":[]}" },
		{ "/api/v1/namespaces/ns/secrets/s", "{\"kind\":\"Secret\"}" },
		{ "/api/v1/pods?limit=1",
		  "{\"metadata\":{\"remainingItemCount\":1},\"items\":[{}]}" },
		{ "/api/v1", "{\"resources\":[{\"name\":\"pods\",\"verbs\":[\"list\"]}]}" },
	};

	if (fake->api_ends)
		fake->machine->drill_api = 0;
	if (!fake->machine->drill_api || fake->api_never_ready)
		return err_set(err, ERR_KUBE, "connection refused");
	bool fails = (fake->no_key && strstr(path, "secrets")) ||
		     (fake->api_unready && strcmp(path, "/readyz") == 0);
	answer->status = fails ? 500 : 200;
	if (fake->no_secret && strstr(path, "secrets"))
		return buf_adds(&answer->body, "{\"kind\":\"List\"}");
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strncmp(path, known[i].path, strlen(known[i].path)) == 0)
			return buf_adds(&answer->body,
					answer->status == 200
						? known[i].text
						: "{\"kind\":\"Status\",\"message\":\"no matching "
						  "key\"}");
	answer->status = 404;
	return 0;
}

int apiserver_list(struct apiserver_client *client, const char *path, uint64_t deadline,
		   struct http_answer *answer, struct err *err)
{
	return apiserver_get(client, path, deadline, answer, err);
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
	if (fake->world->ctx.drill)
		return answer_drill(fake, path, answer, err);
	if (!pids.count || fake->api_never_ready)
		return err_set(err, ERR_KUBE, "connection refused");
	answer->status = fake->api_status ? fake->api_status : 200;
	if (strstr(path, "/leases/") && fake->lease)
		buf_adds(&answer->body, fake->lease);
	else if (strstr(path, "/leases/"))
		buf_addf(&answer->body,
			 "{\"spec\":{\"holderIdentity\":\"x\",\"renewTime\":\"%d\"}}",
			 fake_world_alarmed(fake->world) ? 0 : client->lease++);
	return 0;
}
