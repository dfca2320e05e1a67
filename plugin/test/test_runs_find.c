/*
 * test_runs_find: the runs of three nodes that are directories, and what each needs: with nodes that do not answer, files that
 * are damaged, and more runs than are shown.
 */
#include "base/file.h"
#include "base/test/check.h"
#include "node/node_dir.h"
#include "plugin/runs_print.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define RUNS_PATH "etc/kubernetes/etcd-backup"
#define RUN_1 "20260101t000000-0001"
#define RUN_2 "20260102t000000-0002"

enum { NODES = 3 };

static struct {
	char folder[40];
	struct node_dir dirs[NODES];
	struct plan plan;
	struct runs *runs;
	bool silent[NODES];
	struct err err;
} lab;

static int answer(struct node *node, const char *const args[], const struct node_input *input,
		  uint64_t deadline, struct buf *out, struct buf *errs, int *status,
		  struct err *err)
{
	(void)args;
	(void)input;
	(void)deadline;
	(void)out;
	(void)errs;
	(void)status;
	return lab.silent[node->index] ? err_set(err, ERR_SSH, "connection lost") : 0;
}

static void lab_open(void)
{
	static const char *const names[NODES] = { "cp-1", "cp-2", "cp-3" };

	memset(&lab, 0, sizeof(lab));
	snprintf(lab.folder, sizeof(lab.folder), "/tmp/test-runs-find-XXXXXX");
	CHECK(mkdtemp(lab.folder) != NULL);
	plan_begin(&lab.plan);
	struct discovery *d = &lab.plan.found;
	d->arena = arena_new();
	d->cluster.count = d->node_count = NODES;
	for (size_t i = 0; i < NODES; i++) {
		d->arenas[i] = arena_new();
		lab.dirs[i] = (struct node_dir){ .root = arena_printf(d->arena, "%s/%s", lab.folder,
								      names[i]),
						 .hook = answer };
		node_dir_init(&d->nodes[i], names[i], &lab.dirs[i]);
		d->found[i].reached = true;
	}
	d->fleet = fleet_new(d->nodes, NODES);
	lab.runs = arena_alloc(lab.plan.arena, sizeof(*lab.runs));
}

static void lab_close(void)
{
	struct discovery *d = &lab.plan.found;
	scoped(mem) char *command = mem_printf("rm -rf '%s'", lab.folder);

	CHECK_INT(system(command), 0);
	fleet_free(d->fleet);
	for (size_t i = 0; i < NODES; i++)
		arena_free(d->arenas[i]);
	arena_free(d->arena);
	d->arena = NULL; /* there are no sessions to close */
	plan_release(&lab.plan);
}

/* A file on a node, with the folders above it. */
static void put(size_t node, const char *path, const char *text)
{
	scoped(mem) char *whole = mem_printf("%s/%s", lab.dirs[node].root, path);

	for (char *at = strchr(whole + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = '\0';
		mkdir(whole, 0700);
		*at = '/';
	}
	scoped(fd) int fd = open(whole, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	CHECK(fd >= 0 && !file_write(fd, text, strlen(text)));
}

#define STATE(more)                                                                   \
	"{\"apiVersion\": \"etcd-backup/v1\", \"member\": \"m\", \"cluster\": \"c\"," \
	" \"dataDir\": \"/data\", \"initialClusterToken\": \"t\"" more "}"
#define RESTORE STATE(", \"playbook\": \"restore\"")

static void put_run(size_t node, const char *run, const char *state, bool locked)
{
	scoped(mem) char *path = mem_printf(RUNS_PATH "/%s/state.json", run);
	scoped(mem) char *lock = mem_printf("run %s since then by me\n", run);

	put(node, path, state);
	if (locked)
		put(node, RUNS_PATH "/lock", lock);
}

static void put_all(const char *run, const char *state, bool locked)
{
	for (size_t i = 0; i < NODES; i++)
		put_run(i, run, state, locked);
}

static int find(void)
{
	lab.err = ERR_INIT;
	return runs_find(&lab.plan, lab.runs, &lab.err);
}

/* The first of the list. */
static void needs(const char *words)
{
	CHECK_INT(find(), 0);
	CHECK_STR(lab.err.text, "");
	CHECK(lab.runs->count);
	if (lab.runs->count)
		CHECK_STR(runs_need(lab.plan.arena, &lab.runs->list[0]), words);
}

static void test_none(void)
{
	lab_open();
	CHECK_INT(find(), 0);
	CHECK_INT(lab.runs->count, 0);
	CHECK_INT(lab.runs->warning_count, 0);
	CHECK(!lab.runs->older && !lab.runs->partial);
	lab_close();
}

static void test_silent(void)
{
	lab_open();
	put_all(RUN_1, RESTORE, false);
	put_all(RUN_2, RESTORE, true);
	put(0, RUNS_PATH "/" RUN_2 "/parked/etcd.yaml", "");
	lab.silent[1] = true;
	lab.plan.found.found[2].reached = false;
	snprintf(lab.plan.found.found[2].silence, 256, "no route to host");
	needs("resume or resume --undo"); /* what was not asked is not what does not know the run */
	CHECK_INT(lab.runs->count, 2);
	CHECK_STR(lab.runs->list[0].rerun.run, RUN_2);
	CHECK_STR(lab.runs->list[1].rerun.run, RUN_1);
	CHECK(lab.runs->partial);
	CHECK_INT(lab.runs->warning_count, 2);
	CHECK_STR(lab.runs->warnings[0],
		  "cp-2 could not be read, what it knows is not shown: connection lost");
	CHECK_STR(lab.runs->warnings[1],
		  "cp-3 does not answer, what it knows is not shown: no route to host");
	lab.silent[0] = true;
	CHECK_INT(find(), -1);
	CHECK_HAS(lab.err.text, "connection lost");
	lab_close();
}

static void test_damaged(void)
{
	lab_open();
	put_all(RUN_1, RESTORE, false);
	put_run(0, RUN_2, "{\"apiVersion\": \"etcd-backup/v9\"}", false);
	put_run(1, RUN_1, "{", false);
	CHECK_INT(find(), 0);
	CHECK_INT(lab.runs->count, 1);
	CHECK_STR(lab.runs->list[0].rerun.run, RUN_1);
	CHECK(!lab.runs->partial);
	CHECK_INT(lab.runs->warning_count, 2);
	CHECK_HAS(lab.runs->warnings[0], "cp-1: ");
	CHECK_HAS(lab.runs->warnings[0], RUN_2 "/state.json: apiVersion is etcd-backup/v9");
	CHECK_HAS(lab.runs->warnings[1], "cp-2: ");
	CHECK_HAS(lab.runs->warnings[1], RUN_1 "/state.json: ");
	/* a lock that is none hides what that node knows, and nothing else */
	put(0, RUNS_PATH "/lock", "?\n");
	CHECK_INT(find(), 0);
	CHECK_INT(lab.runs->count, 1);
	CHECK_INT(lab.runs->warning_count, 2);
	CHECK_HAS(lab.runs->warnings[0], "etcd-backup/lock: not understood");
	lab_close();
}

/* The newest are shown. */
static void test_many(void)
{
	lab_open();
	for (unsigned i = 0; i < RUNS_MAX + 3; i++) {
		scoped(mem) char *run = mem_printf("20260101t%06u-0000", i);
		put_run(0, run, RESTORE, false);
		if (i >= 2)
			put_run(1, run, RESTORE, false);
		if (i < 3)
			put_run(2, run, RESTORE, false);
	}
	CHECK_INT(find(), 0);
	CHECK_INT(lab.runs->count, RUNS_MAX);
	CHECK(lab.runs->older);
	CHECK_STR(lab.runs->list[0].rerun.run, "20260101t000066-0000");
	CHECK_STR(lab.runs->list[RUNS_MAX - 1].rerun.run, "20260101t000003-0000");
	lab_close();
	/* no node has too many, all of them together have */
	lab_open();
	for (unsigned i = 0; i < RUNS_MAX + 1; i++) {
		scoped(mem) char *run = mem_printf("20260101t%06u-0000", i);
		put_run(i % 2, run, RESTORE, false);
	}
	CHECK_INT(find(), 0);
	CHECK_INT(lab.runs->count, RUNS_MAX);
	CHECK(lab.runs->older);
	CHECK_STR(lab.runs->list[RUNS_MAX - 1].rerun.run, "20260101t000001-0000");
	lab_close();
}

static void test_restore(void)
{
	lab_open();
	put_all(RUN_1, RESTORE, true);
	needs("resume or resume --undo");
	put(0, RUNS_PATH "/" RUN_1 "/undoing", "");
	needs("resume: it was going back");
	lab_close();

	lab_open();
	put_all(RUN_1, RESTORE, false);
	needs("resume --undo: to tidy up");
	put(0, RUNS_PATH "/" RUN_1 "/originals/kube-apiserver.yaml", "");
	needs("nothing; rollback or clean");
	put(1, RUNS_PATH "/lock", "run " RUN_1 " since then by me\n");
	needs("resume");
	lab_close();

	/* where a node does not know it any more, it went back there */
	lab_open();
	put_run(0, RUN_1, RESTORE, true);
	put_run(1, RUN_1, RESTORE, true);
	needs("resume or resume --undo");
	put(0, RUNS_PATH "/" RUN_1 "/parked/etcd.yaml", "");
	needs("resume: it was going back");
	/* a node that tells of another snapshot */
	put_run(1, RUN_1, STATE(", \"playbook\": \"restore\", \"snapshotSHA256\": \"00\""), true);
	needs("by hand, resume refuses it: cp-2 tells another story of run " RUN_1);
	lab_close();
}

static void test_others(void)
{
	static const char rejoin[] = STATE(", \"playbook\": \"rejoin\", \"joins\": \"cp-2\"");

	lab_open();
	put_all(RUN_1, STATE(", \"playbook\": \"clean\", \"target\": \"" RUN_2 "\""), true);
	needs("resume: it is only finished");
	put_all(RUN_2, STATE(", \"playbook\": \"drill\", \"drillPort\": \"12379\""), true);
	needs("resume --undo");
	lab_close();

	/* of a rejoin's vote only the cluster knows */
	lab_open();
	put_all(RUN_1, rejoin, true);
	needs("resume or resume --undo");
	put(1, RUNS_PATH "/" RUN_1 "/parked/etcd.yaml", "");
	needs("resume or resume --undo");
	put(1, "data/.before-" RUN_1 "/member/x", "");
	needs("resume; --undo only before the member's vote");
	put(1, RUNS_PATH "/" RUN_1 "/originals/kube-apiserver.yaml", "");
	needs("resume");
	lab_close();
	lab_open();
	put_all(RUN_1, rejoin, false);
	put(1, RUNS_PATH "/" RUN_1 "/originals/kube-apiserver.yaml", "");
	needs("nothing; or clean");
	lab_close();
}

TESTS(TEST(test_none), TEST(test_silent), TEST(test_damaged), TEST(test_many), TEST(test_restore),
      TEST(test_others))
