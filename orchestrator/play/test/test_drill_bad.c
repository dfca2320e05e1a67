/*
 * test_drill_bad: what a drill meets that is not as it should be: a node without room, memory or free ports, a snapshot that its etcd
 * does not take or that brings something along, programs that do not serve, nodes that die, another run.  It says so; nothing is left.
 */
#include "drill_trial.h"

#include "base/mem.h"
#include "etcd/etcd_alarm.h"
#include "fake_clock.h"
#include "fake_data.h"
#include "fake_files.h"
#include "play/state.h"

/* The first lines of /proc/net/tcp, and who listens on 12380 (peers) and on 12381 (API server). */
#define SOCKETS "  sl  local_address rem_address   st\n"
#define PEERS SOCKETS "   3: 0100007F:305C 00000000:0000 0A 0\n"
#define API SOCKETS "   3: 0100007F:305D 00000000:0000 0A 0\n"
#define API_6 SOCKETS "   3: 00000000000000000000000000000000:305D 00000000:0000 0A 0\n"

enum { NO_API = 3 };

/* The looking steps only; `words` NULL: nothing is in the way. */
static void check_looks(const struct play_ctx *more, size_t node, const struct fake_answer *answer,
			const char *words)
{
	const struct fake_answer answers[] = { *answer, { .has = NULL } };
	struct play_drill drill = fake_drill;
	struct trial t;

	trial_open(&t);
	drill.api = node != NO_API;
	t.world.ctx.drill = &drill;
	if (more) {
		t.world.ctx.carried_alarms = more->carried_alarms;
		t.world.ctx.drill = more->drill ? more->drill : &drill;
	}
	t.world.nodes[node % NODES].answers = answers;
	struct play play = { .playbook = &t.book, .fleet = t.world.fleet, .ctx = &t.world.ctx };
	CHECK_INT(play_look(&play, &t.err), words ? -1 : 0);
	CHECK_HAS(t.err.text, words ? words : "");
	if (!words)
		CHECK_STR(t.err.text, "");
	scoped(mem) char *after = fake_world_tree(&t.world);
	CHECK_STR(after, t.before);
	trial_close(&t);
}

static void test_no_room(void)
{
	static const struct {
		size_t node;
		struct fake_answer answer;
		const char *words;
	} cases[] = {
		/* two WAL segments and room to breathe, and the programs; one more where the API server is */
		{ 2,
		  { "--output=avail /var/lib/etcd", 0, "Avail\n335544319\n", { 0 } },
		  "cp-3: check-nodes: /var/lib/etcd has 319 MiB free, and 320 MiB are needed" },
		{ 2, { "--output=avail /var/lib/etcd", 0, "Avail\n335544340\n", { 0 } }, NULL },
		{ 0,
		  { "--output=avail /var/lib/etcd", 0, "Avail\n335544340\n", { 0 } },
		  "cp-1: check-nodes: /var/lib/etcd has 320 MiB free, and 512 MiB are needed" },
		{ NO_API,
		  { "--output=avail /var/lib/etcd", 0, "Avail\n335544340\n", { 0 } },
		  NULL },
		/* where the programs go */
		{ 1,
		  { "--output=avail /etc/kubernetes", 0, "Avail\n67108863\n", { 0 } },
		  "cp-2: check-drill: /etc/kubernetes has 63 MiB free, and 64 MiB are needed" },
		{ 1, { "--output=avail /etc/kubernetes", 0, "Avail\n67108864\n", { 0 } }, NULL },
		{ 0,
		  { "--output=avail /etc/kubernetes", 0, "Avail\n67108864\n", { 0 } },
		  "cp-1: check-drill: /etc/kubernetes has 64 MiB free, and 256 MiB are needed" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_looks(NULL, cases[i].node, &cases[i].answer, cases[i].words);
}

static void test_no_memory(void)
{
	const struct fake_answer little = { "/proc/meminfo",
					    0,
					    "MemAvailable:  307200 kB\n",
					    { 0 } },
				 silent = { "/proc/meminfo", 0, "MemTotal:  307200 kB\n", { 0 } };

	check_looks(NULL, 0, &little,
		    "cp-1: check-drill: 300 MiB of memory are available, and a drill needs 640");
	check_looks(NULL, NO_API, &little, NULL);
	check_looks(NULL, 1, &little, NULL);
	check_looks(NULL, 1, &silent, "/proc/meminfo does not tell MemAvailable");
}

static void test_ports(void)
{
	const struct fake_answer peers = { "/proc/net/tcp", 0, PEERS, { 0 } },
				 api = { "/proc/net/tcp", 0, API, { 0 } },
				 api_6 = { "/proc/net/tcp", 0, API_6, { 0 } },
				 none = { "/proc/net/tcp", 0, SOCKETS, { 0 } };

	check_looks(NULL, 2, &peers, "cp-3: check-drill: something listens on port 12380 already");
	check_looks(NULL, 0, &api, "cp-1: check-drill: something listens on port 12381 already");
	check_looks(NULL, 0, &api_6, "cp-1: check-drill: something listens on port 12381 already");
	check_looks(NULL, 0, &none, NULL);
	/* there is no API server on the others, nor where none is wanted */
	check_looks(NULL, 1, &api, NULL);
	check_looks(NULL, NO_API, &api, NULL);
}

/* It is said before anything is changed; whoever only looks into the snapshot is let. */
static void test_alarms(void)
{
	const struct fake_answer none = { "/proc/net/tcp", 0, SOCKETS, { 0 } };
	struct play_drill alone = fake_drill;
	struct play_ctx more = { .carried_alarms = ETCD_ALARM_NOSPACE };
	struct trial t;

	check_looks(&more, 1, &none, "check-drill: alarms came with the snapshot: NOSPACE");
	more.carried_alarms |= ETCD_ALARM_CORRUPT;
	check_looks(&more, 1, &none, "check-drill: alarms came with the snapshot: NOSPACE CORRUPT");
	more.carried_alarms = ETCD_ALARM_OTHER;
	check_looks(&more, 1, &none, "came with the snapshot: one that is not known");
	alone.alone = true;
	more.drill = &alone;
	check_looks(&more, 1, &none, NULL);

	/* one that nobody could read in the file */
	trial_open(&t);
	t.world.alarm = t.world.alarm_unsaid = true;
	check_fails(&t, PLAY_UNDONE,
		    "wait-etcd: an alarm is there that did not come with the snapshot: NOSPACE");
}

/* As a member whose certificate is of etcd's user root, and as one of a user who may not ask for hashes. */
static void test_auth(void)
{
	struct trial t;

	trial_open(&t);
	t.world.ctx.carried_auth = true;
	trial_play(&t);
	CHECK_INT(t.outcome, PLAY_DONE);
	trial_close(&t);
	trial_open(&t);
	t.world.ctx.carried_auth = true;
	t.world.nodes[1].no_hash = true;
	check_fails(&t, PLAY_UNDONE, "cp-2: prove-drill: etcd's auth came with the snapshot");
	/* without auth that is no reason */
	trial_open(&t);
	t.world.nodes[1].no_hash = true;
	check_fails(&t, PLAY_UNDONE, "cp-2: wait-etcd: etcd is not well yet: etcd said: auth");
}

/* A learner that a restore has not removed from the list of members. */
static void has_learner(struct fake_world *world)
{
	for (size_t i = 0; i < NODES; i++) {
		struct member staged = world->cluster.members[i];
		struct fake_data data;
		scoped(mem) char *dir = mem_printf("%s/.restoring-" FAKE_RUN, staged.data_dir);
		staged.data_dir = dir;
		CHECK_INT(fake_data_read(world->nodes[i].root, &staged, &data), 0);
		fake_data_members(world->nodes[i].root, &staged, &data,
				  "cp-1=https://10.0.0.1:2380,cp-2=https://10.0.0.2:2380,"
				  "cp-3?=https://10.0.0.3:2380");
	}
}

static void test_learner(void)
{
	struct moment moment;
	struct trial t;

	arrange(&t, &moment, "wait-etcd", has_learner);
	check_fails(&t, PLAY_UNDONE, "wait-etcd: etcd is not well yet: member ");
	CHECK_HAS(t.err.text, " is a learner");
}

static void has_other_leader(struct fake_world *world)
{
	world->nodes[1].leaderless = true;
}

static void is_written(struct fake_world *world)
{
	world->play_nodes[0].drill.written = 9;
}

static void test_odd_members(void)
{
	struct moment moment;
	struct trial t;

	arrange(&t, &moment, "prove-drill", has_other_leader);
	check_fails(&t, PLAY_UNDONE, "prove-drill: cp-1 and cp-2 follow different leaders");
	arrange(&t, &moment, "prove-drill", is_written);
	check_fails(&t, PLAY_UNDONE, "prove-drill: it is at revision 9, and the snapshot at 7");
	trial_open(&t);
	t.world.nodes[0].no_secret = true;
	check_fails(&t, PLAY_UNDONE, "read-drill-api: /api/v1/namespaces/ns/secrets/s: no Secret");
}

/* As etcd 3.5 does with a snapshot of 3.6; and a program that wants its image's libraries. */
static void test_other_etcd(void)
{
	static const struct fake_answer ends[] = {
		{ "/tool/drill-etcd*", 0, "", { 0 } },
		{ "tail -c", 0, "one\nfatal: version \"3.6.0\" is not supported\n", { 0 } },
		{ .has = NULL }
	};
	static const struct fake_answer broken[] = { { "drill-etcd --version", 127, "", { 0 } },
						     { .has = NULL } };
	struct trial t;

	trial_open(&t);
	t.world.nodes[1].answers = ends;
	check_fails(
		&t, PLAY_UNDONE,
		"cp-2: start-drill: the drill's etcd has ended: fatal: version \"3.6.0\" is not");
	trial_open(&t);
	t.world.nodes[1].answers = broken;
	check_fails(&t, PLAY_UNDONE,
		    "cp-2: start-drill: the running etcd's program does not run outside");
}

/* The real etcd has ended since the snapshot was restored there. */
static void etcd_stands(struct fake_world *world)
{
	static const struct fake_answer stopped[] = { { "pgrep -a", 1, "", { 0 } },
						      { .has = NULL } };

	world->nodes[1].answers = stopped;
}

static void test_programs(void)
{
	static const struct fake_answer deaf[] = { { "/proc/net/tcp", 0, SOCKETS, { 0 } },
						   { .has = NULL } };
	struct play_drill drill = fake_drill;
	struct moment moment;
	struct trial t;

	/* the user's own */
	arrange(&t, &moment, "start-drill", etcd_stands);
	drill.etcd = t.world.snapshot;
	t.world.ctx.drill = &drill;
	trial_play(&t);
	CHECK_INT(t.outcome, PLAY_DONE);
	trial_close(&t);
	trial_open(&t);
	drill.etcd = "/nowhere/etcd";
	t.world.ctx.drill = &drill;
	check_fails(&t, PLAY_UNDONE, "start-drill: /nowhere/etcd: No such file");
	/* there is none to copy */
	arrange(&t, &moment, "start-drill", etcd_stands);
	check_fails(&t, PLAY_UNDONE, "cp-2: start-drill: etcd does not run here");
	CHECK_HAS(t.err.hint, "--etcd FILE");
	/* it waits for others that it does not reach */
	trial_open(&t);
	t.world.nodes[1].answers = deaf;
	check_fails(
		&t, PLAY_UNDONE,
		"cp-2: start-drill: tool/drill-etcd does not listen on port 12379 in time: last");
	CHECK_HAS(t.err.hint, "the nodes must reach each other on port 12380");
}

static void set_patience(struct trial *t)
{
	for (size_t i = 0; i < t->book.count; i++)
		if (strcmp(t->book.steps[i].verb->name, "start-drill-api") == 0)
			t->book.steps[i].timeout_ms = 60 * 1000;
}

static void cannot_be_asked(struct fake_world *world)
{
	world->nodes[0].no_client = true;
}

static void is_interrupted(struct fake_world *world)
{
	world->nodes[0].api_unready = true;
	fleet_cancel(world->fleet);
}

static void test_api_server(void)
{
	struct moment moment;
	struct trial t;

	arrange(&t, &moment, "start-drill-api", cannot_be_asked);
	check_fails(&t, PLAY_UNDONE, "cp-1: start-drill-api: no certificate");
	arrange(&t, &moment, "start-drill-api", is_interrupted);
	set_patience(&t);
	check_fails(&t, PLAY_UNDONE, "cp-1: start-drill-api: interrupted");
	trial_open(&t);
	t.world.nodes[0].api_never_ready = true;
	check_fails(
		&t, PLAY_UNDONE,
		"cp-1: start-drill-api: the drill's API server is not ready in time: last words");
	trial_open(&t);
	t.world.nodes[0].api_ends = true;
	check_fails(&t, PLAY_UNDONE,
		    "cp-1: start-drill-api: the drill's API server has ended: last words");
	/* it waits for what it cannot decrypt: that is said, and long before the time is over */
	trial_open(&t);
	set_patience(&t);
	t.world.nodes[0].api_unready = t.world.nodes[0].no_key = true;
	check_fails(&t, PLAY_UNDONE,
		    "cp-1: start-drill-api: the drill's API server does not get ready: "
		    "/api/v1/namespaces/ns/secrets/s: HTTP 500: no matching key");
	CHECK_HAS(t.err.hint, "it is encrypted by k8s:enc:aescbc:v1:key1: has this node's");
	/* a browse only reads, and does not wait for what the API server makes at first */
	trial_open_as(&t, "browse", 1);
	t.world.nodes[0].api_unready = true;
	trial_play(&t);
	CHECK_INT(t.outcome, PLAY_DONE);
	CHECK_STR(t.err.text, "");
	trial_close(&t);
	/* with the key it is something else */
	trial_open(&t);
	set_patience(&t);
	t.world.nodes[0].api_unready = true;
	check_fails(&t, PLAY_UNDONE, "is not ready in time: last words");
}

static void node_dies(struct fake_world *world)
{
	world->machines[1].drill_etcd = 0;
	world->nodes[1].lost = true;
}

/* The others are undone; what is on it is told, and undone when it is back. */
static void check_node_dies(const char *step, enum play_outcome outcome)
{
	struct moment moment;
	struct trial t;
	struct err err = ERR_INIT;

	arrange(&t, &moment, step, node_dies);
	struct play play = {
		.playbook = &t.book, .fleet = t.world.fleet, .ctx = &t.world.ctx, .events = t.events
	};
	CHECK_INT(play_run(&play, &t.err), outcome);
	if (outcome == PLAY_DONE)
		CHECK_INT(play_undo(&play, &t.err), PLAY_NEEDS_YOU);
	CHECK_HAS(t.err.text, "cp-2: ");
	CHECK_INT(t.world.machines[0].drill_etcd + t.world.machines[2].drill_etcd, 0);
	fake_world_mend(&t.world);
	CHECK_INT(play_undo(&play, &err), PLAY_UNDONE);
	CHECK_STR(err.text, "");
	scoped(mem) char *after = fake_world_tree(&t.world);
	CHECK_STR(after, t.before);
	CHECK_STR(fake_world_broken(&t.world), NULL);
	trial_close(&t);
}

static void test_node_dies(void)
{
	check_node_dies("put-snapshot", PLAY_NEEDS_YOU);
	check_node_dies("prove-drill", PLAY_NEEDS_YOU);
	/* it has done its part by then; what it keeps is found in the end */
	check_node_dies("read-drill-api", PLAY_DONE);
}

/* Another drill's name; the context is the first one's but for that. */
static struct play_ctx other_run(const struct fake_world *world)
{
	struct play_ctx other = world->ctx;

	memcpy(other.run, NEXT_RUN, sizeof(NEXT_RUN));
	return other;
}

static void other_comes(struct fake_world *world)
{
	struct play_ctx other = other_run(world);
	struct err err = ERR_INIT;

	CHECK_INT(verb_lock_nodes(&world->fleet_nodes[2], &other, deadline_in(5000), &err), 0);
}

/* The other one is told of, and keeps its lock, whether it was there before or came meanwhile. */
static void check_two(const char *step, enum play_outcome outcome, const char *words)
{
	struct moment moment;
	struct trial t;
	struct err err = ERR_INIT;
	struct lock lock;

	arrange(&t, &moment, step, other_comes);
	if (!step[0])
		other_comes(&t.world);
	struct play play = {
		.playbook = &t.book, .fleet = t.world.fleet, .ctx = &t.world.ctx, .events = t.events
	};
	CHECK_INT(play_run(&play, &t.err), outcome);
	CHECK_HAS(t.err.text, words);
	CHECK_INT(state_lock(&t.world.fleet_nodes[2], deadline_in(5000), &lock, &err), 0);
	CHECK_STR(lock.run, NEXT_RUN);
	struct play_ctx other = other_run(&t.world);
	other.undoing = true;
	CHECK_INT(verb_unlock_nodes(&t.world.fleet_nodes[2], &other, deadline_in(5000), &err), 0);
	scoped(mem) char *after = fake_world_tree(&t.world);
	CHECK_STR(after, t.before);
	trial_close(&t);
}

static void test_two_drills(void)
{
	check_two("", PLAY_UNTOUCHED,
		  "cp-3: check-nodes: another run holds the lock: run " NEXT_RUN);
	check_two("lock-nodes", PLAY_UNDONE,
		  "cp-3: lock-nodes: another run holds the lock: run " NEXT_RUN);
}

/* Time passes where somebody waits, only. */
static void test_start(void)
{
	fake_clock_stand_still();
}

TESTS(TEST(test_start), TEST(test_no_room), TEST(test_no_memory), TEST(test_ports),
      TEST(test_alarms), TEST(test_auth), TEST(test_learner), TEST(test_other_etcd),
      TEST(test_odd_members), TEST(test_programs), TEST(test_api_server), TEST(test_node_dies),
      TEST(test_two_drills))
