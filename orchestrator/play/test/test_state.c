/*
 * test_state: what a run leaves on a node, read back; and everything there that is not ours, or damaged.
 */
#include "play/state.h"

#include "base/test/check.h"
#include "fake_files.h"
#include "fake_node.h"

#include <stdlib.h>

#define RUNS_FOLDER "/etc/kubernetes/etcd-backup"

static uint64_t soon(void)
{
	return deadline_in(60 * 1000);
}

static void put(struct fake_world *world, const char *path, const char *text)
{
	scoped(mem) char *whole = mem_printf("%s%s", world->nodes[0].root, path);
	scoped(mem) char *folder = mem_strdup(whole);

	*strrchr(folder, '/') = '\0';
	fake_make_folders(folder);
	fake_write(whole, text, strlen(text), 0600);
}

static void test_round_trip(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct fake_world world;
	struct run_state state;
	struct err err = ERR_INIT;

	fake_world_open(&world, 1, true);
	struct node *node = &world.fleet_nodes[0];
	CHECK_INT(state_read(node, FAKE_RUN, arena, soon(), &state, &err), 0);
	CHECK(!state.found && !state.locked && state.phase == PHASE_NOTHING);

	put(&world, RUNS_FOLDER "/" FAKE_RUN "/x", "");
	world.play_nodes[0].data_existed = true;
	world.ctx.target = "20200101t000000-beef";
	world.ctx.bump = INT64_MAX;
	world.play_nodes[0].voters = "https://a:2380 https://b:2380";
	CHECK_INT(state_write(node, &world.ctx, soon(), &err), 0);
	CHECK_INT(state_read(node, FAKE_RUN, arena, soon(), &state, &err), 0);
	CHECK_STR(err.text, "");
	CHECK(state.found && !state.locked && !state.undoing && state.data_existed);
	CHECK_INT(state.phase, PHASE_LOCKED);
	CHECK_STR(state.operator, "test");
	CHECK_STR(state.cluster, "test");
	CHECK_STR(state.member, "cp-1");
	CHECK_STR(state.data_dir, "/var/lib/etcd");
	CHECK_STR(state.wal_dir, "/var/lib/wal");
	CHECK_STR(state.playbook, "restore");
	CHECK_STR(state.playbook_sha256, NULL);
	CHECK_STR(state.target, "20200101t000000-beef");
	CHECK_STR(state.initial_cluster, world.initial);
	CHECK_STR(state.token, FAKE_TOKEN);
	CHECK_STR(state.snapshot_sha256, world.snapshot_sha256);
	CHECK_INT(state.snapshot_size, 10);
	CHECK_INT(state.db_size, 10);
	CHECK_INT(state.snapshot_revision, 7);
	CHECK(state.bump == INT64_MAX);
	CHECK_STR(state.voters, "https://a:2380 https://b:2380");
	CHECK_INT(state.since ? strlen(state.since) : 0, 20);

	bool marked = true;
	CHECK_INT(state_marked(node, &world.ctx, "undoing", soon(), &marked, &err), 0);
	CHECK(!marked);
	CHECK_INT(state_mark(node, &world.ctx, "undoing", soon(), &err), 0);
	put(&world, RUNS_FOLDER "/lock", "run " FAKE_RUN " since x by y\n");
	CHECK_INT(state_read(node, FAKE_RUN, arena, soon(), &state, &err), 0);
	CHECK(state.undoing && state.locked);
	fake_world_close(&world);
}

/* Each path that appears takes the run one phase further. */
static void test_phases(void)
{
	static const struct {
		const char *path;
		enum run_phase phase;
	} steps[] = {
		{ RUNS_FOLDER "/" FAKE_RUN "/tool", PHASE_LOCKED },
		{ "/var/lib/etcd/.snapshot-" FAKE_RUN "/snapshot.db", PHASE_STAGED },
		{ "/var/lib/wal/.restoring-" FAKE_RUN "/0.wal", PHASE_STAGED },
		{ RUNS_FOLDER "/" FAKE_RUN "/parked/etcd.yaml", PHASE_ETCD_STOPPED },
		{ "/var/lib/wal/.before-" FAKE_RUN "/0.wal", PHASE_SWAPPED },
		{ "/var/lib/etcd/.before-" FAKE_RUN "/member/x", PHASE_SWAPPED },
		{ RUNS_FOLDER "/" FAKE_RUN "/originals/etcd.yaml", PHASE_ETCD_STARTED },
		/* parked, and still, or again, in its place: the copy stands there already */
		{ RUNS_FOLDER "/" FAKE_RUN "/parked/kube-apiserver.yaml", PHASE_API_STARTED },
		{ RUNS_FOLDER "/" FAKE_RUN "/originals/kube-apiserver.yaml", PHASE_API_STARTED },
	};
	scoped(arena) struct arena *arena = arena_new();
	struct fake_world world;
	struct run_state state;
	struct err err = ERR_INIT;

	fake_world_open(&world, 1, true);
	put(&world, RUNS_FOLDER "/" FAKE_RUN "/x", "");
	CHECK_INT(state_write(&world.fleet_nodes[0], &world.ctx, soon(), &err), 0);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		put(&world, steps[i].path, "x");
		CHECK_INT(state_read(&world.fleet_nodes[0], FAKE_RUN, arena, soon(), &state, &err),
			  0);
		CHECK_INT(state.phase, steps[i].phase);
		CHECK(phase_text(state.phase)[0]);
	}
	fake_world_close(&world);
}

static void test_damaged(void)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{ "", "state.json" },
		{ "{", "state.json" },
		{ "{\"apiVersion\": \"etcd-backup/v1\", \"member\": \"cp", "state.json" },
		{ "[]", "apiVersion is missing" },
		{ "{}", "apiVersion is missing" },
		{ "{\"apiVersion\": \"etcd-backup/v2\"}", "apiVersion is etcd-backup/v2" },
		{ "{\"apiVersion\": \"etcd-backup/v1\"}", "is missing" },
		{ "{\"apiVersion\": \"etcd-backup/v1\", \"member\": \"a\", \"dataDir\": \"/d\", "
		  "\"playbook\": \"restore\"}",
		  "token is missing" },
#define REST                                                                           \
	"\"apiVersion\": \"etcd-backup/v1\", \"member\": \"a\", \"dataDir\": \"/d\", " \
	"\"initialClusterToken\": \"t\""
		{ "{" REST ", \"playbook\": \"restore\"}", "cluster is missing" },
		{ "{" REST ", \"cluster\": \"c\", \"playbook\": \"rollback\"}",
		  "target is missing" },
		{ "{" REST ", \"cluster\": \"c\", \"playbook\": \"clean\"}", "target is missing" },
		{ "{" REST ", \"cluster\": \"c\", \"playbook\": \"clean\", \"target\": "
		  "\"../../../var/lib/etcd\"}",
		  "target is no name of a run" },
		{ "{" REST ", \"cluster\": \"c\", \"playbook\": \"restore\", \"target\": "
		  "\"20261121t104107-7f3a-and-much-longer\"}",
		  "target is no name of a run" },
#undef REST
	};
	scoped(arena) struct arena *arena = arena_new();
	struct fake_world world;

	fake_world_open(&world, 1, false);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = ERR_INIT;
		struct run_state state;
		put(&world, RUNS_FOLDER "/" FAKE_RUN "/state.json", cases[i].text);
		CHECK_INT(state_read(&world.fleet_nodes[0], FAKE_RUN, arena, soon(), &state, &err),
			  -1);
		CHECK_INT(err.code, ERR_CONFIG);
		CHECK_HAS(err.text, cases[i].words);
		CHECK(!state.found);
	}
	fake_world_close(&world);
}

static void test_lock(void)
{
	static const struct {
		const char *text, *run, *words;
	} cases[] = {
		{ "run " FAKE_RUN " since 2026-11-21T10:41:07Z by root at desk\n", FAKE_RUN,
		  "run " FAKE_RUN " since 2026-11-21T10:41:07Z by root at desk" },
		{ "run " FAKE_RUN, FAKE_RUN, "run " FAKE_RUN },
		{ "run " FAKE_RUN "\nmore\n", FAKE_RUN, "run " FAKE_RUN },
		{ "", NULL, NULL },
		{ "12345\n", NULL, NULL },
		{ "run \n", NULL, NULL },
		{ "run ../../etc since x by y\n", NULL, NULL },
		{ "run UPPER since x by y\n", NULL, NULL },
		{ "run 20261121t104107-7f3a-and-much-longer by y\n", NULL, NULL },
	};
	struct fake_world world;
	struct lock lock;
	struct err err = ERR_INIT;

	fake_world_open(&world, 1, false);
	CHECK_INT(state_lock(&world.fleet_nodes[0], soon(), &lock, &err), 0);
	CHECK_STR(lock.run, "");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		err = ERR_INIT;
		put(&world, RUNS_FOLDER "/lock", cases[i].text);
		CHECK_INT(state_lock(&world.fleet_nodes[0], soon(), &lock, &err),
			  cases[i].run ? 0 : -1);
		CHECK_STR(lock.run, cases[i].run ? cases[i].run : "");
		if (cases[i].run)
			CHECK_STR(lock.words, cases[i].words);
		else
			CHECK_INT(err.code, ERR_REMOTE);
	}
	/* its words are cut, not its end */
	scoped(mem) char *longer = mem_printf("run " FAKE_RUN " by %01000d\n", 0);
	put(&world, RUNS_FOLDER "/lock", longer);
	CHECK_INT(state_lock(&world.fleet_nodes[0], soon(), &lock, &err), 0);
	CHECK_INT(strlen(lock.words), sizeof(lock.words) - 1);
	fake_world_close(&world);
}

static void test_names(void)
{
	static const char *const good[] = { FAKE_RUN, "a", "0-0" };
	static const char *const wrong[] = { "",    ".",   "..",       "../x",
					     "a/b", "-a",  "a b",      "A",
					     "a.b", "a\n", "\xc3\xa9", "01234567890123456789012a" };
	scoped(arena) struct arena *arena = arena_new();
	struct fake_world world;

	fake_world_open(&world, 1, false);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		CHECK(state_run_name(good[i]));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct run_state state;
		struct err err = ERR_INIT;
		CHECK(!state_run_name(wrong[i]));
		CHECK_INT(state_read(&world.fleet_nodes[0], wrong[i], arena, soon(), &state, &err),
			  -1);
		CHECK_INT(err.code, ERR_USAGE);
	}
	fake_world_close(&world);
}

static void test_runs(void)
{
	struct fake_world world;
	char runs[3][RUN_ID_SIZE];
	size_t count = 9, older = 9;
	struct err err = ERR_INIT;

	fake_world_open(&world, 1, false);
	CHECK_INT(state_runs(&world.fleet_nodes[0], soon(), runs, 3, &count, &older, &err), 0);
	CHECK_INT(count, 0);
	CHECK_INT(older, 0);
	put(&world, RUNS_FOLDER "/lock", "");
	put(&world, RUNS_FOLDER "/README-X/x", "");
	put(&world, RUNS_FOLDER "/20260102t000000-0002/x", "");
	put(&world, RUNS_FOLDER "/20260101t000000-0001/x", "");
	CHECK_INT(state_runs(&world.fleet_nodes[0], soon(), runs, 3, &count, &older, &err), 0);
	CHECK_INT(count, 2);
	CHECK_STR(runs[0], "20260101t000000-0001");
	CHECK_STR(runs[1], "20260102t000000-0002");
	CHECK_INT(older, 0);
	CHECK_INT(state_runs(&world.fleet_nodes[0], soon(), runs, 1, &count, &older, &err), 0);
	/* the newest are kept */
	CHECK_INT(count, 1);
	CHECK_INT(older, 1);
	CHECK_STR(runs[0], "20260102t000000-0002");
	fake_world_close(&world);
}

/* In its place, parked by the run that holds the lock, or nowhere. */
static void test_manifest(void)
{
	struct fake_world world;
	struct err err = ERR_INIT;
	char *path = NULL;

	fake_world_open(&world, 1, false);
	struct node *node = &world.fleet_nodes[0];
	CHECK_INT(state_manifest(node, "etcd", soon(), &path, &err), 0);
	CHECK_STR(path, "/etc/kubernetes/manifests/etcd.yaml");
	mem_scoped(&path);
	CHECK_INT(state_manifest(node, "other", soon(), &path, &err), 0);
	CHECK_STR(path, NULL);
	put(&world, RUNS_FOLDER "/" FAKE_RUN "/parked/other.yaml", "");
	CHECK_INT(state_manifest(node, "other", soon(), &path, &err), 0);
	CHECK_STR(path, NULL);
	put(&world, RUNS_FOLDER "/lock", "run " FAKE_RUN "\n");
	CHECK_INT(state_manifest(node, "other", soon(), &path, &err), 0);
	CHECK_STR(path, RUNS_FOLDER "/" FAKE_RUN "/parked/other.yaml");
	mem_scoped(&path);
	CHECK_INT(state_manifest(node, "none", soon(), &path, &err), 0);
	CHECK_STR(path, NULL);
	world.nodes[0].lost = true;
	CHECK_INT(state_manifest(node, "etcd", soon(), &path, &err), -1);
	CHECK_STR(path, NULL);
	CHECK_INT(err.code, ERR_SSH);
	fake_world_close(&world);
}

TESTS(TEST(test_round_trip), TEST(test_phases), TEST(test_damaged), TEST(test_lock),
      TEST(test_names), TEST(test_runs), TEST(test_manifest))
