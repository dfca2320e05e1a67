/*
 * relay: see relay.h.  A ring of bytes between two threads.  Each wakes the other only when there is enough to do
 * for it: a stream comes in pieces of 32 KiB, and a change of threads for each of them costs more than the copy.
 */
#include "snapshot/relay.h"

#include "base/mem.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { ENOUGH = RELAY_ROOM / 8 };

struct relay {
	struct sink sink;
	struct sink *next;
	pthread_t thread;
	/* of all that follows; the bytes between at and at + len are the thread's */
	pthread_mutex_t lock;
	pthread_cond_t filled, drained;
	char *ring;
	size_t at, len;
	bool ended, dropped; /* nothing more comes: pass on the end; pass on nothing */
	bool stopped;        /* the thread will take nothing more */
	bool joined;
	int failed;
	struct err err;
};

/* The next bytes to pass on; 0: the end, or nobody wants them any more. */
static size_t wait_for_bytes(struct relay *relay)
{
	while (relay->len < ENOUGH && !relay->ended && !relay->dropped)
		pthread_cond_wait(&relay->filled, &relay->lock);
	size_t n = relay->dropped ? 0 : relay->len;
	if (n > RELAY_ROOM - relay->at)
		n = RELAY_ROOM - relay->at;
	return n < ENOUGH ? n : ENOUGH;
}

static int pass_on(struct relay *relay, struct err *err)
{
	int failed = 0;
	size_t n;

	pthread_mutex_lock(&relay->lock);
	while (!failed && (n = wait_for_bytes(relay))) {
		pthread_mutex_unlock(&relay->lock);
		failed = sink_write(relay->next, relay->ring + relay->at, n, err);
		pthread_mutex_lock(&relay->lock);
		relay->at = (relay->at + n) % RELAY_ROOM;
		relay->len -= n;
		pthread_cond_signal(&relay->drained);
	}
	bool ended = !failed && !relay->dropped;
	pthread_mutex_unlock(&relay->lock);
	return ended ? sink_end(relay->next, err) : failed;
}

static void *relay_thread(void *arg)
{
	struct relay *relay = arg;
	struct err err = ERR_INIT;
	int failed = pass_on(relay, &err);

	pthread_mutex_lock(&relay->lock);
	relay->failed = failed;
	relay->err = err;
	relay->stopped = true;
	pthread_cond_signal(&relay->drained);
	pthread_mutex_unlock(&relay->lock);
	return NULL;
}

/* How much may be written now; waits until it is all of it, or enough.  0: the thread has stopped. */
static size_t wait_for_room(struct relay *relay, size_t wanted)
{
	size_t least = wanted < ENOUGH ? wanted : ENOUGH;

	while (RELAY_ROOM - relay->len < least && !relay->stopped)
		pthread_cond_wait(&relay->drained, &relay->lock);
	size_t n = relay->stopped ? 0 : RELAY_ROOM - relay->len;
	return n < wanted ? n : wanted;
}

/* Bytes that were not there before are nobody's but ours: copied without the lock. */
static void put(struct relay *relay, size_t at, const char *data, size_t n)
{
	size_t first = n < RELAY_ROOM - at ? n : RELAY_ROOM - at;

	memcpy(relay->ring + at, data, first);
	memcpy(relay->ring, data + first, n - first);
}

static int relay_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	struct relay *relay = (struct relay *)sink;
	const char *from = data;
	size_t n;

	pthread_mutex_lock(&relay->lock);
	while (len && (n = wait_for_room(relay, len))) {
		size_t at = (relay->at + relay->len) % RELAY_ROOM;
		pthread_mutex_unlock(&relay->lock);
		put(relay, at, from, n);
		pthread_mutex_lock(&relay->lock);
		relay->len += n;
		if (relay->len >= ENOUGH)
			pthread_cond_signal(&relay->filled);
		from += n;
		len -= n;
	}
	if (len)
		*err = relay->err;
	pthread_mutex_unlock(&relay->lock);
	return len ? -1 : 0;
}

static void join(struct relay *relay, bool *why)
{
	if (relay->joined)
		return;
	pthread_mutex_lock(&relay->lock);
	*why = true;
	pthread_cond_signal(&relay->filled);
	pthread_mutex_unlock(&relay->lock);
	pthread_join(relay->thread, NULL);
	relay->joined = true;
}

static int relay_end(struct sink *sink, struct err *err)
{
	struct relay *relay = (struct relay *)sink;

	join(relay, &relay->ended);
	if (relay->failed)
		*err = relay->err;
	return relay->failed;
}

struct sink *relay_new(struct sink *next, struct err *err)
{
	struct relay *relay = mem_zalloc(sizeof(*relay));

	relay->sink = (struct sink){ relay_write, relay_end };
	relay->next = next;
	relay->ring = mem_alloc(RELAY_ROOM);
	pthread_mutex_init(&relay->lock, NULL);
	pthread_cond_init(&relay->filled, NULL);
	pthread_cond_init(&relay->drained, NULL);
	errno = pthread_create(&relay->thread, NULL, relay_thread, relay);
	if (!errno)
		return &relay->sink;
	err_errno(err, ERR_FILE, "cannot start a thread for the stream");
	relay->joined = true; /* there is none to wait for */
	relay_free(&relay->sink);
	return NULL;
}

void relay_free(struct sink *sink)
{
	struct relay *relay = (struct relay *)sink;

	if (!relay)
		return;
	join(relay, &relay->dropped);
	pthread_cond_destroy(&relay->drained);
	pthread_cond_destroy(&relay->filled);
	pthread_mutex_destroy(&relay->lock);
	mem_wipe(relay->ring, RELAY_ROOM);
	free(relay->ring);
	free(relay);
}
