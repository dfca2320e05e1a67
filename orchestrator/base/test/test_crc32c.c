/*
 * test_crc32c: the vectors of RFC 3720, and the instruction against the table.
 */
#include "base/crc32c.h"
#include "base/test/check.h"

static void test_vectors(void)
{
	uint8_t data[32];

	CHECK_INT(crc32c(0, "123456789", 9), 0xE3069283);
	CHECK_INT(crc32c(0, "", 0), 0);
	memset(data, 0, sizeof(data));
	CHECK_INT(crc32c(0, data, sizeof(data)), 0x8A9136AA);
	memset(data, 0xff, sizeof(data));
	CHECK_INT(crc32c(0, data, sizeof(data)), 0x62A8AB43);
	for (int i = 0; i < 32; i++)
		data[i] = (uint8_t)i;
	CHECK_INT(crc32c(0, data, sizeof(data)), 0x46DD794E);
	for (int i = 0; i < 32; i++)
		data[i] = (uint8_t)(31 - i);
	CHECK_INT(crc32c(0, data, sizeof(data)), 0x113FDB5C);
}

/* Every length, every alignment, in one piece and in two. */
static void test_pieces(void)
{
	uint8_t data[300];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7919 >> 3);
	for (size_t start = 0; start < 9; start++) {
		for (size_t len = 0; len + start <= sizeof(data); len++) {
			uint32_t want = crc32c_table(0, data + start, len);
			size_t half = len / 3;
			CHECK_INT(crc32c(0, data + start, len), want);
			CHECK_INT(crc32c(crc32c(0, data + start, half), data + start + half,
					 len - half),
				  want);
		}
	}
}

TESTS(TEST(test_vectors), TEST(test_pieces))
