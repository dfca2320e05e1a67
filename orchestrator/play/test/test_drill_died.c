/*
 * test_drill_died: processes of a drill that end in its middle: which one, and whether it was for want of memory, is said at once, and
 * everything is undone.
 */
#include "drill_trial.h"
#include "fake_clock.h"
#include "fake_files.h"
#include "play/drill_died.h"
#include "play/unit.h"

#include <sys/stat.h>

#define ETCD_UNIT "etcd-backup-" FAKE_RUN "-drill-etcd.service"
#define API_UNIT "etcd-backup-" FAKE_RUN "-drill-apiserver.service"
#define OOM "[ 7.5] oom-kill:constraint=CONSTRAINT_"
#define SETS ",nodemask=(null),cpuset=/,mems_allowed=0,"
#define TASK(unit) ",task_memcg=/" unit ",task=drill,pid=77,uid=0\n"

/* What this machine's own grep makes of what a kernel wrote. */
static enum unit_killed killed_by(const char *log)
{
	scoped(mem) char *path = mem_strdup(getenv("PATH"));
	enum unit_killed killed;
	struct trial t;

	trial_open(&t);
	scoped(mem) char *text = mem_printf("%s/log", t.world.folder);
	scoped(mem) char *program = mem_printf("%s/dmesg", t.world.folder);
	scoped(mem) char *script = mem_printf("#!/bin/sh\nexec cat '%s'\n", text);
	scoped(mem) char *with = mem_printf("%s:%s", t.world.folder, path);
	fake_write(text, log, strlen(log), 0600);
	fake_write(program, script, strlen(script), 0700);
	t.world.nodes[0].real_commands = true;
	setenv("PATH", with, 1);
	killed = unit_killed(&t.world.fleet_nodes[0], &t.world.ctx, DRILL_ETCD);
	setenv("PATH", path, 1);
	trial_close(&t);
	return killed;
}

static void test_kernel_log(void)
{
	static const struct {
		const char *log;
		enum unit_killed want;
	} cases[] = {
		{ "", UNIT_NOT_KILLED },
		{ OOM "MEMCG" SETS "oom_memcg=/" ETCD_UNIT TASK(ETCD_UNIT), UNIT_OVER_LIMIT },
		{ "[1.0] " ETCD_UNIT "\n" OOM "MEMCG" SETS
		  "oom_memcg=/docker/7f/system.slice/" ETCD_UNIT
		  ",task_memcg=/docker/7f/system.slice/" ETCD_UNIT
		  ",task=drill-etcd,pid=77,uid=0\n[8.0] oom_reaper: reaped process 77\n",
		  UNIT_OVER_LIMIT },
		{ OOM "MEMCG" SETS "oom_memcg=/docker/7f" TASK(ETCD_UNIT), UNIT_NO_MEMORY },
		{ OOM "NONE" SETS "global_oom" TASK(ETCD_UNIT), UNIT_NO_MEMORY },
		{ "[ 9.1] Task in /" ETCD_UNIT " killed as a result of limit of /" ETCD_UNIT "\n",
		  UNIT_OVER_LIMIT },
		{ "[ 9.1] Task in /a/" ETCD_UNIT " killed as a result of limit of /a\n",
		  UNIT_NO_MEMORY },
		/* another process of this drill; another drill; a bystander of ours; words of systemd */
		{ OOM "MEMCG" SETS "oom_memcg=/" API_UNIT TASK(API_UNIT), UNIT_NOT_KILLED },
		{ OOM "MEMCG" SETS "oom_memcg=/x-" ETCD_UNIT TASK("x-" ETCD_UNIT),
		  UNIT_NOT_KILLED },
		{ OOM "NONE,nodemask=(null),cpuset=" ETCD_UNIT
		      ",mems_allowed=0,global_oom" TASK("kubepods/burstable/pod1"),
		  UNIT_NOT_KILLED },
		{ "systemd[1]: " ETCD_UNIT ": Main process exited, code=killed, status=9/KILL\n",
		  UNIT_NOT_KILLED },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum unit_killed killed = killed_by(cases[i].log);
		CHECK_INT(killed, cases[i].want);
		if (killed != cases[i].want)
			fprintf(stderr, "in: %s\n", cases[i].log);
	}
}

/* Time passes where somebody waits, only. */
static void test_start(void)
{
	fake_clock_stand_still();
}

static void etcd_dies(struct fake_world *world)
{
	world->machines[1].drill_etcd = 0;
}

static void first_etcd_dies(struct fake_world *world)
{
	world->machines[0].drill_etcd = 0;
	world->nodes[0].api_never_ready = true;
}

static void api_dies(struct fake_world *world)
{
	world->machines[0].drill_api = 0;
}

static void test_ends(void)
{
	static const char *const steps[] = { "wait-etcd", "prove-drill", "write-drill",
					     "read-drill" };
	struct moment moment;
	struct trial t;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		scoped(mem) char *words =
			mem_printf("cp-2: %s: the drill's etcd has ended: last words", steps[i]);
		arrange(&t, &moment, steps[i], etcd_dies);
		uint64_t began = now_ms();
		check_fails(&t, PLAY_UNDONE, words);
		CHECK(now_ms() - began < 60 * 1000);
	}
	arrange(&t, &moment, "read-drill-api", api_dies);
	check_fails(&t, PLAY_UNDONE,
		    "cp-1: read-drill-api: the drill's API server has ended: last words");
}

/* It does not get ready without its etcd, and that is said, long before the time is over. */
static void test_etcd_of_server(void)
{
	struct moment moment;
	struct trial t;

	arrange(&t, &moment, "start-drill-api", first_etcd_dies);
	for (size_t i = 0; i < t.book.count; i++)
		if (strcmp(t.book.steps[i].verb->name, "start-drill-api") == 0)
			t.book.steps[i].timeout_ms = 600 * 1000;
	uint64_t began = now_ms();
	check_fails(&t, PLAY_UNDONE,
		    "cp-1: start-drill-api: the drill's etcd has ended: last words");
	CHECK(now_ms() - began < 60 * 1000);
}

static const struct fake_answer etcd_over[] = {
	{ ETCD_UNIT, 0, OOM "MEMCG" SETS "oom_memcg=/" ETCD_UNIT TASK(ETCD_UNIT), { 0 } },
	{ .has = NULL }
};
static const struct fake_answer api_over[] = {
	{ API_UNIT, 0, OOM "MEMCG" SETS "oom_memcg=/" API_UNIT TASK(API_UNIT), { 0 } },
	{ .has = NULL }
};
static const struct fake_answer api_first_to_go[] = {
	{ API_UNIT, 0, OOM "NONE" SETS "global_oom" TASK(API_UNIT), { 0 } }, { .has = NULL }
};

static void etcd_is_killed(struct fake_world *world)
{
	world->nodes[1].answers = etcd_over;
	etcd_dies(world);
}

static void api_is_killed(struct fake_world *world)
{
	world->nodes[0].answers = api_over;
	api_dies(world);
}

static void api_goes_first(struct fake_world *world)
{
	world->nodes[0].answers = api_first_to_go;
	api_dies(world);
}

static void check_hint(struct trial *t, const char *words, const char *hint)
{
	struct err *err = &t->err;

	trial_play(t);
	CHECK_INT(t->outcome, PLAY_UNDONE);
	CHECK_INT(err->code, ERR_REMOTE);
	CHECK_HAS(err->text, words);
	CHECK_HAS(err->hint, hint);
	trial_close(t);
}

static void test_memory(void)
{
	struct moment moment;
	struct trial t;

	arrange(&t, &moment, "wait-etcd", etcd_is_killed);
	check_hint(
		&t,
		"cp-2: wait-etcd: memory ran out: the kernel killed the drill's etcd at its limit "
		"of 512 MiB, twice what",
		"drill --local on another machine has no such limit");
	arrange(&t, &moment, "read-drill-api", api_is_killed);
	check_hint(
		&t,
		"cp-1: read-drill-api: memory ran out: the kernel killed the drill's API server at "
		"its limit of 768 MiB",
		"--api=false proves all but the API server");
	arrange(&t, &moment, "read-drill-api", api_goes_first);
	check_hint(&t,
		   "cp-1: read-drill-api: the node's memory ran out: the kernel killed the drill's "
		   "API server, which goes first",
		   "at a quieter time; or drill --local on another machine");
}

/* Who looks into a snapshot has other ways out. */
static void test_browse(void)
{
	static const struct {
		const struct fake_answer *answers;
		const char *words, *hint;
	} cases[] = {
		{ api_over, "memory ran out: the kernel killed the snapshot's API server at its ",
		  "ask for less at once, or " },
		{ api_first_to_go, "the node's memory ran out: the kernel killed the snapshot's ",
		  "at a quieter time; or on another node, by --node NAME" },
		{ NULL, "the snapshot's API server has ended: last words", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = ERR_INIT;
		struct trial t;
		trial_open_as(&t, "browse", 1);
		struct play play = { .playbook = &t.book,
				     .fleet = t.world.fleet,
				     .ctx = &t.world.ctx };
		CHECK_INT(play_run(&play, &err), PLAY_DONE);
		CHECK(!drill_died(&t.world.fleet_nodes[0], &t.world.ctx, true, &err));
		CHECK_STR(err.text, "");
		t.world.nodes[0].answers = cases[i].answers;
		api_dies(&t.world);
		CHECK(!drill_died(&t.world.fleet_nodes[0], &t.world.ctx, false, &err));
		CHECK(drill_died(&t.world.fleet_nodes[0], &t.world.ctx, true, &err));
		CHECK_HAS(err.text, cases[i].words);
		CHECK_HAS(err.hint, cases[i].hint);
		t.world.nodes[0].answers = NULL;
		err = ERR_INIT;
		CHECK_INT(play_undo(&play, &err), PLAY_UNDONE);
		trial_close(&t);
	}
}

TESTS(TEST(test_kernel_log), TEST(test_start), TEST(test_ends), TEST(test_etcd_of_server),
      TEST(test_memory), TEST(test_browse))
