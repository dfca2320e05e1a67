/*
 * test_hmac: HMAC-SHA256 against RFC 4231, HMAC-SHA1 against RFC 2202.
 */
#include "base/hmac.h"
#include "base/test/check.h"

#include "base/digest.h"

static void sha256_short_key(void)
{
	uint8_t mac[32];
	char text[65];

	hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, mac);
	digest_hex(mac, sizeof(mac), text);
	CHECK_STR(text, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

static void sha256_long_key(void)
{
	static const char data[] = "Test Using Larger Than Block-Size Key - Hash Key First";
	uint8_t mac[32], key[131];
	char text[65];

	memset(key, 0xaa, sizeof(key));
	hmac_sha256(key, sizeof(key), data, sizeof(data) - 1, mac);
	digest_hex(mac, sizeof(mac), text);
	CHECK_STR(text, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void sha1(void)
{
	uint8_t mac[20];
	char text[41];

	hmac_sha1("Jefe", 4, "what do ya want for nothing?", 28, mac);
	digest_hex(mac, sizeof(mac), text);
	CHECK_STR(text, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
}

TESTS(TEST(sha256_short_key), TEST(sha256_long_key), TEST(sha1))
