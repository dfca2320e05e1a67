/*
 * s3_request: see s3_request.h.
 */
#include "store/s3_request.h"

#include "base/digest.h"
#include "base/log.h"
#include "store/sigv4.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { ATTEMPTS = 5, BACK_OFF_MS = 200, STALL_MS = 60 * 1000, URL_MAX = 16 * 1024 };
enum { SKEW_SECONDS = 300, LONGEST_MS = 24 * 3600 * 1000, HEADERS_ROOM = SIGV4_PARTS_MAX + 6 };

static const char *const header_names[S3_HEADERS] = {
	[S3_ETAG] = "etag",
	[S3_DATE] = "date",
	[S3_REQUEST_ID] = "x-amz-request-id",
	[S3_REGION] = "x-amz-bucket-region",
	[S3_LENGTH] = "content-length",
	[S3_RANGE] = "content-range",
	[S3_MODIFIED] = "last-modified",
	[S3_PUT_ID] = S3_PUT_ID_HEADER,
	[S3_SSE] = "x-amz-server-side-encryption",
	[S3_KMS_KEY_ID] = "x-amz-server-side-encryption-aws-kms-key-id",
};

static bool is_loopback(const char *host)
{
	return strncmp(host, "127.", 4) == 0 || strncmp(host, "[::1]", 5) == 0 ||
	       (strncasecmp(host, "localhost", 9) == 0 && (!host[9] || host[9] == ':'));
}

static int check_bucket(const char *bucket, struct err *err)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789.-_";
	size_t len = strlen(bucket);

	if (len < 3 || len > 63 || strspn(bucket, allowed) != len || strstr(bucket, "..") ||
	    bucket[0] == '.' || bucket[0] == '-')
		return err_set(err, ERR_USAGE, "\"%.80s\" is no name of a bucket", bucket);
	return 0;
}

/* A bucket with a dot is under no certificate of AWS, and one with other than small letters is no host name. */
static bool is_host_name(const char *bucket)
{
	return strspn(bucket, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(bucket);
}

static void set_place(struct s3 *s3, int path_style)
{
	struct arena *arena = s3->env.arena;
	const char *endpoint = s3->env.endpoint;
	bool china = strncmp(s3->env.region, "cn-", 3) == 0;
	bool by_path = path_style < 0 ? endpoint != NULL : path_style > 0;

	if (!endpoint)
		endpoint = arena_printf(arena, "https://s3.%s.amazonaws.com%s", s3->env.region,
					china ? ".cn" : "");
	const char *host = strstr(endpoint, "://") + 3;
	int scheme = (int)(host - endpoint);
	if (by_path || !is_host_name(s3->bucket)) {
		s3->path = arena_printf(arena, "/%s", s3->bucket);
		s3->host = arena_strdup(arena, host);
	} else {
		s3->path = "";
		s3->host = arena_printf(arena, "%s.%s", s3->bucket, host);
	}
	s3->base = arena_printf(arena, "%.*s%s", scheme, endpoint, s3->host);
	if (strncmp(s3->base, "http://", 7) == 0 && !is_loopback(host))
		log_at(0, "%s is not encrypted: snapshots hold every Secret", endpoint);
}

int s3_open(const char *bucket, const struct store_settings *settings, struct s3 *out,
	    struct err *err)
{
	struct s3 s3 = { .stall_ms = settings->stall_ms ? settings->stall_ms : STALL_MS,
			 .cancel_fd = settings->cancel_fd,
			 .attempts = ATTEMPTS };

	if (check_bucket(bucket, err) ||
	    aws_env_read(&settings->s3, settings->cancel_fd, &s3.env, err))
		return -1;
	s3.bucket = arena_strdup(s3.env.arena, bucket);
	set_place(&s3, settings->s3.path_style);
	*out = s3;
	return 0;
}

void s3_release(struct s3 *s3)
{
	aws_env_release(&s3->env);
}

void s3_answer_release(struct s3_answer *answer)
{
	http_answer_release(&answer->http);
}

void s3_answer_scoped(struct s3_answer *answer)
{
	s3_answer_release(answer);
}

const char *s3_header(const struct s3_answer *answer, enum s3_header header)
{
	return answer->headers[header].value;
}

/* --- one attempt */

struct attempt {
	const struct s3 *s3;
	const struct s3_call *call;
	struct s3_answer *answer;
	const char *sha256;  /* of the body */
	struct arena *arena; /* wiped: keys and tokens in headers */
	const char *headers[HEADERS_ROOM];
	struct buf path, url;
	bool begun; /* on_body has had bytes */
};

static int pass_body(void *arg, const void *data, size_t len, struct err *err)
{
	struct attempt *a = arg;

	a->begun = true;
	return a->call->on_body(a->call->arg, a->answer->headers, data, len, err);
}

static int set_url(struct attempt *a, struct err *err)
{
	const struct s3_call *call = a->call;

	if (buf_adds(&a->path, a->s3->path) || buf_adds(&a->path, "/") ||
	    (call->key && sigv4_encode(&a->path, call->key, true)) ||
	    buf_addf(&a->url, "%s%s%s%s", a->s3->base, buf_str(&a->path), call->query ? "?" : "",
		     call->query ? call->query : ""))
		return err_set(err, ERR_USAGE, "a name that is too long");
	return 0;
}

static int sign(struct attempt *a, struct err *err)
{
	const struct s3 *s3 = a->s3;
	struct sigv4_key key = { s3->env.key_id, s3->env.secret };
	scoped(buf) struct buf line = BUF_SECRET(SIGV4_TEXT_MAX);
	char time[17];
	size_t n = 0;

	struct sigv4_request request = { .method = a->call->method,
					 .path = buf_str(&a->path),
					 .query = a->call->query,
					 .headers = a->headers,
					 .payload_sha256 = a->sha256,
					 .region = s3->env.region,
					 .service = "s3",
					 .at = now_unix() };
	sigv4_time(request.at, time);
	a->headers[n++] = arena_printf(a->arena, "Host: %s", s3->host);
	a->headers[n++] = arena_printf(a->arena, "x-amz-date: %s", time);
	a->headers[n++] = arena_printf(a->arena, "x-amz-content-sha256: %s", a->sha256);
	if (s3->env.token)
		a->headers[n++] = arena_printf(a->arena, "x-amz-security-token: %s", s3->env.token);
	for (size_t i = 0; a->call->headers && a->call->headers[i] && n < SIGV4_PARTS_MAX; i++)
		a->headers[n++] = a->call->headers[i];
	a->headers[n] = NULL;
	if (buf_adds(&line, "Authorization: ") || sigv4_authorization(&key, &request, &line))
		return err_set(err, ERR_BUG, "a request to S3 that cannot be signed");
	a->headers[n++] = arena_strdup(a->arena, buf_str(&line));
	a->headers[n++] = "Expect:";       /* no waiting for "100 Continue" */
	a->headers[n++] = "Content-Type:"; /* not a form */
	a->headers[n] = NULL;
	return 0;
}

static int send_once(struct attempt *a, struct err *err)
{
	const struct s3_call *call = a->call;
	struct s3_answer *answer = a->answer;

	if (set_url(a, err) || sign(a, err))
		return -1;
	struct http_request request = { .method = call->method,
					.url = buf_str(&a->url),
					.headers = a->headers,
					.body = call->body,
					.body_len = call->body_len,
					.tls.ca = a->s3->env.ca,
					.deadline = deadline_in(LONGEST_MS),
					.stall_ms = a->s3->stall_ms,
					.cancel_fd = a->s3->cancel_fd,
					.cancel_ms = call->cancel_ms,
					.body_max = S3_XML_MAX,
					.on_body = call->on_body ? pass_body : NULL,
					.arg = a,
					.keep_refusals = true,
					.wanted = answer->headers };
	int failed = http_do(&request, &answer->http, err);
	if (failed && err->code == ERR_KUBE)
		err->code = ERR_STORE;
	return failed;
}

/* 0, with a status to look at, or -1. */
static int try_once(const struct s3 *s3, const struct s3_call *call, const char *sha256,
		    struct s3_answer *answer, bool *begun, struct err *err)
{
	struct attempt a = { .s3 = s3,
			     .call = call,
			     .answer = answer,
			     .sha256 = sha256,
			     .arena = arena_new(),
			     .path = BUF_INIT(URL_MAX),
			     .url = BUF_INIT(URL_MAX) };

	http_answer_release(&answer->http);
	answer->http = (struct http_answer){ .status = 0 };
	answer->refusal = (struct s3_refusal){ .code = "" };
	int failed = send_once(&a, err);
	if (!failed && answer->http.status >= 300)
		s3_xml_error(answer->http.body.data, answer->http.body.len, &answer->refusal);
	log_at(6, "s3: %s %s: %ld %s", call->method, buf_str(&a.url),
	       failed ? 0 : answer->http.status, failed ? err->text : answer->refusal.code);
	*begun = a.begun;
	buf_release(&a.path);
	buf_release(&a.url);
	arena_wipe(a.arena);
	if (failed)
		answer->http.status = 0;
	return failed;
}

/* --- again? */

static bool is_passing(const struct s3_answer *answer)
{
	const char *code = answer->refusal.code;
	long status = answer->http.status;

	return (status >= 500 && status != 501) || status == 429 ||
	       strcmp(code, "RequestTimeout") == 0 || strcmp(code, "OperationAborted") == 0 ||
	       strcmp(code, "ConditionalRequestConflict") == 0;
}

int s3_back_off(const struct s3 *s3, unsigned attempt, struct err *err)
{
	struct pollfd fd = { .fd = s3->cancel_fd, .events = POLLIN };
	uint16_t random;

	random_bytes(&random, sizeof(random));
	uint64_t ms = (uint64_t)BACK_OFF_MS << (attempt < 6 ? attempt - 1 : 5);
	uint64_t deadline = deadline_in(ms / 2 + random % ms);
	do {
		if (poll(&fd, 1, ms_until(deadline)) > 0)
			return err_set(err, ERR_CANCELLED, "interrupted");
	} while (ms_until(deadline) > 0);
	return 0;
}

int s3_do(const struct s3 *s3, const struct s3_call *call, struct s3_answer *answer,
	  struct err *err)
{
	uint8_t hash[SHA256_SIZE];
	char sha256[SHA256_TEXT];
	bool begun = false;

	*answer = (struct s3_answer){ .sent = 0 };
	for (size_t i = 0; i < S3_HEADERS; i++)
		answer->headers[i].name = header_names[i];
	digest_sha256(call->body ? call->body : "", call->body_len, hash);
	digest_hex(hash, sizeof(hash), sha256);
	for (;;) {
		answer->sent++;
		int failed = try_once(s3, call, sha256, answer, &begun, err);
		bool again = failed ? answer->http.broken && !begun : is_passing(answer);
		answer->broken |= failed && answer->http.broken;
		if (!failed && answer->http.status >= 200 && answer->http.status < 300) {
			if (answer->sent > 1)
				*err = ERR_INIT; /* of the attempts before */
			return 0;
		}
		if (again && answer->sent < s3->attempts) {
			if (s3_back_off(s3, answer->sent, err))
				return -1;
			continue;
		}
		if (!failed)
			return s3_refused(s3, call, answer, err);
		if (begun && !answer->http.broken && err->code != ERR_TIMEOUT &&
		    err->code != ERR_CANCELLED)
			return -1; /* what on_body said */
		return err_in(err, "s3://%s/%.300s: %s", s3->bucket, call->key ? call->key : "",
			      call->method);
	}
}

/* --- words */

/* The server's clock against ours; 0 when it did not say. */
static long long skew(const struct s3_answer *answer)
{
	uint64_t at;

	return s3_time_http(s3_header(answer, S3_DATE), &at)
		       ? 0
		       : (long long)now_unix() - (long long)at;
}

static int forbidden(const struct s3 *s3, const char *where, const char *said, const char *id,
		     const struct s3_answer *answer, struct err *err)
{
	long long ahead = skew(answer);
	bool skewed = ahead > SKEW_SECONDS || ahead < -SKEW_SECONDS ||
		      strcmp(answer->refusal.code, "RequestTimeTooSkewed") == 0;

	err_set(err, ERR_STORE, "%s: 403 %s (request id %s, region %s, endpoint %s, key id %.128s)",
		where, said, id, s3->env.region, s3->base, s3->env.key_id);
	if (skewed)
		return err_hint(err,
				"this machine's clock is %lld s %s the server's: set it and try "
				"again",
				ahead < 0 ? -ahead : ahead, ahead < 0 ? "behind" : "ahead of");
	return err_hint(
		err,
		"the keys came from %.100s: check that the secret belongs to the key id and "
		"that it may use the bucket",
		s3->env.keys_from);
}

static int elsewhere(const struct s3 *s3, const char *where, const char *said, const char *region,
		     struct err *err)
{
	err_set(err, ERR_STORE, "%s: %s: the bucket is in region %.63s, not in %s", where, said,
		region, s3->env.region);
	return err_hint(err, "set AWS_REGION=%.63s, or --s3-region", region);
}

static int refused_status(const struct s3 *s3, long status, const char *where, const char *said,
			  const struct s3_refusal *refusal, struct err *err)
{
	if (status == 412) {
		err_set(err, ERR_STORE, "%s: exists already", where);
		return err_hint(err, "names are never overwritten");
	}
	err_set(err, ERR_STORE, "%s: %ld %s", where, status, said);
	if (strcmp(refusal->code, "NoSuchBucket") == 0)
		return err_hint(err,
				"there is no bucket \"%s\" at %s; none is made by this program",
				s3->bucket, s3->base);
	if (status >= 300 && status < 400)
		return err_hint(err,
				"%s sends elsewhere, which is not followed: check endpoint, "
				"region and path style",
				s3->base);
	if (status == 404)
		return err_hint(err, "no such object in the bucket \"%s\" at %s", s3->bucket,
				s3->base);
	if (status >= 500 || status == 429)
		return err_hint(err,
				"the server had no better answer for several tries; try later");
	return -1;
}

int s3_refused(const struct s3 *s3, const struct s3_call *call, const struct s3_answer *answer,
	       struct err *err)
{
	const struct s3_refusal *refusal = &answer->refusal;
	const char *id = s3_header(answer, S3_REQUEST_ID);
	const char *region = *refusal->region ? refusal->region : s3_header(answer, S3_REGION);
	long status = answer->http.status;
	scoped(mem) char *where = mem_printf("s3://%s/%.200s: %s", s3->bucket,
					     call->key ? call->key : "", call->method);
	scoped(mem) char *said =
		mem_printf("%s%s%.160s", *refusal->code ? refusal->code : "refused",
			   *refusal->message ? ": " : "", refusal->message);

	id = *id ? id : *refusal->request_id ? refusal->request_id : "none";
	if (*region && strcmp(region, s3->env.region) != 0 &&
	    ((status >= 300 && status < 400) || status == 400 || status == 403))
		return elsewhere(s3, where, said, region, err);
	if (status == 403)
		return forbidden(s3, where, said, id, answer, err);
	return refused_status(s3, status, where, said, refusal, err);
}
