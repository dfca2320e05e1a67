/*
 * test_buf: what fits, what does not, and that a secret leaves nothing behind.
 */
#include "base/buf.h"
#include "base/mem.h"
#include "base/test/check.h"

static void test_add(void)
{
	scoped(buf) struct buf buf = BUF_INIT(1000 * 1000);

	CHECK_STR(buf_str(&buf), "");
	CHECK_INT(buf_add(&buf, NULL, 0), 0);
	CHECK_INT(buf_adds(&buf, "one"), 0);
	CHECK_INT(buf_addf(&buf, ", %s %d", "two", 3), 0);
	CHECK_STR(buf_str(&buf), "one, two 3");
	CHECK_INT(buf_add(&buf, "\0x", 2), 0);
	CHECK_INT(buf.len, 12);
	CHECK_INT(buf.data[12], '\0');
	buf_clear(&buf);
	for (int i = 0; i < 100 * 1000; i++)
		buf_adds(&buf, &"0123456789"[i % 10]);
	CHECK_INT(buf.len, 550 * 1000);
	CHECK(memcmp(buf.data + buf.len - 6, "789899", 6) == 0);
	buf_release(&buf);
	CHECK_STR(buf_str(&buf), "");
	CHECK_INT(buf_adds(&buf, "again"), 0);
	CHECK_STR(buf_str(&buf), "again");
}

static void test_limits(void)
{
	struct buf buf = BUF_INIT(5);

	CHECK_INT(buf_adds(&buf, "123456"), -1);
	CHECK_INT(buf_addf(&buf, "%d", 123456), -1);
	CHECK_INT(buf.len, 0);
	CHECK_INT(buf_adds(&buf, "1234"), 0);
	CHECK_INT(buf_adds(&buf, "56"), -1);
	CHECK_INT(buf_addf(&buf, "%d", 56), -1);
	CHECK_STR(buf_str(&buf), "1234");
	CHECK_INT(buf_add(&buf, "x", SIZE_MAX), -1);
	CHECK_INT(buf_addf(&buf, "%d", 5), 0);
	CHECK_STR(buf_str(&buf), "12345");
	CHECK_INT(buf_adds(&buf, ""), 0);
	CHECK_INT(buf_adds(&buf, "6"), -1);
	CHECK_STR(buf_str(&buf), "12345");
	buf_release(&buf);

	struct buf none = BUF_INIT(0);
	CHECK_INT(buf_adds(&none, "1"), -1);
	CHECK_INT(buf_adds(&none, ""), 0);
	CHECK_STR(buf_str(&none), "");
	buf_release(&none);
}

static void test_drop_trim(void)
{
	scoped(buf) struct buf buf = BUF_INIT(100);

	buf_drop(&buf, 0);
	buf_trim(&buf);
	CHECK_STR(buf_str(&buf), "");
	buf_adds(&buf, "abcdef \t\r\n");
	buf_drop(&buf, 2);
	buf_trim(&buf);
	CHECK_STR(buf_str(&buf), "cdef");
	CHECK_INT(buf.len, 4);
	buf_drop(&buf, 4);
	CHECK_STR(buf_str(&buf), "");
	buf_adds(&buf, " \n ");
	buf_trim(&buf);
	CHECK_INT(buf.len, 0);

	/* a NUL is no white space */
	buf_add(&buf, "x\0\n", 3);
	buf_trim(&buf);
	CHECK_INT(buf.len, 2);
}

static void test_secret(void)
{
	struct buf buf = BUF_SECRET(10000);
	char long_text[2000];

	memset(long_text, 's', sizeof(long_text));
	CHECK_INT(buf_adds(&buf, "hunter2"), 0);
	CHECK_INT(buf_add(&buf, long_text, sizeof(long_text)), 0); /* moves */
	CHECK_INT(buf_adds(&buf, "!"), 0);
	CHECK_INT(buf.len, 7 + sizeof(long_text) + 1);
	CHECK(memcmp(buf.data, "hunter2sss", 10) == 0);
	CHECK_INT(buf.data[buf.len - 1], '!');
	buf_clear(&buf);
	CHECK_INT(buf.len, 0);
	size_t left = 0;
	for (size_t i = 0; i < buf.room; i++)
		left += buf.data[i] != 0;
	CHECK_INT(left, 0);
	buf_release(&buf);
	CHECK(buf.data == NULL);
	CHECK(buf.secret);
}

TESTS(TEST(test_add), TEST(test_limits), TEST(test_drop_trim), TEST(test_secret))
