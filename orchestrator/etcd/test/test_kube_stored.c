/*
 * test_kube_stored: objects as an API server stores them, in both forms, and what is neither.
 */
#include "base/mem.h"
#include "base/test/check.h"
#include "etcd/kube_stored.h"
#include "etcd/proto.h"

#define UID "0b83b2c2-83f1-4e61-b080-4dfd3ed4790e"

static void add_text(struct buf *out, unsigned number, const char *text)
{
	proto_add_bytes(out, number, text, strlen(text));
}

/* "k8s", a NUL, and Unknown with the object's own message */
static void wrap(const struct buf *object, struct buf *out)
{
	scoped(buf) struct buf type = BUF_INIT(200);

	add_text(&type, 1, "v1");
	buf_add(out, "k8s", 4);
	proto_add_bytes(out, 1, type.data, type.len);
	proto_add_bytes(out, 2, object->data, object->len);
	proto_add_bytes(out, 3, "", 0);
}

static void make_namespace(const char *uid, struct buf *out)
{
	scoped(buf) struct buf meta = BUF_INIT(1000), object = BUF_INIT(1000);

	add_text(&meta, 1, "kube-system");
	add_text(&meta, 5, uid);
	proto_add_varint(&meta, 7, 1);
	proto_add_bytes(&object, 1, meta.data, meta.len);
	proto_add_bytes(&object, 2, "", 0);
	wrap(&object, out);
}

static void make_map(struct buf *out)
{
	static const char *const pairs[][2] = { { "Other", "x" },
						{ "ClusterConfiguration", "kind: X\n" } };
	scoped(buf) struct buf object = BUF_INIT(1000);

	proto_add_bytes(&object, 1, "", 0);
	for (size_t i = 0; i < 2; i++) {
		scoped(buf) struct buf entry = BUF_INIT(1000);
		add_text(&entry, 1, pairs[i][0]);
		add_text(&entry, 2, pairs[i][1]);
		proto_add_bytes(&object, 2, entry.data, entry.len);
	}
	wrap(&object, out);
}

static void test_uid(void)
{
	static const char json[] = "{\"kind\":\"Namespace\",\"metadata\":{\"uid\":\"" UID "\"}}";
	scoped(buf) struct buf value = BUF_INIT(4000);
	char uid[KUBE_UID_SIZE] = "untouched";
	struct err err = ERR_INIT;

	make_namespace(UID, &value);
	for (size_t cut = 0; cut < value.len; cut++) { /* never read beyond, nor half a uid taken */
		char got[KUBE_UID_SIZE] = "";
		scoped(mem) char *copy = mem_alloc(cut);
		memcpy(copy, value.data, cut);
		if (!kube_stored_uid(copy, cut, got, &err))
			CHECK_STR(got, UID);
	}
	CHECK_INT(kube_stored_uid(value.data, value.len, uid, &err), 0);
	CHECK_STR(uid, UID);
	CHECK_INT(kube_stored_uid(json, strlen(json), uid, &err), 0);
	CHECK_STR(uid, UID);
}

static void test_uid_bad(void)
{
	static const char *const bad[] = { "",
					   "k8s",
					   "{",
					   "{}",
					   "x",
					   "{\"metadata\":{\"uid\":7}}",
					   "{\"metadata\":{\"uid\":\"a b\"}}",
					   "k8s:enc:aescbc:v1:key1:xxxxxxxxxx" };
	static const char *const uids[] = {
		"", "a\x1b[0m", "0123456789012345678901234567890123456789012345678901234567890123"
	};
	char uid[KUBE_UID_SIZE] = "untouched";

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err err = ERR_INIT;
		CHECK_INT(kube_stored_uid(bad[i], strlen(bad[i]), uid, &err), -1);
		CHECK_INT(err.code, ERR_CONFIG);
	}
	for (size_t i = 0; i < sizeof(uids) / sizeof(uids[0]); i++) {
		scoped(buf) struct buf value = BUF_INIT(4000);
		struct err err = ERR_INIT;
		make_namespace(uids[i], &value);
		CHECK_INT(kube_stored_uid(value.data, value.len, uid, &err), -1);
	}
	CHECK_STR(uid, "untouched");
}

static void test_config(void)
{
	static const char json[] = "{\"data\":{\"ClusterConfiguration\":\"kind: X\\n\"}}";
	scoped(buf) struct buf value = BUF_INIT(4000), out = BUF_INIT(100), small = BUF_INIT(3);
	struct err err = ERR_INIT;

	make_map(&value);
	CHECK_INT(kube_stored_config(value.data, value.len, "ClusterConfiguration", &out, &err), 0);
	CHECK_STR(buf_str(&out), "kind: X\n");
	buf_clear(&out);
	CHECK_INT(kube_stored_config(json, strlen(json), "ClusterConfiguration", &out, &err), 0);
	CHECK_STR(buf_str(&out), "kind: X\n");
	CHECK_INT(kube_stored_config(value.data, value.len, "Cluster", &out, &err), -1);
	CHECK_HAS(err.text, "no Cluster");
	CHECK_INT(kube_stored_config(json, strlen(json), "Cluster", &out, &err), -1);
	CHECK_INT(kube_stored_config(value.data, value.len, "ClusterConfiguration", &small, &err),
		  -1);
	CHECK_INT(kube_stored_config("k8s:enc:kms:v2:x:xxxx", 21, "x", &out, &err), -1);
	CHECK_HAS(err.text, "encrypted");
}

TESTS(TEST(test_uid), TEST(test_uid_bad), TEST(test_config))
