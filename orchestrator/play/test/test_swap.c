/*
 * test_swap: the old data out and the new in, and back, with a WAL folder of its own and without; cut off at every
 * command, before it, half-way through it and after it, and begun again.
 */
#include "play/swap.h"

#include "base/test/check.h"
#include "fake_data.h"
#include "fake_files.h"
#include "fake_node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef int swap_fn(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		    struct err *err);

static uint64_t soon(void)
{
	return deadline_in(60 * 1000);
}

/* One node, nothing running, a restored member staged. */
static void open_staged(struct fake_world *world, bool wal_dir)
{
	fake_world_open(world, 1, wal_dir);
	for (int i = 0; i < 2; i++) {
		static const char *const pods[] = { "etcd", "kube-apiserver" };
		scoped(mem) char *path = mem_printf("%s/etc/kubernetes/manifests/%s.yaml",
						    world->nodes[0].root, pods[i]);
		fake_remove(path, -1);
	}
	world->machines[0] = (struct fake_machine){ .next_pid = 100 };
	fake_data_write(world->nodes[0].root, "/var/lib/etcd/.restoring-" FAKE_RUN,
			wal_dir ? "/var/lib/wal/.restoring-" FAKE_RUN : NULL, FAKE_TOKEN,
			world->initial, "cp-1", false);
}

static bool serves(const struct fake_world *world, const char *token)
{
	struct fake_data data;

	return !fake_data_read(world->nodes[0].root, &world->cluster.members[0], &data) &&
	       strcmp(data.token, token) == 0;
}

/* Dies at the command; true when there was one. */
static bool dies(struct fake_world *world, swap_fn *fn, enum fault fault, unsigned command)
{
	int status = 0;

	world->machines[0].fault_hit = false;
	pid_t child = fork();
	if (child == 0) {
		struct err err = ERR_INIT;
		world->nodes[0].fault = fault;
		world->nodes[0].fault_at = command;
		_exit(fn(&world->fleet_nodes[0], &world->ctx, soon(), &err) ? 1 : 0);
	}
	CHECK_INT(waitpid(child, &status, 0), child);
	CHECK(WIFEXITED(status) &&
	      (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == FAKE_KILLED));
	return world->machines[0].fault_hit;
}

static void check_is(struct fake_world *world, swap_fn *fn, const char *want, bool in)
{
	struct err err = ERR_INIT;
	bool done = !in, undone = in;

	CHECK_INT(fn(&world->fleet_nodes[0], &world->ctx, soon(), &err), 0);
	CHECK_STR(err.text, "");
	scoped(mem) char *now = fake_world_tree(world);
	CHECK_STR(now, want);
	CHECK(serves(world, in ? FAKE_TOKEN : FAKE_OLD_TOKEN));
	CHECK_INT(swap_is_done(&world->fleet_nodes[0], &world->ctx, soon(), &done, &err), 0);
	CHECK_INT(swap_is_undone(&world->fleet_nodes[0], &world->ctx, soon(), &undone, &err), 0);
	CHECK(done == in && undone == !in);
}

/* fn dies at each of its commands; then either way leads to its end. */
static size_t cut_everywhere(struct fake_world *world, const struct fake_saved *from, swap_fn *fn,
			     const char *old_tree, const char *new_tree)
{
	size_t cases = 0;

	for (int fault = FAULT_KILLED_BEFORE; fault <= FAULT_KILLED_AFTER; fault++)
		for (unsigned command = 0; command < 64; command++) {
			struct fake_saved cut = { NULL, { { 0 } } };
			fake_world_load(world, from);
			if (!dies(world, fn, (enum fault)fault, command))
				break;
			cases++;
			fake_world_save(world, &cut);
			check_is(world, swap_in, new_tree, true);
			fake_world_load(world, &cut);
			check_is(world, swap_out, old_tree, false);
			fake_saved_scoped(&cut);
		}
	return cases;
}

static void test_cut(void)
{
	for (int wal_dir = 0; wal_dir < 2; wal_dir++) {
		struct fake_world world;
		scoped(fake_saved) struct fake_saved before = { NULL, { { 0 } } };
		scoped(fake_saved) struct fake_saved after = { NULL, { { 0 } } };
		struct err err = ERR_INIT;
		open_staged(&world, wal_dir);
		scoped(mem) char *old_tree = fake_world_tree(&world);
		fake_world_save(&world, &before);
		CHECK_INT(swap_in(&world.fleet_nodes[0], &world.ctx, soon(), &err), 0);
		scoped(mem) char *new_tree = fake_world_tree(&world);
		fake_world_save(&world, &after);
		check_is(&world, swap_in, new_tree, true);
		check_is(&world, swap_out, old_tree, false);
		check_is(&world, swap_out, old_tree, false);
		size_t cases = cut_everywhere(&world, &before, swap_in, old_tree, new_tree);
		cases += cut_everywhere(&world, &after, swap_out, old_tree, new_tree);
		printf("%s: %zu cuts\n", wal_dir ? "WAL folder" : "one folder", cases);
		CHECK(cases > (wal_dir ? 60 : 30));
		fake_world_close(&world);
	}
}

/* A node that had no data: the new comes, and goes again. */
static void test_no_old_data(void)
{
	struct fake_world world;
	struct err err = ERR_INIT;

	open_staged(&world, false);
	scoped(mem) char *live = mem_printf("%s/var/lib/etcd/member", world.nodes[0].root);
	fake_remove(live, -1);
	scoped(mem) char *before = fake_world_tree(&world);
	CHECK_INT(swap_in(&world.fleet_nodes[0], &world.ctx, soon(), &err), 0);
	CHECK(serves(&world, FAKE_TOKEN));
	CHECK_INT(swap_out(&world.fleet_nodes[0], &world.ctx, soon(), &err), 0);
	scoped(mem) char *now = fake_world_tree(&world);
	CHECK_STR(now, before);
	fake_world_close(&world);
}

/* What an etcd leaves that was started over an empty data dir. */
static void write_stray(const struct fake_world *world)
{
	scoped(mem) char *folder = mem_printf("%s/var/lib/etcd/member/snap", world->nodes[0].root);
	scoped(mem) char *db = mem_printf("%s/db", folder);

	fake_make_folders(folder);
	fake_write(db, "stray\n", 6, 0600);
}

static bool has_stray(const struct fake_world *world, const char *number)
{
	scoped(mem) char *db = mem_printf("%s/var/lib/etcd/.stray-" FAKE_RUN "/%s/snap/db",
					  world->nodes[0].root, number);
	scoped(buf) struct buf text = BUF_INIT(64);

	return fake_read(db, &text) && strcmp(buf_str(&text), "stray\n") == 0;
}

static bool swap_sees_stray(struct fake_world *world)
{
	struct err err = ERR_INIT;
	bool stray = false;

	CHECK_INT(swap_has_stray(&world->fleet_nodes[0], &world->ctx, soon(), &stray, &err), 0);
	return stray;
}

/* An etcd was started once more between the renames: what it made is in nobody's way, and kept. */
static void test_stray(void)
{
	struct fake_world world;
	struct err err = ERR_INIT;

	open_staged(&world, false);
	const char *root = world.nodes[0].root;
	scoped(mem) char *live = mem_printf("%s/var/lib/etcd/member", root);
	scoped(mem) char *staged =
		mem_printf("%s/var/lib/etcd/.restoring-" FAKE_RUN "/member", root);
	scoped(mem) char *folder = mem_printf("%s/var/lib/etcd/.before-" FAKE_RUN, root);
	scoped(mem) char *old = mem_printf("%s/member", folder);
	CHECK(!swap_sees_stray(&world));
	fake_make_folders(folder);
	CHECK_INT(rename(live, old), 0);
	CHECK(!swap_sees_stray(&world));
	write_stray(&world);
	CHECK(swap_sees_stray(&world));
	CHECK_INT(swap_in(&world.fleet_nodes[0], &world.ctx, soon(), &err), 0);
	CHECK(serves(&world, FAKE_TOKEN) && has_stray(&world, "1") && !swap_sees_stray(&world));
	/* and on the way back */
	CHECK_INT(rename(live, staged), 0);
	write_stray(&world);
	CHECK(swap_sees_stray(&world));
	CHECK_INT(swap_out(&world.fleet_nodes[0], &world.ctx, soon(), &err), 0);
	CHECK(serves(&world, FAKE_OLD_TOKEN) && has_stray(&world, "1") && has_stray(&world, "2"));
	fake_world_close(&world);
}

/* The same in a WAL folder of its own, when the old files are away: a stray's file has the name of a new one. */
static void test_stray_wal(void)
{
	struct fake_world world;
	struct err err = ERR_INIT;

	open_staged(&world, true);
	scoped(mem) char *dir = mem_printf("%s/var/lib/wal", world.nodes[0].root);
	scoped(mem) char *before = mem_printf("%s/.before-" FAKE_RUN, dir);
	scoped(mem) char *mark = mem_printf("%s/" SWAP_MARK, before);
	scoped(mem) char *staged = mem_printf("%s/.restoring-" FAKE_RUN, dir);
	scoped(fake_names) struct fake_names old = fake_list(dir), new = fake_list(staged);
	fake_make_folders(before);
	for (size_t i = 0; i < old.count; i++) {
		scoped(mem) char *from = mem_printf("%s/%s", dir, old.list[i]);
		scoped(mem) char *to = mem_printf("%s/%s", before, old.list[i]);
		CHECK(old.list[i][0] == '.' || !rename(from, to));
	}
	scoped(mem) char *stray = mem_printf("%s/%s", dir, new.list[0]);
	fake_write(mark, "", 0, 0600);
	fake_write(stray, "stray", 5, 0600);
	CHECK_INT(swap_in(&world.fleet_nodes[0], &world.ctx, soon(), &err), 0);
	CHECK(serves(&world, FAKE_TOKEN));
	scoped(mem) char *backup = mem_printf("%s.~1~", stray);
	CHECK(fake_exists(backup));
	CHECK_INT(swap_out(&world.fleet_nodes[0], &world.ctx, soon(), &err), 0);
	CHECK(serves(&world, FAKE_OLD_TOKEN) && !fake_exists(backup));
	fake_world_close(&world);
}

TESTS(TEST(test_cut), TEST(test_no_old_data), TEST(test_stray), TEST(test_stray_wal))
