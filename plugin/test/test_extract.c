/*
 * test_extract: what is left of an object that is to be applied again, and which words name one.
 */
#include "base/json.h"
#include "base/test/check.h"
#include "plugin/extract.h"

static void test_strip(void)
{
	static const char text[] =
		"{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"a\","
		"\"uid\":\"u\",\"resourceVersion\":"
		"\"7\",\"generation\":2,\"managedFields\":[{}],\"creationTimestamp\":\"t\","
		"\"selfLink\":\"s\",\"deletionTimestamp\":"
		"\"d\",\"deletionGracePeriodSeconds\":0,\"ownerReferences\":[{\"uid\":\"x\"}],"
		"\"labels\":{\"uid\":\"stays\"},"
		"\"finalizers\":[\"f\"]},\"data\":{\"status\":\"stays\"},\"spec\":{\"metadata\":{"
		"\"uid\":\"stays\"}},\"status\":{\"x\":1}}";
	static const char want[] =
		"{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"a\","
		"\"labels\":{\"uid\":\"stays\"},\"finalizers\":[\"f\"]},\"data\":{\"status\":"
		"\"stays\"},\"spec\":{\"metadata\":{\"uid\":\"stays\"}}}";
	scoped(arena) struct arena *arena = arena_new();
	scoped(buf) struct buf out = BUF_INIT(4096);
	struct err err = ERR_INIT;
	const struct tree *object = json_parse(arena, text, strlen(text), 4096, &err);

	CHECK(object != NULL);
	extract_strip((struct tree *)(uintptr_t)object);
	CHECK_INT(json_write(object, true, &out, &err), 0);
	buf_trim(&out);
	CHECK_STR(buf_str(&out), want);
}

static void test_parse(void)
{
	static const char *const bad[] = { "",     "cm",     "/a",      "cm/",    "cm/a/b", "cm/..",
					   "../a", "cm/a?b", "cm/a%2f", "cm a/b", "cm/a\nb" };
	char resource[16], name[16];

	CHECK(extract_parse("widgets.ex/a.b-c", resource, name, sizeof(name)));
	CHECK_STR(resource, "widgets.ex");
	CHECK_STR(name, "a.b-c");
	CHECK(extract_parse("cr/system:node", resource, name, sizeof(name)));
	CHECK(!extract_parse("configmaps/a-name-that-is-long", resource, name, sizeof(name)));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(!extract_parse(bad[i], resource, name, sizeof(name)));
}

TESTS(TEST(test_strip), TEST(test_parse))
