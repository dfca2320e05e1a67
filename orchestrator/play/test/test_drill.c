/*
 * test_drill: the real drill playbook on three fake nodes: what it proves, what it refuses, and that nothing is left.
 */
#include "base/mem.h"
#include "drill_trial.h"
#include "play/state.h"

static void test_good(void)
{
	struct trial t;

	trial_open(&t);
	trial_play(&t);
	CHECK_INT(t.outcome, PLAY_DONE);
	CHECK_INT(t.undone, PLAY_UNDONE);
	CHECK_STR(t.err.text, "");
	for (size_t i = 0; i < NODES; i++) {
		const struct drill_node *drill = &t.world.play_nodes[i].drill;
		CHECK(drill->limited);
		CHECK_STR(drill->version, "3.5.16");
		CHECK_INT(drill->revision, 7);
		CHECK_INT(drill->written, 8 + i);
		CHECK_INT(drill->api_objects, i ? 0 : 2);
	}
	CHECK_STR(t.world.play_nodes[0].drill.not_served, "ranges (1)");
	trial_close(&t);
}

static void test_without_systemd(void)
{
	struct trial t;

	trial_open(&t);
	t.world.nodes[1].no_systemd = true;
	trial_play(&t);
	CHECK_INT(t.outcome, PLAY_DONE);
	CHECK(t.world.play_nodes[0].drill.limited);
	CHECK(!t.world.play_nodes[1].drill.limited);
	CHECK_STR(t.world.play_nodes[1].drill.unlimited, "systemd-run: exit 1");
	trial_close(&t);
}

static void test_without_api(void)
{
	struct play_drill drill = fake_drill;
	struct trial t;

	trial_open(&t);
	drill.api = false;
	t.world.ctx.drill = &drill;
	t.world.nodes[0].api_never_ready = true;
	trial_play(&t);
	CHECK_INT(t.outcome, PLAY_DONE);
	CHECK_INT(t.world.play_nodes[0].drill.api_objects, 0);
	trial_close(&t);
}

static void test_refuses(void)
{
	struct trial t;

	trial_open(&t);
	t.world.nodes[2].little_memory = true;
	check_fails(&t, PLAY_UNTOUCHED,
		    "cp-3: check-drill: 1 MiB of memory are available, and a drill needs 256 MiB");
	trial_open(&t);
	t.world.nodes[1].port_taken = true;
	check_fails(&t, PLAY_UNTOUCHED, "cp-2: check-drill: something listens on port 12379");
	trial_open(&t);
	t.world.nodes[1].full = true;
	check_fails(&t, PLAY_UNDONE, "cp-2: put-snapshot: ");
}

static void test_finds(void)
{
	struct play_drill drill = fake_drill;
	struct trial t;

	trial_open(&t);
	drill.hash = 3;
	t.world.ctx.drill = &drill;
	check_fails(&t, PLAY_UNDONE,
		    "other data than the snapshot's (HashKV 00000001 and 00000003)");
	trial_open(&t);
	t.world.nodes[2].hash_differs = true;
	check_fails(&t, PLAY_UNDONE, "cp-1 and cp-3 have different data");
	trial_open(&t);
	t.world.nodes[1].writes_lost = true;
	check_fails(&t, PLAY_UNDONE, "cp-2: read-drill: it does not have what was written to cp-1");
	trial_open(&t);
	t.world.nodes[0].no_key = true;
	check_fails(
		&t, PLAY_UNDONE,
		"cp-1: read-drill-api: /api/v1/namespaces/ns/secrets/s: HTTP 500: no matching key");
}

static void test_counts(void)
{
	struct object_count one = { .resource = "pods", .count = 3 };
	const struct etcd_objects objects = { .resources = &one, .resource_count = 1 };
	struct play_drill drill = fake_drill;
	struct trial t;

	trial_open(&t);
	drill.objects = &objects;
	t.world.ctx.drill = &drill;
	check_fails(&t, PLAY_UNDONE, "pods: 2 in the API, and 3 in the snapshot");
}

/* One lock for both. */
static void test_lock(void)
{
	struct err err = ERR_INIT;
	struct playbook restore;
	struct trial t;

	trial_open(&t);
	struct play_ctx drill = t.world.ctx;
	CHECK_INT(verb_lock_nodes(&t.world.fleet_nodes[1], &drill, deadline_in(5000), &err), 0);
	matrix_book(t.arena, "restore", &restore);
	matrix_context(&t.world, &restore);
	memcpy(t.world.ctx.run, "20261121t104108-0000", 21);
	struct play play = { .playbook = &restore, .fleet = t.world.fleet, .ctx = &t.world.ctx };
	CHECK_INT(play_run(&play, &err), PLAY_UNTOUCHED);
	CHECK(strstr(err.text, "cp-2: check-nodes: another run holds the lock: run " FAKE_RUN));
	struct err second = ERR_INIT;
	CHECK_INT(verb_unlock_nodes(&t.world.fleet_nodes[1], &drill, deadline_in(5000), &second),
		  0);

	CHECK_INT(
		verb_lock_nodes(&t.world.fleet_nodes[1], &t.world.ctx, deadline_in(5000), &second),
		0);
	t.world.ctx = drill;
	play.playbook = &t.book;
	CHECK_INT(play_run(&play, &second), PLAY_UNTOUCHED);
	CHECK(strstr(second.text,
		     "cp-2: check-nodes: another run holds the lock: run 20261121t104108"));
	trial_close(&t);
}

static void test_state(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct err err = ERR_INIT;
	struct run_state state;
	struct trial t;

	trial_open(&t);
	CHECK_INT(verb_lock_nodes(&t.world.fleet_nodes[0], &t.world.ctx, deadline_in(5000), &err),
		  0);
	CHECK_INT(state_read(&t.world.fleet_nodes[0], FAKE_RUN, arena, deadline_in(5000), &state,
			     &err),
		  0);
	CHECK(state.found);
	CHECK_STR(state.playbook, "drill");
	CHECK_INT(state.drill_port, 12379);
	CHECK_INT(state.drill_limit_s, 60);
	trial_close(&t);
}

static void test_cluster(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct cluster cluster = { .arena = arena, .count = 1 };
	struct member *m = &cluster.members[0];
	struct play_drill drill = { .port = 20000 };
	struct err err = ERR_INIT;

	*m = (struct member){ .name = "m",
			      .peer_url = "https://10.0.0.1:2380,https://10.1.0.1:2380",
			      .listen_client = "https://127.0.0.1:2379",
			      .peer_ca_file = "a",
			      .peer_cert_file = "b",
			      .peer_key_file = "c" };
	CHECK_INT(drill_cluster(&cluster, &drill, &err), 0);
	CHECK_STR(m->peer_url, "https://10.0.0.1:20001");
	CHECK_STR(m->client_url, "https://127.0.0.1:20000");
	drill.alone = true;
	CHECK_INT(drill_cluster(&cluster, &drill, &err), 0);
	CHECK_STR(m->peer_url, "https://127.0.0.1:20001");
	drill.alone = false;
	m->peer_url = "http://[fd00::1]:2380";
	m->listen_client = "https://[::1]:2379";
	CHECK_INT(drill_cluster(&cluster, &drill, &err), 0);
	CHECK_STR(m->peer_url, "http://[fd00::1]:20001");
	CHECK_STR(m->client_url, "https://[::1]:20000");
	m->peer_url = "https://etcd.example:2380";
	CHECK_INT(drill_cluster(&cluster, &drill, &err), -1);
	CHECK(strstr(err.text, "has no address to listen on"));
	m->peer_url = "https://10.0.0.1:2380";
	m->peer_key_file = NULL;
	CHECK_INT(drill_cluster(&cluster, &drill, &err), -1);
	CHECK(strstr(err.text, "files for TLS between peers"));
}

/* Ctrl-C at one of a step's commands, and at none of another's. */
struct cut {
	struct trial *trial;
	const char *step;
	unsigned at;
};

static void cut_on_begin(void *arg, size_t number, size_t of, const struct step *step, bool undo)
{
	struct cut *cut = arg;
	struct fake_node *fake = &cut->trial->world.nodes[0];
	bool here = !undo && strcmp(step->verb->name, cut->step) == 0;

	(void)number;
	(void)of;
	fake->fault = here ? FAULT_CANCELLED : FAULT_NONE;
	fake->fault_at = cut->at;
}

static void cut_on_end(void *arg, const struct step *step, uint64_t ms, bool failed, bool undo)
{
	(void)step;
	(void)ms;
	(void)failed;
	(void)undo;
	((struct cut *)arg)->trial->world.nodes[0].fault = FAULT_NONE;
}

/* At whichever it is: it is undone, and says so. */
static void test_cut(void)
{
	static const char *const steps[] = { "check-drill",   "start-drill", "prove-drill",
					     "write-drill",   "read-drill",  "start-drill-api",
					     "read-drill-api" };

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		bool struck = true;
		for (unsigned at = 0; struck; at++) {
			struct trial t;
			struct cut cut = { .trial = &t, .step = steps[i], .at = at };
			int before = check_failures;
			trial_open(&t);
			t.events = (struct play_events){ .arg = &cut,
							 .step_begins = cut_on_begin,
							 .step_ended = cut_on_end };
			trial_play(&t);
			struck = t.world.machines[0].fault_hit;
			CHECK(struck || at);
			CHECK_INT(t.outcome, !struck ? PLAY_DONE
					     : i     ? PLAY_UNDONE
						     : PLAY_UNTOUCHED);
			CHECK_INT(t.err.code, struck ? ERR_CANCELLED : ERR_NONE);
			if (check_failures != before)
				fprintf(stderr, "in: %s, command %u: %s\n", steps[i], at,
					t.err.text);
			trial_close(&t);
		}
	}
}

TESTS(TEST(test_good), TEST(test_without_systemd), TEST(test_without_api), TEST(test_refuses),
      TEST(test_finds), TEST(test_counts), TEST(test_lock), TEST(test_state), TEST(test_cluster),
      TEST(test_cut))
