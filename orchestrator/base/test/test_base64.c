/*
 * test_base64: the vectors of RFC 4648, and what is not base64.
 */
#include "base/base64.h"
#include "base/mem.h"
#include "base/test/check.h"

static void test_vectors(void)
{
	static const struct {
		const char *plain, *padded, *bare;
	} cases[] = {
		{ "", "", "" },
		{ "f", "Zg==", "Zg" },
		{ "fo", "Zm8=", "Zm8" },
		{ "foo", "Zm9v", "Zm9v" },
		{ "foob", "Zm9vYg==", "Zm9vYg" },
		{ "fooba", "Zm9vYmE=", "Zm9vYmE" },
		{ "foobar", "Zm9vYmFy", "Zm9vYmFy" },
		{ "\xff\xef\xbe", "/+++", "/+++" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped(buf) struct buf padded = BUF_INIT(100), bare = BUF_INIT(100);
		scoped(buf) struct buf one = BUF_INIT(100), two = BUF_INIT(100);
		size_t len = strlen(cases[i].plain);
		CHECK_INT(base64_encode(cases[i].plain, len, true, &padded), 0);
		CHECK_INT(base64_encode(cases[i].plain, len, false, &bare), 0);
		CHECK_STR(buf_str(&padded), cases[i].padded);
		CHECK_STR(buf_str(&bare), cases[i].bare);
		CHECK_INT(base64_decode(cases[i].padded, strlen(cases[i].padded), &one), 0);
		CHECK_INT(base64_decode(cases[i].bare, strlen(cases[i].bare), &two), 0);
		CHECK_STR(buf_str(&one), cases[i].plain);
		CHECK_STR(buf_str(&two), cases[i].plain);
	}
}

static void test_all_bytes(void)
{
	scoped(buf) struct buf text = BUF_INIT(1000), back = BUF_INIT(1000);
	unsigned char bytes[256];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 7);
	CHECK_INT(base64_encode(bytes, sizeof(bytes), true, &text), 0);
	CHECK_INT(base64_decode(text.data, text.len, &back), 0);
	CHECK_INT(back.len, sizeof(bytes));
	CHECK(memcmp(back.data, bytes, sizeof(bytes)) == 0);
}

static void test_bad(void)
{
	static const struct {
		const char *text;
		size_t len;
	} bad[] = {
		{ "Z", 1 },     { "Zm9vY", 5 },   { "Z===", 4 },        { "Zm9v\n", 5 },
		{ " Zm9v", 5 }, { "Zm 9v", 5 },   { "Zm-_", 4 },        { "Zg==Zg", 6 },
		{ "Zm\0v", 4 }, { "Zm9\xc3", 4 }, { "-----BEGIN", 10 },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		scoped(buf) struct buf out = BUF_INIT(100);
		CHECK_INT(base64_decode(bad[i].text, bad[i].len, &out), -1);
	}
}

static void test_full(void)
{
	scoped(buf) struct buf out = BUF_INIT(5);

	CHECK_INT(base64_encode("foobar", 6, true, &out), -1);
	buf_clear(&out);
	CHECK_INT(base64_decode("Zm9vYmFy", 8, &out), -1);
	buf_clear(&out);
	CHECK_INT(base64_decode("Zm9vYmE=", 8, &out), 0);
	CHECK_STR(buf_str(&out), "fooba");
}

TESTS(TEST(test_vectors), TEST(test_all_bytes), TEST(test_bad), TEST(test_full))
