/*
 * test_store_s3: the driver of s3:// against a server that misbehaves by the name of the bucket (fault_server.py,
 * T_FAULTS; T_FAULTS_TLS with T_CA) and against a real one that checks signatures (Ceph's radosgw, T_REAL).
 */
#include "e2e/s3/place.h"
#include "e2e/s3/replacing.h"

#include <signal.h>

/* --- the server that misbehaves */

static void test_init(void)
{
	signal(SIGPIPE, SIG_IGN);
	setenv("AWS_ACCESS_KEY_ID", "AKTEST", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "SKTEST", 1);
	http_init();
	if (!getenv("T_FAULTS") || !getenv("T_REAL") || !getenv("T_FAULTS_TLS"))
		abort();
}

static void faults_none(void)
{
	struct place place = at_faults("good");

	sizes(&place);
	listing(&place);
	race(&place, 3 * MIB);
	race(&place, 20 * MIB);
	left_alone(&place);
}

/* Bad moments that pass, and answers that did not come though the request was done. */
static void faults_passing(void)
{
	static const char *const buckets[] = { "flaky", "drops", "dropafter", "unconditional",
					       "late" };

	for (size_t i = 0; i < sizeof(buckets) / sizeof(buckets[0]); i++) {
		struct place place = at_faults(buckets[i]);
		round_trip(&place, "small", 1000);
		round_trip(&place, "large", 40 * MIB);
	}
}

struct refusal {
	const char *bucket, *words, *more, *hint;
};

static const struct refusal refusals[] = {
	{ "always500", "500", "InternalError: We had a bad day", "try later" },
	{ "skewed", "403", "RequestTimeTooSkewed", "clock is 3" },
	{ "denied", "403 AccessDenied: Access Denied (request id REQ-1, region us-east-1",
	  "key id AKTEST", "environment" },
	{ "region", "the bucket is in region eu-west-7, not in us-east-1", "",
	  "AWS_REGION=eu-west-7" },
	{ "malformed", "in region eu-west-8", "AuthorizationHeaderMalformed",
	  "AWS_REGION=eu-west-8" },
	{ "elsewhere", "307", "TemporaryRedirect", "not followed" },
	{ "nobucket", "404", "NoSuchBucket", "no bucket \"nobucket\"" },
};

static void faults_refused(void)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct refusal *r = &refusals[i];
		struct place place = at_faults(r->bucket);
		void *store = open_place(&place);
		struct collect c = { .len = 0 };
		struct names names = { .count = 0 };
		struct err err = ERR_INIT;

		CHECK_INT(s3->list(store, "", take_name, &names, &err), -1);
		CHECK_INT(err.code, ERR_STORE);
		CHECK_HAS(err.text, r->words);
		CHECK_HAS(err.text, r->more);
		CHECK_HAS(err.hint, r->hint);
		CHECK_INT(get(store, "x", &c, NULL, &err), -1);
		CHECK(!c.ended);
		CHECK_HAS(err.text, r->words);
		CHECK_INT(put(store, "x", 10, true, NULL, &err), -1);
		CHECK_INT(err.code, ERR_STORE);
		CHECK(!strstr(err.text, "SKTEST") && !strstr(err.hint, "SKTEST"));
		CHECK_INT(s3->remove(store, "x", &err), -1);
		s3->close(store);
	}
}

static const struct refusal listings[] = {
	{ "sametoken", "does not end", "same token", NULL },
	{ "notoken", "does not end", "no token", NULL },
	{ "endless", "more than 100000 objects", "", NULL },
	{ "unasked", "not asked for", "other", NULL },
	{ "garbled", "no XML", "", NULL },
	{ "doctype", "document type", "", NULL },
};

static void faults_listing(void)
{
	for (size_t i = 0; i < sizeof(listings) / sizeof(listings[0]); i++) {
		struct place place = at_faults(listings[i].bucket);
		struct store_settings settings = settings_of(&place);
		scoped(mem) char *url = mem_printf("s3://%s", place.bucket);
		struct names names = { .count = 0 };
		struct err err = ERR_INIT;
		void *store = s3->open(url, &settings, &err);
		const char *prefix = strcmp(place.bucket, "unasked") == 0 ? "mine" : "";

		CHECK(store != NULL);
		CHECK_INT(s3->list(store, prefix, take_name, &names, &err), -1);
		CHECK_INT(err.code, ERR_STORE);
		CHECK_HAS(err.text, listings[i].words);
		CHECK_HAS(err.text, listings[i].more);
		s3->close(store);
	}
}

static void get_from(const char *bucket, size_t fail_at, bool good, const char *words)
{
	struct place place = at_faults(bucket);
	void *store = open_place(&place);
	char sent[SHA256_TEXT], came[SHA256_TEXT];
	struct collect c = { .fail_at = fail_at };
	struct err err = ERR_INIT;

	place.stall_ms = 500;
	CHECK_INT(put(store, "it", 250000, true, sent, &err), 0);
	CHECK_INT(get(store, "it", &c, came, &err), good ? 0 : -1);
	CHECK(c.ended == good);
	if (good)
		CHECK_STR(came, sent);
	CHECK_HAS(err.text, words);
	CHECK_INT(s3->remove(store, "it", &err), 0);
	s3->close(store);
}

static void faults_get(void)
{
	get_from("cut", 0, true, "");
	get_from("cutalways", 0, true, ""); /* 3 pieces: within the resumes */
	get_from("noetag", 0, false, "");
	get_from("changes", 0, false, "changed while it was read");
	get_from("norange", 0, false, "does not go on at byte");
	get_from("good", 1000, false, "the disk is full");
}

static void faults_get_short(void)
{
	struct place place = at_faults("cutalways");
	void *store = open_place(&place);
	struct collect c = { .len = 0 };
	struct err err = ERR_INIT;

	CHECK_INT(put(store, "long", 2 * MIB, true, NULL, &err), 0);
	CHECK_INT(get(store, "long", &c, NULL, &err), -1);
	CHECK_INT(err.code, ERR_STORE);
	CHECK(!c.ended);
	s3->close(store);
}

static void faults_stall(void)
{
	struct place place = at_faults("stalls");
	struct collect c = { .len = 0 };
	struct err err = ERR_INIT;

	place.stall_ms = 4000;
	void *store = open_place(&place);
	CHECK_INT(put(store, "it", 250000, true, NULL, &err), 0);
	CHECK_INT(get(store, "it", &c, NULL, &err), -1);
	CHECK_INT(err.code, ERR_TIMEOUT);
	CHECK(!c.ended);
	s3->close(store);
}

static void faults_bad_part(void)
{
	struct place place = at_faults("badpart");
	void *store = open_place(&place);
	struct err err = ERR_INIT;

	CHECK_INT(put(store, "it", 70 * MIB, true, NULL, &err), -1);
	CHECK_INT(err.code, ERR_STORE);
	CHECK_HAS(err.text, "part 2");
	CHECK_HAS(err.text, "EntityTooLarge: this part is not wanted");
	CHECK_INT(unfinished(&place), 0);
	s3->close(store);
}

static void faults_stop(void)
{
	struct place place = at_faults("slowparts");
	void *store = open_place(&place);
	struct err err = ERR_INIT;
	uint64_t before = now_ms();

	/* two parts are in flight, and the third has only begun */
	CHECK_INT(put(store, "it", 34 * MIB, false, NULL, &err), 0);
	CHECK(now_ms() - before < 30000);
	CHECK_INT(unfinished(&place), 0);
	s3->close(store);
	cancelled(place, 40 * MIB); /* while it waits for a part */
}

/* Interrupted while the server begins an upload: it is waited for its id, by which it is taken away again. */
static void faults_stop_at_begin(void)
{
	cancelled(at_faults("slowbegin"), 40 * MIB);
}

static void *stop_soon(void *arg)
{
	usleep(300 * 1000);
	s3->put_stop(arg);
	return NULL;
}

/* Another thread gives up what this one waits for in the middle of a write. */
static void faults_given_up(void)
{
	struct place place = at_faults("slowparts");
	void *store = open_place(&place);
	char *data = mem_zalloc(40 * MIB);
	struct err err = ERR_INIT;
	uint64_t before = now_ms();
	pthread_t thread;
	void *put = s3->put_begin(store, "it", false, &err);

	CHECK(put != NULL);
	pthread_create(&thread, NULL, stop_soon, put);
	CHECK_INT(s3->put_write(put, data, 40 * MIB, &err), -1);
	CHECK_INT(err.code, ERR_CANCELLED);
	pthread_join(thread, NULL);
	s3->put_free(put);
	CHECK(now_ms() - before < 10000);
	CHECK_INT(unfinished(&place), 0);
	s3->close(store);
	free(data);
}

/* It was stored each time, but no answer ever came: the object is taken away again. */
static void faults_uncertain(void)
{
	struct place place = at_faults("dropsall");
	void *store = open_place(&place);
	struct store_object object;
	struct err err = ERR_INIT;
	bool missing;

	CHECK_INT(put(store, "it", 1000, true, NULL, &err), -1);
	CHECK_INT(err.code, ERR_STORE);
	CHECK_INT(s3->stat(store, "it", &object, &missing, &err), -1);
	CHECK(missing);
	s3->close(store);
}

static void faults_nobody(void)
{
	struct place place = at_faults("good");
	struct names names = { .count = 0 };
	struct err err = ERR_INIT;

	place.endpoint = "http://127.0.0.1:1";
	void *store = open_place(&place);
	CHECK_INT(s3->list(store, "", take_name, &names, &err), -1);
	CHECK_INT(err.code, ERR_STORE);
	CHECK_HAS(err.text, "Connection refused");
	s3->close(store);
}

static void bad_urls(void)
{
	static const char *const urls[] = { "s3://",
					    "s3:///x",
					    "s3://a/b",
					    "s3://bucket//x",
					    "s3://bucket/a/../b",
					    "s3://bucket/./b",
					    "s3://buck et/x",
					    "s3://bucket/a\nb",
					    "http://bucket/x" };
	static const char *const names[] = { "", ".", "..", "a/b", "a\nb" };
	struct place place = at_faults("good");
	struct store_settings settings = settings_of(&place);
	struct err err = ERR_INIT;

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		CHECK(s3->open(urls[i], &settings, &err) == NULL);
		CHECK_INT(err.code, ERR_USAGE);
	}
	void *store = open_place(&place);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		CHECK(s3->put_begin(store, names[i], false, &err) == NULL);
		CHECK_INT(err.code, ERR_USAGE);
	}
	s3->close(store);
	settings.s3.sse = "rot13";
	CHECK(s3->open("s3://bucket/x", &settings, &err) == NULL);
	CHECK_INT(err.code, ERR_USAGE);
	settings.s3.sse = "AES256";
	settings.s3.kms_key_id = "k";
	CHECK(s3->open("s3://bucket/x", &settings, &err) == NULL);
	CHECK_INT(err.code, ERR_USAGE);
}

/* Where the requests go, by style. */
static void places(void)
{
	struct store_settings settings = { .s3 = { .region = "eu-west-1", .path_style = -1 },
					   .cancel_fd = -1 };
	struct err err = ERR_INIT;
	struct s3 bucket;

	CHECK_INT(s3_open("drills", &settings, &bucket, &err), 0);
	CHECK_STR(bucket.base, "https://drills.s3.eu-west-1.amazonaws.com");
	CHECK_STR(bucket.path, "");
	s3_release(&bucket);
	CHECK_INT(s3_open("with.dots", &settings, &bucket, &err), 0);
	CHECK_STR(bucket.base, "https://s3.eu-west-1.amazonaws.com");
	CHECK_STR(bucket.path, "/with.dots");
	s3_release(&bucket);
	settings.s3.endpoint = "https://minio.example:9000/";
	CHECK_INT(s3_open("drills", &settings, &bucket, &err), 0);
	CHECK_STR(bucket.base, "https://minio.example:9000");
	CHECK_STR(bucket.path, "/drills");
	CHECK_STR(bucket.host, "minio.example:9000");
	s3_release(&bucket);
	settings.s3.path_style = 0;
	CHECK_INT(s3_open("drills", &settings, &bucket, &err), 0);
	CHECK_STR(bucket.base, "https://drills.minio.example:9000");
	s3_release(&bucket);
}

/* --- the real server */

static void real_sizes(void)
{
	struct place place = at_real();

	make_bucket(&place);
	sizes(&place);
	listing(&place);
}

/* The bucket in the host's name: drills.localhost. */
static void real_virtual_host(void)
{
	struct place place = at_real();
	scoped(mem) char *endpoint = mem_printf("http://localhost%s", strrchr(place.endpoint, ':'));

	place.endpoint = endpoint;
	place.path_style = 0;
	round_trip(&place, "virtual host", 20 * MIB);
	listing(&place);
}

static void real_100_mib(void)
{
	struct place place = at_real();

	round_trip(&place, "hundred", 100 * MIB);
}

static void real_unfinished(void)
{
	struct place place = at_real();

	race(&place, 1000);
	race(&place, 20 * MIB);
	left_alone(&place);
	cancelled(place, (size_t)1024 * MIB);
}

static void real_refused(void)
{
	struct place place = at_real();
	struct names names = { .count = 0 };
	struct collect c = { .len = 0 };
	struct err err = ERR_INIT;

	place.bucket = "no-such-bucket";
	void *store = open_place(&place);
	CHECK_INT(s3->list(store, "", take_name, &names, &err), -1);
	CHECK_HAS(err.text, "NoSuchBucket");
	CHECK_INT(put(store, "x", 10, true, NULL, &err), -1);
	CHECK_HAS(err.text, "NoSuchBucket");
	s3->close(store);

	place.bucket = "drills";
	store = open_place(&place);
	CHECK_INT(get(store, "nothing", &c, NULL, &err), -1);
	CHECK_INT(err.code, ERR_STORE);
	CHECK_HAS(err.text, "NoSuchKey");
	CHECK(!c.ended);
	s3->close(store);

	setenv("AWS_SECRET_ACCESS_KEY", "WRONG", 1);
	store = open_place(&place);
	CHECK_INT(put(store, "x", 10, true, NULL, &err), -1);
	CHECK_INT(err.code, ERR_STORE);
	CHECK_HAS(err.text, "403 SignatureDoesNotMatch");
	CHECK_HAS(err.text, "key id AKTEST");
	CHECK(!strstr(err.text, "WRONG") && !strstr(err.hint, "WRONG"));
	s3->close(store);
	setenv("AWS_SECRET_ACCESS_KEY", "SKTEST", 1);
}

/* Puts, and compares what HEAD says of the encryption; sse NULL: nothing is compared. */
static void encrypted(const struct place *place, size_t size, const char *sse, const char *key_id)
{
	struct store_settings settings = settings_of(place);
	struct s3_call call = { .method = "HEAD", .key = "a b/prod/enc" };
	struct s3_answer answer = { .sent = 0 };
	struct collect c = { .len = 0 };
	char sent[SHA256_TEXT], came[SHA256_TEXT];
	void *store = open_place(place);
	struct err err = ERR_INIT;
	struct s3 bucket;

	CHECK_INT(put(store, "enc", size, true, sent, &err), 0);
	CHECK_STR(err.text, "");
	CHECK_INT(get(store, "enc", &c, came, &err), 0);
	CHECK_STR(came, sent);
	CHECK_INT(s3_open(place->bucket, &settings, &bucket, &err), 0);
	CHECK_INT(s3_do(&bucket, &call, &answer, &err), 0);
	if (sse) {
		CHECK_STR(s3_header(&answer, S3_SSE), sse);
		CHECK_STR(s3_header(&answer, S3_KMS_KEY_ID), key_id);
	}
	s3_answer_release(&answer);
	s3_release(&bucket);
	CHECK_INT(s3->remove(store, "enc", &err), 0);
	s3->close(store);
}

static void real_kms(void)
{
	struct place place = at_real();

	place.sse = "aws:kms";
	place.kms_key_id = "testkey-1";
	encrypted(&place, 1000, "aws:kms", "testkey-1");
	encrypted(&place, 20 * MIB, "aws:kms", "testkey-1");

	place.kms_key_id = "no-such-key";
	void *store = open_place(&place);
	struct err err = ERR_INIT;
	CHECK_INT(put(store, "enc", 1000, true, NULL, &err), -1);
	CHECK_INT(err.code, ERR_STORE);
	CHECK_INT(put(store, "enc", 20 * MIB, true, NULL, &err), -1);
	CHECK_INT(unfinished(&place), 0);
	s3->close(store);
}

/* This server takes it, and does not say so of the object. */
static void real_aes256(void)
{
	struct place place = at_real();

	place.sse = "AES256";
	encrypted(&place, 1000, NULL, NULL);
	encrypted(&place, 20 * MIB, NULL, NULL);
}

/* TLS by a CA of one's own, and not without it. */
static void faults_tls(void)
{
	struct place place = at_faults("good");
	struct names names = { .count = 0 };
	struct err err = ERR_INIT;

	place.endpoint = getenv("T_FAULTS_TLS");
	place.ca_file = getenv("T_CA");
	round_trip(&place, "tls", 20 * MIB);
	place.ca_file = NULL;
	void *store = open_place(&place);
	uint64_t before = now_ms();
	CHECK_INT(s3->list(store, "", take_name, &names, &err), -1);
	CHECK_INT(err.code, ERR_STORE);
	CHECK_HAS(err.text, "certificate");
	CHECK(now_ms() - before < 60000);
	s3->close(store);
}

/* Asked for where the object is created, and not with the parts. */
static void faults_sse(void)
{
	struct place place = at_faults("good");

	place.sse = "AES256";
	encrypted(&place, 1000, "AES256", "");
	encrypted(&place, 20 * MIB, "AES256", "");
	place.sse = "aws:kms";
	encrypted(&place, 1000, "aws:kms", "");
	place.kms_key_id = "arn:aws:kms:eu-west-1:1:key/a b";
	encrypted(&place, 20 * MIB, "aws:kms", "arn:aws:kms:eu-west-1:1:key/a b");
}

TESTS(TEST(test_init), TEST(bad_urls), TEST(places), TEST(faults_none), TEST(faults_replaced),
      TEST(faults_not_replaced), TEST(faults_passing), TEST(faults_refused), TEST(faults_listing),
      TEST(faults_get), TEST(faults_get_short), TEST(faults_stall), TEST(faults_bad_part),
      TEST(faults_stop), TEST(faults_stop_at_begin), TEST(faults_given_up), TEST(faults_uncertain),
      TEST(faults_nobody), TEST(faults_sse), TEST(faults_tls), TEST(real_sizes),
      TEST(real_replaced), TEST(real_virtual_host), TEST(real_100_mib), TEST(real_unfinished),
      TEST(real_refused), TEST(real_kms), TEST(real_aes256))
