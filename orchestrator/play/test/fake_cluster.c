/*
 * fake_cluster: members come and go; see fake_node.h.  What every running member of the new cluster has in its database
 * changes at once, as raft would have it.
 */
#include "base/mem.h"
#include "fake_data.h"
#include "fake_files.h"
#include "fake_node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 64 * 1024 };

/* The data of some other node whose etcd runs as part of the cluster; -1: there is none. */
static int find_like(const struct fake_node *fake, struct fake_data *out)
{
	const struct fake_world *world = fake->world;

	for (size_t i = 0; i < world->count; i++) {
		const struct fake_node *other = &world->nodes[i];
		if (other != fake && other->machine->etcd_pid &&
		    !fake_data_read(other->root, other->member, out))
			return 0;
	}
	return -1;
}

/* Etcd compares what it is told with the list of the others: as many, and each. */
static bool same_list(const char *manifest, const struct fake_data *like)
{
	const char *flag = strstr(manifest, "--initial-cluster=");
	size_t len = flag ? strcspn(flag, "\n") : 0, told = 1;
	scoped(mem) char *list = mem_printf("%.*s,", (int)len, flag ? flag + 18 : "");

	if (!flag)
		return false;
	list[strcspn(list, "\n")] = '\0';
	for (const char *at = list; *at; at++)
		told += *at == ',';
	for (size_t i = 0; i < like->cluster.count; i++) {
		const struct member *m = &like->cluster.members[i];
		scoped(mem) char *one = mem_printf("%s=%s", m->name, m->peer_url);
		if (!strstr(list, one))
			return false;
	}
	return told == like->cluster.count;
}

bool fake_join(struct fake_node *fake)
{
	scoped(mem) char *manifest =
		mem_printf("%s/etc/kubernetes/manifests/etcd.yaml", fake->root);
	scoped(mem) char *inner = mem_printf("%s%s/member/wal", fake->root, fake->member->data_dir);
	scoped(mem) char *snap = mem_printf("%s%s/member/snap", fake->root, fake->member->data_dir);
	scoped(buf) struct buf text = BUF_INIT(TEXT_MAX);
	struct fake_data like;

	if (fake_exists(inner) || fake_exists(snap) || !fake_read(manifest, &text) ||
	    find_like(fake, &like) || !strstr(buf_str(&text), "--initial-cluster-state=existing") ||
	    !same_list(buf_str(&text), &like))
		return false;
	fake_data_join(fake->root, fake->member, &like);
	return true;
}

/* The line of members after the change; false: etcd refuses. */
static bool change(const struct fake_world *world, const struct fake_data *data,
		   const char *const args[], struct buf *line)
{
	bool add = strcmp(args[1], "add") == 0, promote = strcmp(args[1], "promote") == 0;
	uint64_t id = add ? 0 : strtoull(args[2], NULL, 16);
	bool found = false;

	for (size_t i = 0; i < data->cluster.count; i++) {
		const struct member *m = &data->cluster.members[i];
		bool it = add ? strcmp(m->peer_url, args[2]) == 0 : member_id(m, data->token) == id;
		found |= it;
		if (it && !promote && !add)
			continue;
		buf_addf(line, "%s%s%s=%s", line->len ? "," : "", m->name,
			 data->learner[i] && !(it && promote) ? "?" : "", m->peer_url);
	}
	for (size_t i = 0; add && i < world->count; i++)
		if (strcmp(world->cluster.members[i].peer_url, args[2]) == 0)
			buf_addf(line, ",%s?=%s", world->cluster.members[i].name, args[2]);
	return found != add;
}

int fake_members_change(struct fake_world *world, const char *const args[])
{
	int status = 1;

	for (size_t i = 0; i < world->count; i++) {
		struct fake_node *fake = &world->nodes[i];
		scoped(buf) struct buf line = BUF_INIT(TEXT_MAX);
		struct fake_data data;
		if (!fake->machine->etcd_pid || fake_exiled(fake, fake->machine->etcd_data) ||
		    fake_data_read(fake->root, fake->member, &data) ||
		    !change(world, &data, args, &line))
			continue;
		fake_data_members(fake->root, fake->member, &data, buf_str(&line));
		status = 0;
	}
	return status;
}
