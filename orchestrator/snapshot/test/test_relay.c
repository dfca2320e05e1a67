/*
 * test_relay: the same bytes, in the same order, whatever the pieces; work on both sides at once, and never more between
 * them than there is room for; an error of the next stage comes back; what was dropped is not passed on.
 */
#include "base/digest.h"
#include "base/test/check.h"
#include "snapshot/relay.h"
#include "snapshot/test/collect.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

enum { SIZE = 5 * 1024 * 1024 + 17, PIECE = 32 * 1024 };

static char content[SIZE];

/* A next stage that waits to be let in, and can fail. */
struct gate {
	struct sink sink;
	sem_t entered, open;
	bool waits;
	size_t fails_after; /* bytes; 0: never */
	bool end_fails;
	_Atomic size_t taken;
	int ended, after_failure;
	bool failed;
};

static int gate_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	struct gate *gate = (struct gate *)sink;

	gate->after_failure += gate->failed;
	if (gate->waits) {
		sem_post(&gate->entered);
		sem_wait(&gate->open);
	}
	if (memcmp(data, content + gate->taken, len) != 0)
		return err_set(err, ERR_BUG, "other bytes");
	gate->taken += len;
	gate->failed = gate->fails_after && gate->taken > gate->fails_after;
	return gate->failed ? err_set(err, ERR_STORE, "the store is full") : 0;
}

static int gate_end(struct sink *sink, struct err *err)
{
	struct gate *gate = (struct gate *)sink;

	gate->after_failure += gate->failed;
	gate->ended++;
	return gate->end_fails ? err_set(err, ERR_STORE, "the store did not keep it") : 0;
}

/* A relay to a gate that stands open. */
static struct sink *relay_to(struct gate *gate)
{
	struct err err = ERR_INIT;

	*gate = (struct gate){ .sink = { gate_write, gate_end } };
	sem_init(&gate->entered, 0, 0);
	sem_init(&gate->open, 0, 0);
	return relay_new(&gate->sink, &err);
}

static void let_in(struct gate *gate, size_t times)
{
	while (times--)
		sem_post(&gate->open);
}

static void prepare(void)
{
	random_bytes(content, SIZE);
}

static void test_all_bytes(void)
{
	static const size_t pieces[] = { 1000, PIECE, 131072, 131073, 1024 * 1024, SIZE };

	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct collect got = collect_new(SIZE);
		struct err err = ERR_INIT;
		struct sink *relay = relay_new(&got.sink, &err);
		for (size_t at = 0; at < SIZE; at += pieces[i])
			CHECK_INT(sink_write(relay, content + at,
					     SIZE - at < pieces[i] ? SIZE - at : pieces[i], &err),
				  0);
		CHECK_INT(sink_end(relay, &err), 0);
		relay_free(relay);
		CHECK_INT(got.ended, 1);
		CHECK(got.got.len == SIZE && !memcmp(got.got.data, content, SIZE));
		buf_release(&got.got);
	}
}

static void test_nothing(void)
{
	struct collect got = collect_new(1);
	struct err err = ERR_INIT;
	struct sink *relay = relay_new(&got.sink, &err);

	CHECK_INT(sink_end(relay, &err), 0);
	relay_free(relay);
	CHECK_INT(got.ended, 1);
	CHECK_INT(got.got.len, 0);
	relay_free(NULL);
}

/* While the next stage is in the middle of a write, as much can be written as there is room for. */
static void test_both_at_once(void)
{
	struct gate gate;
	struct err err = ERR_INIT;

	struct sink *relay = relay_to(&gate);
	gate.waits = true;
	for (size_t at = 0; at < RELAY_ROOM; at += PIECE)
		CHECK_INT(sink_write(relay, content + at, PIECE, &err), 0);
	sem_wait(&gate.entered); /* it has the first bytes, and has not given them back */
	CHECK_INT(gate.taken, 0);
	let_in(&gate, 8);
	CHECK_INT(sink_end(relay, &err), 0);
	CHECK_INT(gate.taken, RELAY_ROOM);
	CHECK_INT(gate.ended, 1);
	relay_free(relay);
}

struct writing {
	struct sink *relay;
	_Atomic size_t written;
};

static void *write_all(void *arg)
{
	struct writing *w = arg;
	struct err err = ERR_INIT;

	for (size_t at = 0; at + PIECE <= SIZE; at += PIECE) {
		CHECK_INT(sink_write(w->relay, content + at, PIECE, &err), 0);
		w->written += PIECE;
	}
	return NULL;
}

/* A writer that runs ahead of a stage that takes nothing comes as far as there is room, and no farther. */
static void test_room(void)
{
	struct gate gate;
	struct err err = ERR_INIT;
	pthread_t thread;

	struct writing w = { .relay = relay_to(&gate) };
	gate.waits = true;
	pthread_create(&thread, NULL, write_all, &w);
	sem_wait(&gate.entered);
	while (w.written < RELAY_ROOM)
		usleep(1000);
	usleep(50000); /* it would go on now, if it could */
	CHECK_INT(w.written, RELAY_ROOM);
	let_in(&gate, SIZE / PIECE);
	pthread_join(thread, NULL);
	CHECK_INT(sink_end(w.relay, &err), 0);
	CHECK_INT(gate.taken, SIZE / PIECE * PIECE);
	relay_free(w.relay);
}

/* The writer waits for room, and learns that there will be none. */
static void test_fails(void)
{
	struct gate gate;
	struct err err = ERR_INIT;
	int failed = 0;

	struct sink *relay = relay_to(&gate);
	gate.fails_after = 2 * 1024 * 1024;
	for (size_t at = 0; !failed && at + PIECE <= SIZE; at += PIECE)
		failed = sink_write(relay, content + at, PIECE, &err);
	CHECK_INT(failed, -1);
	CHECK_INT(err.code, ERR_STORE);
	CHECK_STR(err.text, "the store is full");
	relay_free(relay);
	CHECK_INT(gate.ended, 0);
	CHECK_INT(gate.after_failure, 0);
}

/* It failed at the last bytes, when nobody wrote any more. */
static void test_fails_late(void)
{
	for (int at_end = 0; at_end < 2; at_end++) {
		struct gate gate;
		struct err err = ERR_INIT;
		struct sink *relay = relay_to(&gate);
		gate.fails_after = at_end ? 0 : 1;
		gate.end_fails = at_end;
		CHECK_INT(sink_write(relay, content, 100, &err), 0);
		CHECK_INT(sink_end(relay, &err), -1);
		CHECK_INT(err.code, ERR_STORE);
		CHECK_STR(err.text, at_end ? "the store did not keep it" : "the store is full");
		CHECK_INT(gate.ended, at_end);
		relay_free(relay);
	}
}

static void *open_later(void *arg)
{
	usleep(50000); /* relay_free waits by now */
	let_in(arg, 8);
	return NULL;
}

/* What the next stage has begun it finishes; it gets nothing more, and no end. */
static void test_dropped(void)
{
	struct gate gate;
	struct err err = ERR_INIT;
	pthread_t thread;

	struct sink *relay = relay_to(&gate);
	gate.waits = true;
	CHECK_INT(sink_write(relay, content, RELAY_ROOM, &err), 0);
	sem_wait(&gate.entered);
	pthread_create(&thread, NULL, open_later, &gate);
	relay_free(relay);
	pthread_join(thread, NULL);
	CHECK_INT(gate.taken, RELAY_ROOM / 8); /* one piece */
	CHECK_INT(gate.ended, 0);
}

/* It had not even begun. */
static void test_dropped_at_once(void)
{
	struct gate gate;
	struct err err = ERR_INIT;

	struct sink *relay = relay_to(&gate);
	CHECK_INT(sink_write(relay, content, 100, &err), 0);
	relay_free(relay);
	CHECK_INT(gate.taken, 0);
	CHECK_INT(gate.ended, 0);
}

TESTS(TEST(prepare), TEST(test_all_bytes), TEST(test_nothing), TEST(test_both_at_once),
      TEST(test_room), TEST(test_fails), TEST(test_fails_late), TEST(test_dropped),
      TEST(test_dropped_at_once))
