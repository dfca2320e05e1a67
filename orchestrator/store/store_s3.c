/*
 * store_s3: the driver of s3://bucket/prefix (store.h): reading, listing, removing.  Writing is in store_s3_put.c.
 */
#include "store/store_s3.h"

#include "base/log.h"
#include "store/sigv4.h"

#include <stdlib.h>
#include <string.h>

enum { PREFIX_MAX = 512, QUERY_MAX = 32 * 1024, PAGES_MAX = 4096, RESUMES_MAX = 3 };

/* --- names */

static bool is_plain(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == 127)
			return false;
	}
	return true;
}

/* Dots and empty parts would be taken away by whoever handles the URL. */
static bool is_path(const char *path)
{
	while (*path) {
		size_t len = strcspn(path, "/");
		if (len == 0 || (len == 1 && path[0] == '.') ||
		    (len == 2 && path[0] == '.' && path[1] == '.'))
			return false;
		path += len;
		path += *path == '/';
	}
	return true;
}

char *store_s3_key(const struct store_s3 *store, const char *name, struct err *err)
{
	size_t len = strlen(name);

	if (len == 0 || len > STORE_NAME_MAX || strchr(name, '/') || !is_path(name) ||
	    !is_plain(name)) {
		err_set(err, ERR_USAGE, "\"%.100s\" is no name of an object", name);
		return NULL;
	}
	return mem_printf("%s%s", store->prefix, name);
}

static int check_settings(const struct store_s3_settings *s3, struct err *err)
{
	if (s3->sse && strcmp(s3->sse, "AES256") != 0 && strcmp(s3->sse, "aws:kms") != 0)
		return err_set(err, ERR_USAGE,
			       "server side encryption \"%.40s\": not AES256 or aws:kms", s3->sse);
	if (s3->kms_key_id && (!s3->sse || strcmp(s3->sse, "aws:kms") != 0))
		return err_set(err, ERR_USAGE, "a KMS key id goes with aws:kms only");
	if (s3->kms_key_id && (!is_plain(s3->kms_key_id) || strlen(s3->kms_key_id) > 2048))
		return err_set(err, ERR_USAGE, "that is no KMS key id");
	return 0;
}

static void *open_s3(const char *url, const struct store_settings *settings, struct err *err)
{
	struct store_s3 store = { .prefix = "" };

	if (strncmp(url, "s3://", 5) != 0) {
		err_set(err, ERR_USAGE, "\"%.200s\" is no s3://bucket/prefix", url);
		return NULL;
	}
	const char *bucket = url + 5, *slash = strchr(bucket, '/');
	scoped(mem) char *name =
		slash ? mem_printf("%.*s", (int)(slash - bucket), bucket) : mem_strdup(bucket);
	scoped(mem) char *prefix = mem_strdup(slash ? slash + 1 : "");
	size_t len = strlen(prefix);
	while (len && prefix[len - 1] == '/')
		prefix[--len] = '\0';
	if (len > PREFIX_MAX || !is_path(prefix) || !is_plain(prefix)) {
		err_set(err, ERR_USAGE, "\"%.200s\" has no good prefix", url);
		return NULL;
	}
	if (check_settings(&settings->s3, err) || s3_open(name, settings, &store.s3, err))
		return NULL;
	struct arena *arena = store.s3.env.arena;
	if (len)
		store.prefix = arena_printf(arena, "%s/", prefix);
	store.sse = arena_strdup(arena, settings->s3.sse);
	store.kms_key_id = arena_strdup(arena, settings->s3.kms_key_id);
	store.part_size = settings->shares_memory ? S3_PART_LEAST : S3_PART_SIZE;
	store.in_flight = settings->shares_memory ? 1 : S3_PARTS_AT_ONCE;
	struct store_s3 *out = mem_alloc(sizeof(*out));
	*out = store;
	return out;
}

static void close_s3(void *impl)
{
	struct store_s3 *store = impl;

	s3_release(&store->s3);
	free(store);
}

int store_s3_unread(struct err *err)
{
	return err_hint(err, "is that the address of an S3 service (--s3-endpoint, "
			     "AWS_ENDPOINT_URL_S3), and does no proxy answer in its place?");
}

/* --- HEAD */

static int drop_body(void *arg, const struct http_wanted *headers, const void *data, size_t len,
		     struct err *err)
{
	(void)arg, (void)headers, (void)data, (void)len, (void)err;
	return 0;
}

/* The answer to HEAD has no body, so a refusal has no words: GET has them. */
static void explain_head(const struct s3 *s3, const char *key, struct err *err)
{
	static const char *const headers[] = { "Range: bytes=0-0", NULL };
	struct s3_call call = {
		.method = "GET", .key = key, .headers = headers, .on_body = drop_body
	};
	scoped(s3_answer) struct s3_answer answer;
	struct err words = ERR_INIT;

	if (s3_do(s3, &call, &answer, &words) && answer.http.status == 403)
		*err = words;
}

int store_s3_head(const struct s3 *s3, const char *key, struct s3_answer *answer, bool *missing,
		  struct err *err)
{
	struct s3_call call = { .method = "HEAD", .key = key };

	*missing = false;
	if (!s3_do(s3, &call, answer, err))
		return 0;
	*missing = answer->http.status == 404;
	if (answer->http.status == 403)
		explain_head(s3, key, err);
	return -1;
}

static int stat_s3(void *impl, const char *name, struct store_object *out, bool *missing,
		   struct err *err)
{
	struct store_s3 *store = impl;
	struct store_object object = { .name = name };
	scoped(mem) char *key = store_s3_key(store, name, err);
	scoped(s3_answer) struct s3_answer answer = { .sent = 0 };

	*missing = false;
	if (!key || store_s3_head(&store->s3, key, &answer, missing, err))
		return -1;
	if (parse_uint(s3_header(&answer, S3_LENGTH), UINT64_MAX / 2, &object.size))
		return err_set(err, ERR_STORE, "s3://%s/%s: the server does not say how long it is",
			       store->s3.bucket, key);
	if (s3_time_http(s3_header(&answer, S3_MODIFIED), &object.at))
		object.at = 0;
	*out = object;
	return 0;
}

/* --- GET */

struct getting {
	struct sink *to;
	uint64_t got, expected;
	bool known;       /* expected is */
	bool sink_failed; /* its own error, passed on as it is */
	char etag[256];
};

/* The first answer says how long the object is; each later one must go on where the last broke off. */
static int check_start(struct getting *g, const struct http_wanted *headers, struct err *err)
{
	scoped(mem) char *range = mem_printf("bytes %llu-", (unsigned long long)g->got);

	if (g->known)
		return strncmp(headers[S3_RANGE].value, range, strlen(range)) == 0
			       ? 0
			       : err_set(err, ERR_STORE, "the server does not go on at byte %llu",
					 (unsigned long long)g->got);
	if (parse_uint(headers[S3_LENGTH].value, UINT64_MAX / 2, &g->expected))
		return err_set(err, ERR_STORE, "the server does not say how long it is");
	memcpy(g->etag, headers[S3_ETAG].value, sizeof(g->etag));
	g->known = true;
	return 0;
}

struct piece_arg {
	struct getting *g;
	bool started; /* of this answer */
};

static int take_piece(void *arg, const struct http_wanted *headers, const void *data, size_t len,
		      struct err *err)
{
	struct piece_arg *piece = arg;
	struct getting *g = piece->g;

	if (!piece->started && check_start(g, headers, err))
		return -1;
	piece->started = true;
	if (len > g->expected - g->got)
		return err_set(err, ERR_STORE, "more bytes came than the server had said");
	g->got += len;
	g->sink_failed = sink_write(g->to, data, len, err) != 0;
	return g->sink_failed ? -1 : 0;
}

/* One answer.  1: it broke off, and may be gone on with. */
static int get_once(const struct store_s3 *store, const char *key, struct getting *g,
		    struct err *err)
{
	scoped(mem) char *range = mem_printf("Range: bytes=%llu-", (unsigned long long)g->got);
	scoped(mem) char *match = mem_printf("If-Match: %s", g->etag);
	const char *const headers[] = { range, match, NULL };
	struct piece_arg piece = { .g = g };
	struct s3_call call = { .method = "GET",
				.key = key,
				.headers = g->known ? headers : NULL,
				.on_body = take_piece,
				.arg = &piece };
	scoped(s3_answer) struct s3_answer answer;

	if (!s3_do(&store->s3, &call, &answer, err)) {
		if (!piece.started && check_start(g, answer.headers, err))
			return err_in(err, "s3://%s/%s", store->s3.bucket, key);
		return 0;
	}
	if (g->sink_failed)
		return -1;
	if (g->known && answer.http.status == 412)
		return err_set(err, ERR_STORE, "s3://%s/%s: it was changed while it was read",
			       store->s3.bucket, key);
	return g->known && answer.http.broken && g->etag[0] == '"' ? 1 : -1;
}

static int get_s3(void *impl, const char *name, struct sink *to, struct err *err)
{
	struct store_s3 *store = impl;
	scoped(mem) char *key = store_s3_key(store, name, err);
	struct getting g = { .to = to };

	if (!key)
		return -1;
	for (unsigned resumed = 0;;) {
		int result = get_once(store, key, &g, err);
		if (result < 0 || (result > 0 && resumed++ == RESUMES_MAX))
			return -1;
		if (result == 0)
			break;
		log_at(4, "s3://%s/%s: broke off at byte %llu: %s", store->s3.bucket, key,
		       (unsigned long long)g.got, err->text);
		if (s3_back_off(&store->s3, resumed, err))
			return -1;
	}
	if (g.got != g.expected)
		return err_set(err, ERR_STORE, "s3://%s/%s: %llu bytes came of %llu",
			       store->s3.bucket, key, (unsigned long long)g.got,
			       (unsigned long long)g.expected);
	*err = ERR_INIT;
	return sink_end(to, err);
}

/* --- list */

struct listing {
	const struct store_s3 *store;
	const char *prefix; /* of the keys asked for */
	int (*each)(void *arg, const struct store_object *object, struct err *err);
	void *arg;
	size_t count, pages;
	char *token; /* of the page that is asked for; NULL: the first */
};

static int page_query(const struct listing *l, struct buf *out, struct err *err)
{
	if (buf_adds(out, "list-type=2&encoding-type=url&delimiter=%2F&max-keys=1000&prefix=") ||
	    sigv4_encode(out, l->prefix, false) ||
	    (l->token &&
	     (buf_adds(out, "&continuation-token=") || sigv4_encode(out, l->token, false))))
		return err_set(err, ERR_STORE, "a listing with a token that is too long");
	return 0;
}

/* Keys of other programs, and what no put of ours can have made, are passed over. */
static int each_object(struct listing *l, const struct s3_list *page, struct err *err)
{
	size_t skip = strlen(l->store->prefix);

	for (size_t i = 0; i < page->count; i++) {
		const struct s3_object *from = &page->objects[i];
		if (strncmp(from->key, l->prefix, strlen(l->prefix)) != 0)
			return err_set(err, ERR_STORE,
				       "a listing with \"%.100s\", which was not asked for",
				       from->key);
		struct store_object object = { from->key + skip, from->size, from->at };
		size_t len = strlen(object.name);
		if (len == 0 || len > STORE_NAME_MAX || strchr(object.name, '/') ||
		    !is_plain(object.name))
			continue;
		if (l->count++ == STORE_OBJECTS_MAX)
			return err_set(err, ERR_STORE, "a listing of more than %d objects",
				       STORE_OBJECTS_MAX);
		if (l->each(l->arg, &object, err))
			return -1;
	}
	return 0;
}

/* 1: there is another page. */
static int list_page(struct listing *l, bool *ours, struct err *err)
{
	scoped(arena) struct arena *arena = arena_new();
	scoped(buf) struct buf query = BUF_INIT(QUERY_MAX);
	scoped(s3_answer) struct s3_answer answer = { .sent = 0 };
	struct s3_call call = { .method = "GET" };
	struct s3_list page;

	if (page_query(l, &query, err))
		return -1;
	call.query = buf_str(&query);
	if (s3_do(&l->store->s3, &call, &answer, err))
		return -1;
	if (s3_xml_list(arena, answer.http.body.data, answer.http.body.len, &page, err))
		return store_s3_unread(err);
	*ours = false;
	if (each_object(l, &page, err))
		return -1;
	*ours = true;
	if (!page.truncated)
		return 0;
	if (!page.next || (l->token && strcmp(page.next, l->token) == 0) || ++l->pages == PAGES_MAX)
		return err_set(err, ERR_STORE, "a listing that does not end: %s",
			       !page.next              ? "no token of the next page"
			       : l->pages == PAGES_MAX ? "too many pages"
						       : "the same token again");
	free(l->token);
	l->token = mem_strdup(page.next);
	return 1;
}

static int list_s3(void *impl, const char *prefix,
		   int (*each)(void *arg, const struct store_object *object, struct err *err),
		   void *arg, struct err *err)
{
	struct store_s3 *store = impl;
	scoped(mem) char *whole = mem_printf("%s%s", store->prefix, prefix);
	struct listing l = { .store = store, .prefix = whole, .each = each, .arg = arg };
	bool ours = true;
	int more;

	if (strlen(prefix) > STORE_NAME_MAX || strchr(prefix, '/') || !is_plain(prefix))
		return err_set(err, ERR_USAGE, "\"%.100s\" begins no name of an object", prefix);
	do {
		more = list_page(&l, &ours, err);
	} while (more > 0);
	free(l.token);
	return more && ours ? err_in(err, "s3://%s/%s", store->s3.bucket, store->prefix) : more;
}

/* --- remove */

static int remove_s3(void *impl, const char *name, struct err *err)
{
	struct store_s3 *store = impl;
	scoped(mem) char *key = store_s3_key(store, name, err);
	struct s3_call call = { .method = "DELETE", .key = key };
	scoped(s3_answer) struct s3_answer answer = { .sent = 0 };

	if (!key)
		return -1;
	if (!s3_do(&store->s3, &call, &answer, err))
		return 0;
	if (answer.http.status == 404 && strcmp(answer.refusal.code, "NoSuchKey") == 0) {
		*err = ERR_INIT;
		return 0;
	}
	return -1;
}

const struct store_driver store_s3_driver = {
	.scheme = "s3",
	.open = open_s3,
	.close = close_s3,
	.put_begin = store_s3_put_begin,
	.put_write = store_s3_put_write,
	.put_end = store_s3_put_end,
	.put_stop = store_s3_put_stop,
	.put_free = store_s3_put_free,
	.get = get_s3,
	.list = list_s3,
	.stat = stat_s3,
	.remove = remove_s3,
};
