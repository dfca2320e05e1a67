/*
 * place: a bucket at a server, and what works with any of them, for test_store_s3.c.
 */
#ifndef E2E_S3_PLACE_H
#define E2E_S3_PLACE_H

#include "base/test/check.h"
#include "store/s3_request.h"
#include "store/store.h"

#include "base/digest.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MIB = 1024 * 1024, PIECE = 300 * 1000 };

static const struct store_driver *const s3 = &store_s3_driver;

/* --- help */

struct place {
	const char *endpoint, *bucket;
	const char *sse, *kms_key_id, *ca_file;
	int path_style; /* -1: by default */
	int cancel_fd;
	uint64_t stall_ms;
	bool shares_memory;
};

static struct place at_faults(const char *bucket)
{
	return (struct place){ .endpoint = getenv("T_FAULTS"),
			       .bucket = bucket,
			       .path_style = -1,
			       .cancel_fd = -1,
			       .stall_ms = 5000 };
}

static struct place at_real(void)
{
	return (struct place){ .endpoint = getenv("T_REAL"),
			       .bucket = "drills",
			       .path_style = -1,
			       .cancel_fd = -1,
			       .stall_ms = 20000 };
}

static struct store_settings settings_of(const struct place *place)
{
	return (struct store_settings){ .s3 = { .endpoint = place->endpoint,
						.sse = place->sse,
						.kms_key_id = place->kms_key_id,
						.ca_file = place->ca_file,
						.path_style = place->path_style },
					.cancel_fd = place->cancel_fd,
					.stall_ms = place->stall_ms,
					.shares_memory = place->shares_memory };
}

static void *open_place(const struct place *place)
{
	struct store_settings settings = settings_of(place);
	struct err err = ERR_INIT;
	scoped(mem) char *url = mem_printf("s3://%s/a b/prod", place->bucket);
	void *store = s3->open(url, &settings, &err);

	if (!store) {
		fprintf(stderr, "%s: %s\n", url, err.text);
		abort();
	}
	return store;
}

/* Bytes that are no pattern, the same each time. */
static void fill(uint8_t *data, size_t len, uint64_t *state)
{
	for (size_t i = 0; i < len; i++) {
		*state = *state * 6364136223846793005u + 1442695040888963407u;
		data[i] = (uint8_t)(*state >> 56);
	}
}

/* Writes `size` bytes, and the sum of them into *sum (hex) unless NULL.  Ends it when asked to. */
static int put(void *store, const char *name, size_t size, bool ends, char *sum, struct err *err)
{
	void *begun = s3->put_begin(store, name, false, err);
	struct digest *digest = digest_sha256_begin();
	uint8_t hash[SHA256_SIZE], *piece = mem_alloc(PIECE);
	uint64_t state = size;
	int failed = begun ? 0 : -1;

	for (size_t left = size; left && !failed;) {
		size_t n = left < PIECE ? left : PIECE;
		fill(piece, n, &state);
		digest_add(digest, piece, n);
		failed = s3->put_write(begun, piece, n, err);
		left -= n;
	}
	if (!failed && ends)
		failed = s3->put_end(begun, err);
	if (begun)
		s3->put_free(begun);
	digest_end(digest, hash);
	if (sum)
		digest_hex(hash, sizeof(hash), sum);
	free(piece);
	return failed;
}

struct collect {
	struct sink sink;
	struct digest *digest;
	size_t len, fail_at; /* fail_at 0: never */
	bool ended;
};

static int collect_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	struct collect *c = (struct collect *)sink;

	c->len += len;
	digest_add(c->digest, data, len);
	return c->fail_at && c->len >= c->fail_at ? err_set(err, ERR_FILE, "the disk is full") : 0;
}

static int collect_end(struct sink *sink, struct err *err)
{
	(void)err;
	((struct collect *)sink)->ended = true;
	return 0;
}

static int get(void *store, const char *name, struct collect *c, char *sum, struct err *err)
{
	uint8_t hash[SHA256_SIZE];

	c->sink = (struct sink){ collect_write, collect_end };
	c->digest = digest_sha256_begin();
	int failed = s3->get(store, name, &c->sink, err);
	digest_end(c->digest, hash);
	if (sum)
		digest_hex(hash, sizeof(hash), sum);
	return failed;
}

struct names {
	size_t count;
	char first[512];
	uint64_t sizes, at;
};

static int take_name(void *arg, const struct store_object *object, struct err *err)
{
	struct names *names = arg;

	(void)err;
	if (names->count++ == 0)
		snprintf(names->first, sizeof(names->first), "%s", object->name);
	names->sizes += object->size;
	names->at = object->at;
	return 0;
}

/* How many uploads in parts the bucket has that were neither completed nor aborted. */
static int unfinished(const struct place *place)
{
	struct store_settings settings = settings_of(place);
	struct s3_call call = { .method = "GET", .query = "uploads=" };
	struct s3_answer answer = { .sent = 0 };
	struct err err = ERR_INIT;
	struct s3 bucket;
	int count = 0;

	settings.cancel_fd = -1;
	if (s3_open(place->bucket, &settings, &bucket, &err))
		return -1;
	if (s3_do(&bucket, &call, &answer, &err)) {
		fprintf(stderr, "%s\n", err.text);
		count = -1;
	}
	const char *at = count ? "" : buf_str(&answer.http.body);
	while ((at = strstr(at, "<Upload>"))) {
		count++;
		at++;
	}
	s3_answer_release(&answer);
	s3_release(&bucket);
	return count;
}

static void make_bucket(const struct place *place)
{
	struct store_settings settings = settings_of(place);
	struct s3_call call = { .method = "PUT", .body = "" };
	struct s3_answer answer = { .sent = 0 };
	struct err err = ERR_INIT;
	struct s3 bucket;

	if (s3_open(place->bucket, &settings, &bucket, &err) ||
	    s3_do(&bucket, &call, &answer, &err)) {
		fprintf(stderr, "%s\n", err.text);
		abort();
	}
	s3_answer_release(&answer);
	s3_release(&bucket);
}

/* --- what works with any server */

static void round_trip(const struct place *place, const char *name, size_t size)
{
	void *store = open_place(place);
	char sent[SHA256_TEXT] = "", came[SHA256_TEXT] = "";
	struct collect c = { .len = 0 };
	struct store_object object = { .size = 0 };
	struct names names = { .count = 0 };
	struct err err = ERR_INIT;
	bool missing = false;

	CHECK_INT(s3->stat(store, name, &object, &missing, &err), -1);
	CHECK(missing);
	err = ERR_INIT;
	CHECK_INT(put(store, name, size, true, sent, &err), 0);
	CHECK_STR(err.text, "");
	CHECK_INT(s3->stat(store, name, &object, &missing, &err), 0);
	CHECK_STR(err.text, "");
	CHECK_INT(object.size, size);
	CHECK(object.at > 1500000000);
	CHECK_INT(get(store, name, &c, came, &err), 0);
	CHECK_STR(err.text, "");
	CHECK(c.ended);
	CHECK_INT(c.len, size);
	CHECK_STR(came, sent);
	CHECK_INT(s3->list(store, name, take_name, &names, &err), 0);
	CHECK_STR(err.text, "");
	CHECK_INT(names.count, 1);
	CHECK_STR(names.first, name);
	CHECK_INT(names.sizes, size);
	CHECK(names.at > 1500000000);

	/* never overwritten */
	CHECK_INT(put(store, name, 10, true, NULL, &err), -1);
	CHECK_INT(err.code, ERR_STORE);
	CHECK_HAS(err.text, "exists already");
	CHECK_INT(s3->stat(store, name, &object, &missing, &err), 0);
	CHECK_INT(object.size, size);

	CHECK_INT(s3->remove(store, name, &err), 0);
	CHECK_INT(s3->remove(store, name, &err), 0);
	CHECK_INT(s3->stat(store, name, &object, &missing, &err), -1);
	CHECK(missing);
	CHECK_INT(unfinished(place), 0);
	s3->close(store);
}

static void sizes(const struct place *place)
{
	round_trip(place, "empty", 0);
	round_trip(place, "one", 1);
	round_trip(place, "odd +%&=~()'\"<\xc3\xa4>.json", 1000);
	round_trip(place, "just-one-part", 16 * MIB);
	round_trip(place, "one-part-and-a-byte", 16 * MIB + 1);
	round_trip(place, "two-parts", 32 * MIB);
	struct place small = *place;
	small.shares_memory = true;
	round_trip(&small, "small-parts", 17 * MIB);
}

static void listing(const struct place *place)
{
	void *store = open_place(place);
	struct names all = { .count = 0 }, some = { .count = 0 };
	struct err err = ERR_INIT;

	for (int i = 0; i < 7; i++) {
		scoped(mem) char *name = mem_printf("%s-%d", i < 3 ? "x" : "y +", i);
		CHECK_INT(put(store, name, 5, true, NULL, &err), 0);
	}
	CHECK_INT(s3->list(store, "", take_name, &all, &err), 0);
	CHECK_INT(s3->list(store, "y +", take_name, &some, &err), 0);
	CHECK_STR(err.text, "");
	CHECK_INT(all.count, 7);
	CHECK_INT(some.count, 4);
	CHECK_INT(some.sizes, 20);
	for (int i = 0; i < 7; i++) {
		scoped(mem) char *name = mem_printf("%s-%d", i < 3 ? "x" : "y +", i);
		CHECK_INT(s3->remove(store, name, &err), 0);
	}
	s3->close(store);
}

/* Two puts of one name at a time: the one that ends first has it. */
static void race(const struct place *place, size_t size)
{
	void *store = open_place(place);
	struct err err = ERR_INIT;
	void *one = s3->put_begin(store, "race", false, &err);
	char *data = mem_zalloc(size);

	CHECK(one != NULL);
	CHECK_INT(s3->put_write(one, data, size, &err), 0);
	CHECK_INT(put(store, "race", 3, true, NULL, &err), 0);
	CHECK_INT(s3->put_end(one, &err), -1);
	CHECK_HAS(err.text, "exists already");
	s3->put_free(one);
	struct store_object object;
	bool missing;
	CHECK_INT(s3->stat(store, "race", &object, &missing, &err), 0);
	CHECK_INT(object.size, 3);
	CHECK_INT(s3->remove(store, "race", &err), 0);
	CHECK_INT(unfinished(place), 0);
	free(data);
	s3->close(store);
}

/* Without an end nothing is there: not the object, not the parts. */
static void left_alone(const struct place *place)
{
	void *store = open_place(place);
	struct err err = ERR_INIT;
	struct store_object object;
	bool missing;

	CHECK_INT(put(store, "left", 40 * MIB, false, NULL, &err), 0);
	CHECK_INT(put(store, "left", 100, false, NULL, &err), 0);
	CHECK_INT(s3->stat(store, "left", &object, &missing, &err), -1);
	CHECK(missing);
	CHECK_INT(unfinished(place), 0);
	s3->close(store);
}

static void *press(void *arg)
{
	usleep(300 * 1000);
	return write(*(int *)arg, "x", 1) == 1 ? NULL : arg;
}

static void cancelled(struct place place, size_t size)
{
	int fds[2];
	pthread_t thread;
	struct err err = ERR_INIT;

	if (pipe(fds))
		abort();
	place.cancel_fd = fds[0];
	void *store = open_place(&place);
	uint64_t before = now_ms();
	pthread_create(&thread, NULL, press, &fds[1]);
	CHECK_INT(put(store, "cancelled", size, true, NULL, &err), -1);
	pthread_join(thread, NULL);
	CHECK_INT(err.code, ERR_CANCELLED);
	CHECK(now_ms() - before < 10000);
	CHECK_INT(unfinished(&place), 0);
	s3->close(store);
	close(fds[0]);
	close(fds[1]);
}

#endif
