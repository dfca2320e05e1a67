/*
 * fake_world: makes the nodes of fake_node.h, and puts them aside and back.
 */
#include "fake_node.h"

#include "base/digest.h"
#include "base/mem.h"
#include "fake_data.h"
#include "fake_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { TREE_MAX = 4 * 1024 * 1024 };

static const char etcd_yaml[] = "apiVersion: v1\nkind: Pod\nmetadata:\n  annotations:\n"
				"    kubeadm.kubernetes.io/etcd: x\n  name: etcd\nspec:\n"
				"  containers:\n  - name: etcd\n    command:\n    - etcd\n"
				"    - --initial-cluster=x=https://10.0.0.9:2380\n"
				"    - --snapshot-count=10000\n";
static const char other_yaml[] = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: other\nspec: {}\n";

static void write_text(const char *root, const char *path, const char *text)
{
	scoped(mem) char *whole = mem_printf("%s%s", root, path);

	fake_write(whole, text, strlen(text), 0600);
}

static void make_member(struct fake_world *world, size_t i, bool wal_dir)
{
	struct member *m = &world->cluster.members[i];

	*m = (struct member){ .address = "127.0.0.1",
			      .client_url = "https://127.0.0.1:2379",
			      .metrics_url = "http://127.0.0.1:2381",
			      .data_dir = "/var/lib/etcd",
			      .data_flag = "/var/lib/etcd",
			      .wal_dir = wal_dir ? "/var/lib/wal" : NULL,
			      .wal_flag = wal_dir ? "/var/lib/wal" : NULL,
			      .image = "etcd:3.5.16",
			      .version = "3.5.16",
			      .corrupt_check = world->count == FAKE_NODES_MAX };
	m->name = m->node = arena_printf(world->cluster.arena, "cp-%zu", i + 1);
	m->peer_url = arena_printf(world->cluster.arena, "https://10.0.0.%zu:2380", i + 1);
}

static void make_node(struct fake_world *world, size_t i)
{
	struct fake_node *fake = &world->nodes[i];
	const struct member *m = &world->cluster.members[i];

	world->machines[i] = (struct fake_machine){ .next_pid = 100 };
	*fake = (struct fake_node){ .root = mem_printf("%s/%s", world->nodes_folder, m->name),
				    .world = world,
				    .member = m,
				    .machine = &world->machines[i] };
	scoped(mem) char *manifests = mem_printf("%s/etc/kubernetes/manifests", fake->root);
	fake_make_folders(manifests);
	write_text(fake->root, "/etc/kubernetes/manifests/etcd.yaml", etcd_yaml);
	write_text(fake->root, "/etc/kubernetes/manifests/kube-apiserver.yaml", other_yaml);
	write_text(fake->root, "/etc/kubernetes/manifests/kube-scheduler.yaml", other_yaml);
	fake_data_write(fake->root, m->data_dir, m->wal_dir, FAKE_OLD_TOKEN, world->initial,
			m->name, false);
	if (m->wal_dir) {
		write_text(fake->root, "/var/lib/wal/1.wal", "older");
		write_text(fake->root, "/var/lib/wal/0.tmp", "x");
	}
	fake->dir = (struct node_dir){ .root = fake->root, .hook = fake_hook, .arg = fake };
	node_dir_init(&world->fleet_nodes[i], m->name, &fake->dir);
	world->fleet_nodes[i].index = i;
	fake_tick(fake);
	world->play_nodes[i] = (struct play_node){ .member = m, .api = fake_api, .has_api = true };
}

static void make_context(struct fake_world *world)
{
	uint8_t digest[SHA256_SIZE];

	digest_sha256("a snapshot", 10, digest);
	digest_hex(digest, sizeof(digest), world->snapshot_sha256);
	world->snapshot = mem_printf("%s/snapshot.db", world->folder);
	write_text(world->snapshot, "", "a snapshot");
	world->ctx = (struct play_ctx){ .run = FAKE_RUN,
					.token = FAKE_TOKEN,
					.cluster = &world->cluster,
					.nodes = world->play_nodes,
					.snapshot_path = world->snapshot,
					.snapshot_size = 10,
					.db_size = 10,
					.snapshot_sha256 = world->snapshot_sha256,
					.snapshot_revision = 7,
					.bump = 1000,
					.operator= "test",
					.initial_cluster = world->initial,
					.playbook = "restore",
					.grace_ms = 1 };
	for (size_t i = 0; i < world->count; i++) {
		world->play_nodes[i].want_member =
			member_id(&world->cluster.members[i], world->ctx.token);
		world->play_nodes[i].want_cluster = cluster_id(&world->cluster, world->ctx.token);
	}
}

void fake_world_open(struct fake_world *world, size_t count, bool wal_dir)
{
	scoped(buf) struct buf initial = BUF_INIT(500);
	size_t size = FAKE_NODES_MAX * sizeof(struct fake_machine);
	struct err err = ERR_INIT;

	*world = (struct fake_world){ .folder = fake_folder("fake-world"), .count = count };
	world->nodes_folder = mem_printf("%s/nodes", world->folder);
	world->machines =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (world->machines == MAP_FAILED)
		abort();
	world->cluster.arena = arena_new();
	world->cluster.name = "test";
	world->cluster.count = count;
	for (size_t i = 0; i < count; i++)
		make_member(world, i, wal_dir);
	if (cluster_initial(&world->cluster, &initial, &err))
		abort();
	snprintf(world->initial, sizeof(world->initial), "%s", buf_str(&initial));
	for (size_t i = 0; i < count; i++)
		make_node(world, i);
	make_context(world);
	world->fleet = fleet_new(world->fleet_nodes, count);
}

void fake_world_exile(struct fake_world *world)
{
	const char *others = strchr(world->initial, ',') + 1;

	world->exile = true;
	for (size_t i = 1; i < world->count; i++)
		world->machines[i] = (struct fake_machine){ .next_pid = 200 };
	for (size_t i = 1; i < world->count; i++) {
		struct fake_node *fake = &world->nodes[i];
		const struct member *m = fake->member;
		scoped(mem) char *data = mem_printf("%s%s", fake->root, m->data_dir);
		fake_remove(data, -1);
		if (m->wal_dir) {
			scoped(mem) char *wal = mem_printf("%s%s", fake->root, m->wal_dir);
			fake_remove(wal, -1);
		}
		fake_data_write(fake->root, m->data_dir, m->wal_dir, FAKE_TOKEN, others, m->name,
				false);
		fake_tick(fake);
	}
}

bool fake_exiled(const struct fake_node *fake, const char *token)
{
	return fake->world->exile && fake == &fake->world->nodes[0] &&
	       strcmp(token, FAKE_OLD_TOKEN) == 0;
}

void fake_world_close(struct fake_world *world)
{
	fleet_free(world->fleet);
	fake_remove(world->folder, -1);
	munmap(world->machines, FAKE_NODES_MAX * sizeof(struct fake_machine));
	for (size_t i = 0; i < world->count; i++)
		free(world->nodes[i].root);
	free(world->snapshot);
	free(world->nodes_folder);
	free(world->folder);
	arena_free(world->cluster.arena);
}

void fake_world_mend(struct fake_world *world)
{
	for (size_t i = 0; i < world->count; i++) {
		world->nodes[i].lost = false;
		world->nodes[i].stuck = false;
		world->nodes[i].fault = FAULT_NONE;
		world->machines[i].fault_hit = false;
	}
}

char *fake_world_tree(struct fake_world *world)
{
	scoped(buf) struct buf out = BUF_INIT(TREE_MAX);

	fake_tree(world->nodes_folder, &out);
	return mem_strdup(buf_str(&out));
}

const char *fake_world_broken(struct fake_world *world)
{
	for (size_t i = 0; i < world->count; i++)
		fake_tick(&world->nodes[i]);
	for (size_t i = 0; i < world->count; i++)
		if (world->machines[i].broken[0])
			return world->machines[i].broken;
	return NULL;
}

bool fake_world_serves(struct fake_world *world, const char *token)
{
	for (size_t i = 0; i < world->count; i++) {
		fake_tick(&world->nodes[i]);
		const struct fake_machine *machine = &world->machines[i];
		const char *want = world->exile && i ? FAKE_TOKEN : token;
		if (!machine->etcd_pid || !machine->api_pid ||
		    strcmp(machine->etcd_data, want) != 0 || strcmp(machine->api_data, want) != 0)
			return false;
	}
	return true;
}

bool fake_world_alarmed(const struct fake_world *world)
{
	bool disarmed = false;

	for (size_t i = 0; i < world->count; i++)
		disarmed |= world->machines[i].disarmed;
	return world->alarm && !disarmed;
}

void fake_world_save(struct fake_world *world, struct fake_saved *slot)
{
	if (!slot->folder)
		slot->folder = fake_folder("fake-saved");
	fake_remove(slot->folder, -1);
	fake_copy(world->nodes_folder, slot->folder);
	memcpy(slot->machines, world->machines, sizeof(slot->machines));
}

void fake_world_load(struct fake_world *world, const struct fake_saved *slot)
{
	fake_remove(world->nodes_folder, -1);
	fake_copy(slot->folder, world->nodes_folder);
	memcpy(world->machines, slot->machines, sizeof(slot->machines));
	fake_world_mend(world);
}

void fake_world_take(struct fake_world *world, struct fake_saved *slot)
{
	fake_remove(world->nodes_folder, -1);
	if (rename(slot->folder, world->nodes_folder))
		abort();
	free(slot->folder);
	slot->folder = NULL;
	memcpy(world->machines, slot->machines, sizeof(slot->machines));
	fake_world_mend(world);
}

void fake_saved_scoped(struct fake_saved *slot)
{
	if (slot->folder)
		fake_remove(slot->folder, -1);
	free(slot->folder);
}
