/*
 * replacing: a document that takes the place of an older one, for test_store_s3.c.
 */
#ifndef E2E_S3_REPLACING_H
#define E2E_S3_REPLACING_H

#include "e2e/s3/place.h"

static struct store *open_store(const struct place *place)
{
	struct store_settings settings = settings_of(place);
	scoped(mem) char *url = mem_printf("s3://%s/a b/prod", place->bucket);
	struct err err = ERR_INIT;
	struct store *store = store_open(url, &settings, &err);

	if (!store)
		abort();
	return store;
}

static int replace(const struct place *place, const char *text, struct err *err)
{
	scoped(store) struct store *store = open_store(place);

	return store_replace(store, "doc", text, strlen(text), err);
}

static void holds(const struct place *place, const char *text)
{
	void *store = open_place(place);
	struct digest *digest = digest_sha256_begin();
	struct collect c = { .len = 0 };
	uint8_t hash[SHA256_SIZE];
	char want[SHA256_TEXT], came[SHA256_TEXT] = "";
	struct err err = ERR_INIT;

	digest_add(digest, text, strlen(text));
	digest_end(digest, hash);
	digest_hex(hash, sizeof(hash), want);
	CHECK_INT(get(store, "doc", &c, came, &err), 0);
	CHECK_STR(err.text, "");
	CHECK_INT(c.len, strlen(text));
	CHECK_STR(came, want);
	s3->close(store);
}

static void replaced(const struct place *place)
{
	struct err err = ERR_INIT;

	CHECK_INT(replace(place, "the older one", &err), 0);
	CHECK_STR(err.text, "");
	holds(place, "the older one");
	CHECK_INT(replace(place, "newer", &err), 0);
	CHECK_STR(err.text, "");
	holds(place, "newer");
}

/* Replaced with no more than the rights to read and to put; what is no document is never overwritten. */
static void faults_replaced(void)
{
	static const char *const buckets[] = { "good", "flaky", "drops", "dropafter", "fewrights" };
	struct err err = ERR_INIT;

	for (size_t i = 0; i < sizeof(buckets) / sizeof(buckets[0]); i++) {
		struct place place = at_faults(buckets[i]);
		replaced(&place);
	}
	struct place place = at_faults("good");
	void *store = open_place(&place);
	CHECK_INT(put(store, "doc", 10, true, NULL, &err), -1);
	CHECK_HAS(err.text, "exists already");
	holds(&place, "newer");
	CHECK_INT(s3->remove(store, "doc", &err), 0);
	s3->close(store);
}

/* The older one stays when the server says no, and ours when its answer was lost. */
static void faults_not_replaced(void)
{
	struct place once = at_faults("putsonce"), lost = at_faults("dropsall");
	struct err err = ERR_INIT;

	CHECK_INT(replace(&once, "the older one", &err), 0);
	CHECK_INT(replace(&once, "newer", &err), -1);
	CHECK_INT(err.code, ERR_STORE);
	CHECK_HAS(err.text, "QuotaExceeded");
	holds(&once, "the older one");
	CHECK_INT(replace(&lost, "newer", &err), -1);
	CHECK_INT(err.code, ERR_STORE);
	holds(&lost, "newer");
}

static void set_policy(const struct place *place, const char *method, const char *policy)
{
	struct store_settings settings = settings_of(place);
	struct s3_call call = {
		.method = method, .query = "policy=", .body = policy, .body_len = strlen(policy)
	};
	scoped(s3_answer) struct s3_answer answer = { .sent = 0 };
	struct err err = ERR_INIT;
	struct s3 bucket;

	CHECK_INT(s3_open(place->bucket, &settings, &bucket, &err), 0);
	CHECK_INT(s3_do(&bucket, &call, &answer, &err), 0);
	CHECK_STR(err.text, "");
	s3_release(&bucket);
}

/* By a bucket whose policy lets nobody remove. */
static void real_replaced(void)
{
	static const char policy[] = "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": "
				     "\"Deny\", \"Principal\": "
				     "\"*\", \"Action\": \"s3:DeleteObject\", \"Resource\": "
				     "\"arn:aws:s3:::drills/*\"}]}";
	struct place place = at_real();
	void *store = open_place(&place);
	struct err err = ERR_INIT;

	set_policy(&place, "PUT", policy);
	replaced(&place);
	CHECK_INT(s3->remove(store, "doc", &err), -1);
	CHECK_HAS(err.text, "403 AccessDenied");
	CHECK_INT(put(store, "doc", 10, true, NULL, &err), -1);
	CHECK_HAS(err.text, "exists already");
	holds(&place, "newer");
	set_policy(&place, "DELETE", "");
	CHECK_INT(s3->remove(store, "doc", &err), 0);
	s3->close(store);
}

#endif
