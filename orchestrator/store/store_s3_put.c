/*
 * store_s3_put: writing an object (store.h).  Up to one part it is kept and sent by one PUT at the end; a longer one
 * goes up in parts, two in flight in threads of their own while the third begins to fill.  The threads share only
 * the store's settings, which nobody changes; a part belongs to its thread until it is joined.
 */
#include "store/store_s3.h"

#include "base/digest.h"
#include "base/log.h"
#include "store/s3_xml_write.h"
#include "store/sigv4.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { SLOTS = S3_PARTS_AT_ONCE + 1, PARTS_MAX = 10000 };
enum { QUIET_MS = 10 * 1000, QUIET_ATTEMPTS = 3, HEADERS_ROOM = 8 };
enum { BODY_MAX = PARTS_MAX * (6 * S3_ETAG_SIZE + 100) };

struct s3_put;

struct part {
	struct s3_put *put;
	pthread_t thread;
	bool running;
	unsigned number; /* from 1 */
	char *data;      /* part_size, mapped: it takes memory as it is filled; NULL: not in use */
	size_t len;
	char etag[S3_ETAG_SIZE];
	int failed;
	struct err err;
};

struct s3_put {
	const struct store_s3 *store;
	struct s3 s3; /* the store's, but cancelled by wake_fd */
	struct arena *arena;
	char *key;
	char id[33];           /* kept with the object: tells ours from another's */
	const char *upload_id; /* NULL: no upload in parts was begun */
	struct part slots[SLOTS];
	size_t filling, in_flight;
	unsigned parts;              /* begun */
	char (*etags)[S3_ETAG_SIZE]; /* of those joined */
	uint64_t total;
	int stop_fd; /* an eventfd: ends what is in flight */
	int wake_fd; /* an epoll of stop_fd and the caller's cancel_fd */
	bool replaces, done;
	bool uncertain; /* the object may be there though we were not told so */
};

/* --- one request after another */

static int watch(int epoll, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	return fd < 0 ? 0 : epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static int set_wake(struct s3_put *put, struct err *err)
{
	put->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	put->wake_fd = epoll_create1(EPOLL_CLOEXEC);
	if (put->stop_fd < 0 || put->wake_fd < 0 || watch(put->wake_fd, put->stop_fd) ||
	    watch(put->wake_fd, put->store->s3.cancel_fd))
		return err_errno(err, ERR_STORE, "cannot watch for an interruption");
	put->s3.cancel_fd = put->wake_fd;
	return 0;
}

/* What creates the object says how it is kept and, where asked, that it must be new. */
static void creating_headers(const struct s3_put *put, bool is_new,
			     const char *headers[HEADERS_ROOM])
{
	size_t n = 0;

	headers[n++] = arena_printf(put->arena, S3_PUT_ID_HEADER ": %s", put->id);
	if (is_new)
		headers[n++] = "If-None-Match: *";
	if (put->store->sse)
		headers[n++] = arena_printf(put->arena, "x-amz-server-side-encryption: %s",
					    put->store->sse);
	if (put->store->kms_key_id)
		headers[n++] =
			arena_printf(put->arena, "x-amz-server-side-encryption-aws-kms-key-id: %s",
				     put->store->kms_key_id);
	headers[n] = NULL;
}

/* 0: there is no such object.  *ours and *size are of one that is there. */
static int look(const struct s3_put *put, const struct s3 *s3, bool *there, bool *ours,
		uint64_t *size, struct err *err)
{
	scoped(s3_answer) struct s3_answer answer = { .sent = 0 };
	bool missing;

	*there = *ours = false;
	if (store_s3_head(s3, put->key, &answer, &missing, err)) {
		if (missing)
			*err = ERR_INIT;
		return missing ? 0 : -1;
	}
	*there = true;
	*ours = strcmp(s3_header(&answer, S3_PUT_ID), put->id) == 0;
	if (parse_uint(s3_header(&answer, S3_LENGTH), UINT64_MAX / 2, size))
		return err_set(err, ERR_STORE, "s3://%s/%s: the server does not say how long it is",
			       s3->bucket, put->key);
	return 0;
}

static int exists(const struct s3_put *put, struct err *err)
{
	err_set(err, ERR_STORE, "s3://%s/%s exists already", put->s3.bucket, put->key);
	return err_hint(err, "names are never overwritten");
}

static int must_be_new(const struct s3_put *put, struct err *err)
{
	bool there, ours;
	uint64_t size;

	if (look(put, &put->s3, &there, &ours, &size, err))
		return -1;
	return there ? exists(put, err) : 0;
}

/* After a success, and after a failure that may have been one: 0 when our object is there as a whole. */
static int must_be_ours(struct s3_put *put, struct err *err)
{
	bool there, ours;
	uint64_t size;

	if (look(put, &put->s3, &there, &ours, &size, err))
		return -1;
	if (there && !ours)
		return exists(put, err);
	if (!there || size != put->total)
		return err_set(err, ERR_STORE,
			       "s3://%s/%s: the server took it, but then has %s of it",
			       put->s3.bucket, put->key, there ? "another size" : "nothing");
	put->uncertain = false;
	return 0;
}

void *store_s3_put_begin(void *impl, const char *name, bool replaces, struct err *err)
{
	struct store_s3 *store = impl;
	char *key = store_s3_key(store, name, err);
	uint8_t id[16];

	if (!key)
		return NULL;
	struct s3_put *put = mem_zalloc(sizeof(*put));
	put->store = store;
	put->s3 = store->s3;
	put->arena = arena_new();
	put->key = key;
	random_bytes(id, sizeof(id));
	digest_hex(id, sizeof(id), put->id);
	put->replaces = replaces;
	if (set_wake(put, err) || (!replaces && must_be_new(put, err))) {
		store_s3_put_free(put);
		return NULL;
	}
	return put;
}

/* --- an object of one part */

static int put_whole(struct s3_put *put, bool is_new, struct err *err)
{
	const struct part *part = &put->slots[put->filling];
	const char *headers[HEADERS_ROOM];
	struct s3_call call = { .method = "PUT",
				.key = put->key,
				.headers = headers,
				.body = part->data ? part->data : "",
				.body_len = part->len };
	scoped(s3_answer) struct s3_answer answer;

	creating_headers(put, is_new, headers);
	put->uncertain = true;
	if (!s3_do(&put->s3, &call, &answer, err))
		return put->replaces ? 0 : must_be_ours(put, err);
	long status = answer.http.status;
	if (status == 412 && answer.sent > 1) /* by the attempt that broke, perhaps */
		return must_be_ours(put, err);
	put->uncertain = status == 0 || status >= 500 || answer.broken;
	if (status == 501 && is_new) /* a server without If-None-Match: HEAD has to do */
		return put_whole(put, false, err);
	return status == 412 ? exists(put, err) : -1;
}

/* --- an object in parts */

static int begin_upload(struct s3_put *put, struct err *err)
{
	const char *headers[HEADERS_ROOM];
	struct s3_call call = { .method = "POST",
				.key = put->key,
				.query = "uploads=",
				.headers = headers,
				.body = "",
				.cancel_ms = QUIET_MS }; /* without its id it would stay there */
	scoped(s3_answer) struct s3_answer answer;

	creating_headers(put, false, headers);
	if (s3_do(&put->s3, &call, &answer, err))
		return -1;
	if (s3_xml_upload_id(put->arena, answer.http.body.data, answer.http.body.len,
			     &put->upload_id, err)) {
		store_s3_unread(err);
		return err_in(err, "s3://%s/%s: POST", put->s3.bucket, put->key);
	}
	return 0;
}

static int upload_query(const struct s3_put *put, unsigned number, struct buf *out, struct err *err)
{
	if ((number && buf_addf(out, "partNumber=%u&", number)) || buf_adds(out, "uploadId=") ||
	    sigv4_encode(out, put->upload_id, false))
		return err_set(err, ERR_STORE, "an upload with an id that is too long");
	return 0;
}

/* In the part's own thread. */
static int send_part(struct part *part)
{
	const struct s3_put *put = part->put;
	scoped(buf) struct buf query = BUF_INIT(8192);
	scoped(s3_answer) struct s3_answer answer = { .sent = 0 };
	struct s3_call call = {
		.method = "PUT", .key = put->key, .body = part->data, .body_len = part->len
	};

	if (upload_query(put, part->number, &query, &part->err))
		return -1;
	call.query = buf_str(&query);
	if (s3_do(&put->s3, &call, &answer, &part->err))
		return err_in(&part->err, "part %u", part->number);
	const char *etag = s3_header(&answer, S3_ETAG);
	if (!*etag || strlen(etag) >= S3_ETAG_SIZE)
		return err_set(&part->err, ERR_STORE, "s3://%s/%s: part %u: no ETag came",
			       put->s3.bucket, put->key, part->number);
	memcpy(part->etag, etag, strlen(etag) + 1);
	return 0;
}

static void *part_thread(void *arg)
{
	struct part *part = arg;

	part->failed = send_part(part);
	return NULL;
}

static int join_part(struct s3_put *put, struct part *part, struct err *err)
{
	if (!part->running)
		return 0;
	pthread_join(part->thread, NULL);
	part->running = false;
	mem_unmap(part->data, part->put->store->part_size);
	part->data = NULL;
	part->len = 0;
	put->in_flight--;
	if (part->failed) {
		*err = part->err;
		return -1;
	}
	memcpy(put->etags[part->number - 1], part->etag, S3_ETAG_SIZE);
	return 0;
}

/* Waits for the oldest, when no more may be in flight. */
static int make_way(struct s3_put *put, struct err *err)
{
	const size_t most = put->store->in_flight;

	return put->in_flight == most
		       ? join_part(put, &put->slots[(put->filling + SLOTS - most) % SLOTS], err)
		       : 0;
}

/* Starts the part that was filled; the next slot is free after it. */
static int start_part(struct s3_put *put, struct err *err)
{
	struct part *part = &put->slots[put->filling];
	size_t next = (put->filling + 1) % SLOTS;

	if (!put->upload_id && begin_upload(put, err))
		return -1;
	if (put->parts == PARTS_MAX)
		return err_set(err, ERR_STORE, "s3://%s/%s: more than %d parts", put->s3.bucket,
			       put->key, PARTS_MAX);
	if (make_way(put, err))
		return -1;
	if (put->parts % 64 == 0)
		put->etags = mem_grow(put->etags, (put->parts + 64) * sizeof(*put->etags));
	part->number = ++put->parts;
	part->put = put;
	part->err = ERR_INIT;
	part->failed = 0;
	if (pthread_create(&part->thread, NULL, part_thread, part))
		return err_set(err, ERR_STORE, "cannot start a thread for a part");
	part->running = true;
	put->in_flight++;
	put->filling = next;
	return 0;
}

int store_s3_put_write(void *impl, const void *data, size_t len, struct err *err)
{
	struct s3_put *put = impl;
	const char *from = data;
	const size_t size = put->store->part_size;
	/* so much of a part is filled while as many as may be are in flight: with it, what is held is 36 MiB at most, and 6 of the small ones */
	const size_t begun = size / 4;

	while (len) {
		struct part *part = &put->slots[put->filling];
		if (part->len == size) { /* more comes, so it is not the last one */
			if (start_part(put, err))
				return -1;
			continue;
		}
		if (part->len == begun && make_way(put, err))
			return -1;
		if (!part->data)
			part->data = mem_map(size);
		size_t room = (part->len < begun ? begun : size) - part->len;
		size_t n = len < room ? len : room;
		memcpy(part->data + part->len, from, n);
		part->len += n;
		put->total += n;
		from += n;
		len -= n;
	}
	return 0;
}

enum outcome { FAILED = -1, DONE, AGAIN, UNCONDITIONAL };

/* S3 may say 200 at once and, much later in the body, that it failed. */
static enum outcome complete_once(struct s3_put *put, const struct s3_call *call, struct err *err)
{
	scoped(s3_answer) struct s3_answer answer;
	struct s3_refusal refusal;

	put->uncertain = true;
	int failed = s3_do(&put->s3, call, &answer, err);
	long status = answer.http.status;
	if (failed && answer.sent > 1 && (status == 404 || status == 412))
		return must_be_ours(put, err) ? FAILED : DONE;
	if (failed) {
		put->uncertain = status == 0 || status >= 500 || answer.broken;
		if (status == 501)
			return UNCONDITIONAL;
		return status == 412 ? exists(put, err) : FAILED;
	}
	int refused = s3_xml_complete(answer.http.body.data, answer.http.body.len, &refusal, err);
	if (refused == 0)
		return must_be_ours(put, err) ? FAILED : DONE;
	if (refused < 0) {
		store_s3_unread(err);
		return err_in(err, "s3://%s/%s: POST", put->s3.bucket, put->key);
	}
	answer.refusal = refusal;
	s3_refused(&put->s3, call, &answer, err);
	return strcmp(refusal.code, "InternalError") == 0 || strcmp(refusal.code, "SlowDown") == 0
		       ? AGAIN
		       : FAILED;
}

static int complete(struct s3_put *put, struct err *err)
{
	static const char *const is_new[] = { "If-None-Match: *", NULL };
	scoped(buf) struct buf query = BUF_INIT(8192);
	scoped(buf) struct buf body = BUF_INIT(BODY_MAX);

	if (upload_query(put, 0, &query, err))
		return -1;
	if (s3_xml_write_complete(put->etags, put->parts, &body))
		return err_set(err, ERR_STORE, "s3://%s/%s: ETags that are too long",
			       put->s3.bucket, put->key);
	struct s3_call call = { .method = "POST",
				.key = put->key,
				.query = buf_str(&query),
				.headers = is_new,
				.body = body.data,
				.body_len = body.len };
	for (unsigned attempt = 1;; attempt++) {
		enum outcome outcome = complete_once(put, &call, err);
		if (outcome == DONE)
			return 0;
		if (outcome == UNCONDITIONAL && call.headers)
			call.headers = NULL;
		else if (outcome != AGAIN || attempt >= put->s3.attempts ||
			 s3_back_off(&put->s3, attempt, err))
			return -1;
	}
}

int store_s3_put_end(void *impl, struct err *err)
{
	struct s3_put *put = impl;

	if (put->upload_id && start_part(put, err))
		return -1;
	for (size_t i = 0; i < SLOTS; i++) { /* the oldest first: its error is the first one */
		if (join_part(put, &put->slots[(put->filling + i) % SLOTS], err))
			return -1;
	}
	if ((!put->replaces && must_be_new(put, err)) ||
	    (put->upload_id ? complete(put, err) : put_whole(put, !put->replaces, err)))
		return -1;
	*err = ERR_INIT;
	put->done = true;
	return 0;
}

/* --- leaving no trace */

static void remove_upload(const struct s3_put *put, const struct s3 *quiet)
{
	scoped(buf) struct buf query = BUF_INIT(8192);
	scoped(s3_answer) struct s3_answer answer = { .sent = 0 };
	struct s3_call call = { .method = "DELETE", .key = put->key };
	struct err err = ERR_INIT;

	if (upload_query(put, 0, &query, &err))
		return;
	call.query = buf_str(&query);
	if (s3_do(quiet, &call, &answer, &err) && answer.http.status != 404)
		log_at(0, "an unfinished upload is left at the server: %s", err.text);
}

static void remove_ours(const struct s3_put *put, const struct s3 *quiet)
{
	scoped(s3_answer) struct s3_answer answer = { .sent = 0 };
	struct s3_call call = { .method = "DELETE", .key = put->key };
	struct err err = ERR_INIT;
	bool there, ours;
	uint64_t size;

	if (!look(put, quiet, &there, &ours, &size, &err) && !(there && ours))
		return;
	if (err.code || s3_do(quiet, &call, &answer, &err))
		log_at(0, "an object may be left at the server: %s", err.text);
}

/* Without an `end` that was a success: nothing stays, also when the caller was interrupted. */
static void undo(struct s3_put *put)
{
	struct s3 quiet = put->store->s3;

	quiet.cancel_fd = -1;
	quiet.attempts = QUIET_ATTEMPTS;
	if (quiet.stall_ms > QUIET_MS)
		quiet.stall_ms = QUIET_MS;
	if (put->upload_id)
		remove_upload(put, &quiet);
	if (put->uncertain && !put->replaces) /* else ours is all there is */
		remove_ours(put, &quiet);
}

void store_s3_put_stop(void *impl)
{
	const struct s3_put *put = impl;
	uint64_t one = 1;

	if (write(put->stop_fd, &one, sizeof(one)) < 0)
		log_at(4, "s3: cannot stop the parts in flight; waiting for them");
}

void store_s3_put_free(void *impl)
{
	struct s3_put *put = impl;
	struct err ignored = ERR_INIT;

	if (put->in_flight)
		store_s3_put_stop(put);
	for (size_t i = 0; i < SLOTS; i++)
		join_part(put, &put->slots[i], &ignored);
	if (!put->done)
		undo(put);
	for (size_t i = 0; i < SLOTS; i++)
		mem_unmap(put->slots[i].data, put->store->part_size);
	free(put->etags);
	free(put->key);
	fd_scoped(&put->stop_fd);
	fd_scoped(&put->wake_fd);
	arena_free(put->arena);
	free(put);
}
