/*
 * test_recipe: a recipe written and read back is the same; what is not in order is refused, never repaired.
 */
#include "base/test/check.h"
#include "snapshot/recipe.h"

#include <stdlib.h>

#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct recipe example(void)
{
	return (struct recipe){
		.cluster = { .name = "prod",
			     .kubernetes_version = "v1.32.11",
			     .ca_fingerprint = SHA,
			     .id = 0x0e8f62e9af41c9c6,
			     .count = 3,
			     .members = { { .name = "cp-1",
					    .node = "cp-1",
					    .address = "10.0.0.11",
					    .peer_url = "https://10.0.0.11:2380,https://x:2380",
					    .client_url = "https://10.0.0.11:2379",
					    .data_dir = "/var/lib/etcd",
					    .wal_dir = "/wal",
					    .ca_file = "/pki/ca.crt",
					    .cert_file = "/pki/server.crt",
					    .key_file = "/pki/server.key",
					    .image = "registry.k8s.io/etcd:3.5.16-0",
					    .version = "3.5.16",
					    .image_id = "registry.k8s.io/etcd@sha256:" SHA,
					    .host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ==",
					    .quota = 8589934592 },
					  { .name = "cp-2",
					    .node = "n\"2\"",
					    .address = "10.0.0.12",
					    .peer_url = "https://10.0.0.12:2380",
					    .data_dir = "/var/lib/etcd" },
					  /* its node was not read */
					  { .name = "cp-3",
					    .peer_url = "https://10.0.0.13:2380",
					    .client_url = "https://10.0.0.13:2379",
					    .id = 0x00112233445566ff,
					    .learner = true } } },
		.etcd_version = "3.5.16",
		.member = "cp-2",
		.sha256 = SHA,
		.size = 158000032,
		.db_size = 158000000,
		.revision = 8812093,
		.taken_at = 1787308867,
		.stored = { .name = "prod-1.db.zst.age",
			    .sha256 = SHA,
			    .size = 1234567,
			    .compression = "zstd",
			    .encryption = "age" },
		.cluster_uid = "0b83b2c2-83f1-4e61-b080-4dfd3ed4790e",
		.storage_version = "3.6.0",
		.term = 7,
		.compact_revision = 8800000,
		.hashkv = "9e0751b4",
		.set = "00112233445566ff",
		.degraded = "the member is a learner",
		.tags = { "pre-upgrade", "v1.32" },
		.tag_count = 2,
		.previous = "prod-0",
		.previous_sha256 = SHA,
		.took_ms = 4711,
		.prints = { SHA, SHA, SHA, "none" },
		.files = { .name = "prod-1.pki.tar.zst.age",
			   .sha256 = SHA,
			   .size = 4567,
			   .compression = "zstd",
			   .encryption = "age" },
	};
}

static void check_member(const struct member *got, const struct member *want)
{
	CHECK_STR(got->name, want->name);
	CHECK_STR(got->node, want->node);
	CHECK_STR(got->address, want->address);
	CHECK_STR(got->peer_url, want->peer_url);
	CHECK_STR(got->client_url, want->client_url);
	CHECK_STR(got->data_dir, want->data_dir);
	CHECK_STR(got->wal_dir, want->wal_dir);
	CHECK_STR(got->ca_file, want->ca_file);
	CHECK_STR(got->cert_file, want->cert_file);
	CHECK_STR(got->key_file, want->key_file);
	CHECK_STR(got->image, want->image);
	CHECK_STR(got->version, want->version);
	CHECK_STR(got->image_id, want->image_id);
	CHECK_STR(got->host_key, want->host_key);
	CHECK_INT(got->quota, want->quota);
	CHECK(got->id == want->id);
	CHECK_INT(got->learner, want->learner);
}

/* For e2e/recipe/run, which holds the schema against it. */
static void write_example(const struct buf *text)
{
	const char *path = getenv("RECIPE_EXAMPLE");
	FILE *file = path ? fopen(path, "we") : NULL;

	if (!file)
		return;
	CHECK_INT(fwrite(text->data, 1, text->len, file), text->len);
	CHECK_INT(fclose(file), 0);
}

static void test_round(void)
{
	scoped(arena) struct arena *arena = arena_new();
	scoped(buf) struct buf text = BUF_INIT(RECIPE_MAX);
	struct recipe want = example(), got;
	struct err err = ERR_INIT;

	CHECK_INT(recipe_write(&want, &text, &err), 0);
	CHECK_HAS(buf_str(&text), "\"kind\": \"SnapshotRecipe\"");
	CHECK_HAS(buf_str(&text), "\"apiVersion\": \"etcd-backup/v1\"");
	CHECK_HAS(buf_str(&text), "\"takenAt\": \"2026-08-21T10:41:07Z\"");
	CHECK_HAS(buf_str(&text), "\"id\": \"0e8f62e9af41c9c6\"");
	CHECK_INT(recipe_read(arena, buf_str(&text), text.len, &got, &err), 0);
	CHECK_STR(got.cluster.name, want.cluster.name);
	CHECK_STR(got.cluster.kubernetes_version, want.cluster.kubernetes_version);
	CHECK_STR(got.cluster.ca_fingerprint, want.cluster.ca_fingerprint);
	CHECK(got.cluster.id == want.cluster.id);
	CHECK_INT(got.cluster.count, 3);
	for (size_t i = 0; i < 3; i++)
		check_member(&got.cluster.members[i], &want.cluster.members[i]);
	CHECK_STR(got.etcd_version, want.etcd_version);
	CHECK_STR(got.member, want.member);
	CHECK_STR(got.sha256, want.sha256);
	CHECK_INT(got.size, want.size);
	CHECK_INT(got.db_size, want.db_size);
	CHECK_INT(got.revision, want.revision);
	CHECK_INT(got.taken_at, want.taken_at);
	CHECK_STR(got.stored.name, want.stored.name);
	CHECK_STR(got.stored.sha256, want.stored.sha256);
	CHECK_INT(got.stored.size, want.stored.size);
	CHECK_STR(got.stored.compression, "zstd");
	CHECK_STR(got.stored.encryption, "age");
	CHECK_STR(got.cluster_uid, want.cluster_uid);
	CHECK_STR(got.storage_version, "3.6.0");
	CHECK_INT(got.term, 7);
	CHECK_INT(got.compact_revision, 8800000);
	CHECK_STR(got.hashkv, "9e0751b4");
	CHECK_STR(got.set, want.set);
	CHECK_STR(got.degraded, want.degraded);
	CHECK_INT(got.tag_count, 2);
	CHECK_STR(got.tags[1], "v1.32");
	CHECK_STR(got.previous, "prod-0");
	CHECK_STR(got.previous_sha256, SHA);
	CHECK_INT(got.took_ms, 4711);
	CHECK_STR(got.prints[RECIPE_CLUSTER_CA], SHA);
	CHECK_STR(got.prints[RECIPE_FRONT_PROXY_CA], SHA);
	CHECK_STR(got.prints[RECIPE_TOKEN_KEY], SHA);
	CHECK_STR(got.prints[RECIPE_ENCRYPTION], "none");
	CHECK_STR(got.files.name, "prod-1.pki.tar.zst.age");
	CHECK_STR(got.files.sha256, SHA);
	CHECK_INT(got.files.size, 4567);
	CHECK_STR(got.files.encryption, "age");
	write_example(&text);
}

/* As they were written before those fields were there; and as they may be written after others have come. */
static void test_other_fields(void)
{
	static const char *const few[] = { "\"imageID\"", "\"hostKey\"", "\"tookMs\"",
					   "\"fingerprints\"", "\"controlPlane\"" };
	scoped(buf) struct buf text = BUF_INIT(RECIPE_MAX);
	scoped(arena) struct arena *arena = arena_new();
	struct recipe recipe = example(), got = { 0 };
	struct err err = ERR_INIT;

	CHECK_INT(recipe_write(&recipe, &text, &err), 0);
	for (size_t i = 0; i < sizeof(few) / sizeof(few[0]); i++) {
		char *at = strstr(text.data, few[i]);
		CHECK(at != NULL);
		if (at)
			at[1] = 'X';
	}
	CHECK_INT(recipe_read(arena, buf_str(&text), text.len, &got, &err), 0);
	CHECK_STR(err.text, "");
	CHECK(!got.cluster.members[0].image_id && !got.cluster.members[0].host_key);
	CHECK(!got.took_ms && !got.files.name);
	for (size_t i = 0; i < RECIPE_PRINTS; i++)
		CHECK(got.prints[i] == NULL);
}

/* The example with one piece of its text replaced. */
static int read_changed(const char *from, const char *to, struct recipe *got, struct err *err)
{
	scoped(arena) struct arena *arena = arena_new();
	scoped(buf) struct buf text = BUF_INIT(RECIPE_MAX), changed = BUF_INIT(RECIPE_MAX);
	struct recipe recipe = example();

	*err = ERR_INIT;
	CHECK_INT(recipe_write(&recipe, &text, err), 0);
	const char *at = strstr(buf_str(&text), from);
	CHECK(at != NULL);
	if (!at)
		return 0;
	buf_add(&changed, text.data, (size_t)(at - text.data));
	buf_adds(&changed, to);
	buf_adds(&changed, at + strlen(from));
	return recipe_read(arena, buf_str(&changed), changed.len, got, err);
}

static void test_refused(void)
{
	static const struct {
		const char *from, *to, *words;
	} cases[] = {
		{ "SnapshotRecipe", "Snapshot", "kind" },
		{ "etcd-backup/v1", "etcd-backup/v2", "apiVersion" },
		{ "\"size\": 158000032", "\"size\": -1", "size" },
		{ "\"size\": 158000032", "\"size\": 1.5", "size" },
		{ "\"size\": 158000032", "\"size\": \"158000032\"", "size" },
		{ "\"size\": 158000032", "\"size\": 158000000", "32 bytes" },
		{ "\"size\": 158000032", "\"size\": 99999999999999999999", "recipe" },
		{ "\"revision\": 8812093", "\"revision\": null", "revision" },
		{ "\"dbSize\": 158000000,", "", "dbSize" },
		{ "2026-08-21T10:41:07Z", "2026-08-21 10:41:07", "takenAt" },
		{ "2026-08-21T10:41:07Z", "2026-13-21T10:41:07Z", "takenAt" },
		{ "2026-08-21T10:41:07Z", "2026-08-21T10:41:07Zx", "takenAt" },
		{ "2026-08-21T10:41:07Z", "1900-08-21T10:41:07Z", "takenAt" },
		{ "\"sha256\": \"0", "\"sha256\": \"", "sha256" },
		{ "\"sha256\": \"0", "\"sha256\": \"g", "sha256" },
		{ "\"id\": \"0e8f", "\"id\": \"e8f", "id" },
		{ "\"id\": \"0e8f", "\"id\": \"0E8f", "id" },
		{ "\"caFingerprint\": \"0", "\"caFingerprint\": \"", "caFingerprint" },
		{ "\"name\": \"prod\"", "\"name\": \"pr\\u001bod\"", "control character" },
		{ "\"name\": \"prod\"", "\"name\": \"pr\\u007fod\"", "control character" },
		{ "\"name\": \"prod\"", "\"name\": 17", "name" },
		{ "\"name\": \"prod\"", "\"name\": \"a\", \"name\": \"b\"", "recipe" },
		{ "\"name\": \"cp-1\"", "\"name\": \"\"", "without name" },
		{ "\"name\": \"cp-1\",", "", "name" },
		{ "\"address\": \"10.0.0.11\"", "\"address\": null", "address" },
		{ "\"dataDir\": \"/var/lib/etcd\"", "\"dataDir\": [1]", "dataDir" },
		{ "\"dataDir\": \"/var/lib/etcd\",", "", "dataDir is missing" },
		{ "\"node\": \"cp-1\",", "", "node is missing" },
		{ "\"address\": \"10.0.0.11\"", "\"address\": \"\"", "address" },
		{ "\"name\": \"cp-3\",", "", "name" },
		{ "\"name\": \"cp-3\"", "\"name\": \"cp-3\", \"image\": \"x\"", "is missing" },
		{ "\"name\": \"cp-3\"", "\"name\": \"cp-3\", \"address\": \"\"", "address" },
		{ "\"id\": \"00112233445566ff\"", "\"id\": \"112233445566ff\"", "id" },
		{ "\"id\": \"00112233445566ff\"", "\"id\": 7", "id" },
		{ "\"learner\": true", "\"learner\": \"true\"", "learner" },
		{ "\"https://x:2380\"", "\"\"", "peer URL" },
		{ "\"https://x:2380\"", "\"https://x:2380,b=c\"", "peer URL" },
		{ "\"https://x:2380\"", "\"https://x\\n:2380\"", "peer URL" },
		{ "\"https://x:2380\"", "{}", "peer URL" },
		{ "\"peerURLs\"", "\"peers\"", "peerURLs" },
		{ "\"quota\": 8589934592", "\"quota\": -1", "quota" },
		{ "\"members\": [", "\"members\": [ 1, ", "member" },
		{ "\"members\"", "\"people\"", "members" },
		{ "\"prod-1.db.zst.age\"", "\"../x\"", "plain name" },
		{ "\"prod-1.db.zst.age\"", "\"a/x\"", "plain name" },
		{ "\"prod-1.db.zst.age\"", "\"\"", "plain name" },
		{ "\"prod-1.db.zst.age\"", "\".x\"", "plain name" },
		{ "\"prod-0\"", "\"/etc/passwd\"", "plain name" },
		{ "\"size\": 1234567", "\"size\": -1", "size" },
		{ "\"9e0751b4\"", "\"9e0751b\"", "hashKV" },
		{ "\"set\": \"00112233445566ff\"", "\"set\": \"00112233445566f\"", "set" },
		{ "\"set\": \"00112233445566ff\"", "\"set\": 7", "set" },
		{ "is a learner", "is\\u001b[2J", "control character" },
		{ "\"pre-upgrade\"", "17", "tags" },
		{ "\"v1.32\"", "\"a\\u001bb\"", "one of its tags has a control character" },
		{ "\"v1.32\"", "\"a\\u0000b\"", "recipe" },
		{ "\"tags\": [\n", "\"tags\": {}, \"x\": [\n", "tags" },
		{ "\"tookMs\": 4711", "\"tookMs\": -1", "tookMs" },
		{ "\"clusterCA\": \"0", "\"clusterCA\": \"", "clusterCA" },
		{ "\"clusterCA\": \"0", "\"clusterCA\": \"none\", \"x\": \"", "clusterCA" },
		{ "\"serviceAccountKey\": \"0", "\"serviceAccountKey\": \"g", "serviceAccountKey" },
		{ "\"encryptionConfig\": \"none", "\"encryptionConfig\": \"some",
		  "encryptionConfig" },
		{ "\"prod-1.pki.tar.zst.age\"", "\"../x\"", "plain name" },
		{ "\"size\": 4567", "\"size\": null", "size" },
		{ "AAAAIJ==\"", "AAAAIJ==\\n@revoked\"", "control character" },
		{ "{", "[", "recipe" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct recipe got = { .revision = 7 };
		struct err err;
		int before = check_failures;
		CHECK_INT(read_changed(cases[i].from, cases[i].to, &got, &err), -1);
		CHECK_INT(err.code, ERR_CONFIG);
		CHECK_HAS(err.text, cases[i].words);
		CHECK_INT(got.revision, 7); /* untouched */
		if (check_failures != before)
			fprintf(stderr, "with %s\n", cases[i].to);
	}
}

/* What is not known of a node that was not read is not there, not even as null. */
static void test_unread(void)
{
	scoped(arena) struct arena *arena = arena_new();
	scoped(buf) struct buf text = BUF_INIT(RECIPE_MAX);
	struct recipe want = example(), got;
	struct err err = ERR_INIT;

	want.cluster.members[0] = want.cluster.members[2];
	want.cluster.members[0].node = "n3";
	want.cluster.members[0].address = "10.0.0.13";
	want.cluster.count = 1;
	CHECK_INT(recipe_write(&want, &text, &err), 0);
	CHECK(!strstr(buf_str(&text), "dataDir") && !strstr(buf_str(&text), "image"));
	CHECK_INT(recipe_read(arena, buf_str(&text), text.len, &got, &err), 0);
	check_member(&got.cluster.members[0], &want.cluster.members[0]);
}

static void test_sizes(void)
{
	scoped(arena) struct arena *arena = arena_new();
	scoped(mem) char *many = mem_alloc(RECIPE_MAX + 2);
	struct recipe got = { 0 };
	struct err err = ERR_INIT;

	memset(many, ' ', RECIPE_MAX + 1);
	CHECK_INT(recipe_read(arena, many, RECIPE_MAX + 1, &got, &err), -1);
	CHECK_INT(err.code, ERR_CONFIG);
	CHECK_INT(recipe_read(arena, "", 0, &got, &err), -1);

	scoped(mem) char *name = mem_printf("\"name\": \"%2100s\"", "x");
	CHECK_INT(read_changed("\"name\": \"prod\"", name, &got, &err), -1);
	struct recipe large = example();
	scoped(buf) struct buf text = BUF_INIT(RECIPE_MAX);
	large.cluster.count = CLUSTER_MEMBERS_MAX;
	for (size_t i = 2; i < CLUSTER_MEMBERS_MAX; i++)
		large.cluster.members[i] = large.cluster.members[1];
	CHECK_INT(recipe_write(&large, &text, &err), 0);
	CHECK_INT(recipe_read(arena, buf_str(&text), text.len, &got, &err), 0);
	CHECK_INT(got.cluster.count, CLUSTER_MEMBERS_MAX);
}

TESTS(TEST(test_round), TEST(test_other_fields), TEST(test_refused), TEST(test_unread),
      TEST(test_sizes))
