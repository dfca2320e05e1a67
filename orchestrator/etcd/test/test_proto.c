/*
 * test_proto: fields written and read back, and every way in which bytes are no message.
 */
#include "base/test/check.h"
#include "etcd/proto.h"

static void test_round(void)
{
	static const uint64_t values[] = { 0, 1, 127, 128, 300, 1ull << 32, UINT64_MAX };
	struct buf out = BUF_INIT(4096);
	struct proto_field f;

	for (size_t i = 0; i < 7; i++)
		proto_add_varint(&out, (unsigned)(i * 100 + 1), values[i]);
	proto_add_bytes(&out, 15, "hello", 5);
	proto_add_bytes(&out, 16, "", 0);
	struct proto p = proto_of(out.data, out.len);
	for (size_t i = 0; i < 7; i++) {
		CHECK(proto_next(&p, &f));
		CHECK_INT(f.number, i * 100 + 1);
		CHECK_INT(f.type, 0);
		CHECK(f.value == values[i]);
	}
	CHECK(proto_next(&p, &f));
	CHECK_INT(f.number, 15);
	CHECK_INT(f.len, 5);
	CHECK(memcmp(f.data, "hello", 5) == 0);
	CHECK(proto_next(&p, &f));
	CHECK_INT(f.len, 0);
	CHECK(!proto_next(&p, &f));
	CHECK(!p.bad);
	buf_release(&out);
}

/* The encoding's own examples: 08 96 01 is field 1 = 150, 12 07 ... is field 2 = "testing". */
static void test_known(void)
{
	static const uint8_t message[] = { 0x08, 0x96, 0x01, 0x12, 0x07, 't', 'e', 's',  't',
					   'i',  'n',  'g',  0x1d, 1,    0,   0,   0x80, 0x21,
					   2,    0,    0,    0,    0,    0,   0,   0x80 };
	struct proto p = proto_of(message, sizeof(message));
	struct proto_field f;
	char text[5];

	CHECK(proto_next(&p, &f) && f.number == 1 && f.value == 150);
	CHECK(proto_next(&p, &f) && f.number == 2 && f.type == 2);
	proto_text(&f, text, sizeof(text));
	CHECK_STR(text, "test");
	CHECK(proto_next(&p, &f) && f.number == 3 && f.type == 5 && f.value == 0x80000001u);
	CHECK(proto_next(&p, &f) && f.number == 4 && f.type == 1 &&
	      f.value == 0x8000000000000002ull);
	CHECK(!proto_next(&p, &f) && !p.bad);
}

static void test_bad(void)
{
	static const struct {
		const char *bytes;
		size_t len;
	} bad[] = {
		{ "\x08", 1 },                                            /* no value */
		{ "\x08\x80", 2 },                                        /* value cut off */
		{ "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\1", 12 }, /* more than 64 bits */
		{ "\x12\x05hell", 6 },                                    /* length too great */
		{ "\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11 },   /* by far */
		{ "\x09\1\2\3\4\5\6\7", 8 },                              /* 64 bits cut off */
		{ "\x0d\1\2\3", 4 },                                      /* 32 bits cut off */
		{ "\x0b", 1 },                                            /* a group */
		{ "\x0e", 1 },                                            /* no such type */
		{ "\x00\x01", 2 },                                        /* field 0 */
	};
	struct proto_field f;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct proto p = proto_of(bad[i].bytes, bad[i].len);
		CHECK(!proto_next(&p, &f));
		CHECK(p.bad);
		CHECK(!proto_next(&p, &f)); /* and stays there */
	}
	struct proto nothing = proto_of(NULL, 0);
	CHECK(!proto_next(&nothing, &f) && !nothing.bad);
}

TESTS(TEST(test_round), TEST(test_known), TEST(test_bad))
