/*
 * test_crypto: the published vectors of X25519 (RFC 7748), HKDF (RFC 5869), HMAC-SHA256 (RFC 4231), ChaCha20-Poly1305
 * (RFC 8439) and scrypt (RFC 7914), and what must be refused.
 */
#include "base/crypto.h"
#include "base/test/check.h"

#include "base/digest.h"

#include <stdlib.h>

/* Bytes from hex; the length of the text is known to be right. */
static const uint8_t *bytes(const char *hex)
{
	static uint8_t out[4][256];
	static int turn;
	uint8_t *mine = out[turn = (turn + 1) % 4];

	for (size_t i = 0; hex[2 * i]; i++) {
		char two[3] = { hex[2 * i], hex[2 * i + 1], '\0' };
		mine[i] = (uint8_t)strtoul(two, NULL, 16);
	}
	return mine;
}

static const char *hex(const uint8_t *data, size_t len)
{
	static char text[513];

	digest_hex(data, len, text);
	return text;
}

static const char alice[] = "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a";
static const char alice_public[] =
	"8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a";
static const char bob_public[] = "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f";

static void test_ready(void)
{
	struct err err = ERR_INIT;

	CHECK_INT(crypto_ready(&err), 0);
	CHECK_INT(err.code, ERR_NONE);
}

static void test_x25519(void)
{
	uint8_t out[CRYPTO_KEY];

	crypto_x25519_public(bytes(alice), out);
	CHECK_STR(hex(out, 32), alice_public);
	CHECK_INT(crypto_x25519_shared(bytes(alice), bytes(bob_public), out), 0);
	CHECK_STR(hex(out, 32), "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
}

static void test_low_order(void)
{
	static const char *const low[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};
	uint8_t out[CRYPTO_KEY] = { 7 };

	for (size_t i = 0; i < sizeof(low) / sizeof(low[0]); i++)
		CHECK_INT(crypto_x25519_shared(bytes(alice), bytes(low[i]), out), -1);
	CHECK_INT(out[0], 7);
}

static void test_hkdf_hmac(void)
{
	uint8_t key[22], out[CRYPTO_KEY];

	memset(key, 0x0b, sizeof(key));
	crypto_hkdf(key, 22, bytes("000102030405060708090a0b0c"), 13, bytes("f0f1f2f3f4f5f6f7f8f9"),
		    10, out);
	CHECK_STR(hex(out, 32), "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
	crypto_hkdf(key, 22, NULL, 0, NULL, 0, out);
	CHECK_STR(hex(out, 32), "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
	crypto_hmac(key, 20, "Hi There", 8, out);
	CHECK_STR(hex(out, 32), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	crypto_hmac("Jefe", 4, "what do ya want for nothing?", 28, out);
	CHECK_STR(hex(out, 32), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

static const char sunscreen[] =
	"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the "
	"future, sunscreen would be it.";
static const char sealed_hex[] =
	"d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da"
	"92"
	"728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad67594558580"
	"8b"
	"4831d7bc3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691";

static void test_aead(void)
{
	static const char key[] =
		"808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f";
	const uint8_t *nonce = bytes("070000004041424344454647");
	struct crypto_aad aad = { bytes("50515253c0c1c2c3c4c5c6c7"), 12 };
	uint8_t sealed[114 + CRYPTO_TAG], plain[114];
	size_t len = sizeof(sunscreen) - 1;

	CHECK_INT(len, 114);
	crypto_seal(bytes(key), nonce, aad, sunscreen, len, sealed);
	CHECK_STR(hex(sealed, sizeof(sealed)), sealed_hex);
	CHECK_INT(crypto_open(bytes(key), nonce, aad, sealed, sizeof(sealed), plain), 0);
	CHECK(memcmp(plain, sunscreen, len) == 0);

	for (size_t i = 0; i < sizeof(sealed); i += 13) {
		memset(plain, 1, sizeof(plain));
		sealed[i] ^= 0x40;
		CHECK_INT(crypto_open(bytes(key), nonce, aad, sealed, sizeof(sealed), plain), -1);
		sealed[i] ^= 0x40;
		CHECK(plain[0] == 0 && plain[113] == 0); /* nothing of it can be used */
	}
	aad.len--;
	CHECK_INT(crypto_open(bytes(key), nonce, aad, sealed, sizeof(sealed), plain), -1);
	CHECK_INT(crypto_open(bytes(key), nonce, aad, sealed, CRYPTO_TAG - 1, plain), -1);
}

static void test_aead_empty(void)
{
	uint8_t key[CRYPTO_KEY] = { 1 }, nonce[CRYPTO_NONCE] = { 2 }, sealed[CRYPTO_TAG];
	struct crypto_aad none = { NULL, 0 };

	crypto_seal(key, nonce, none, NULL, 0, sealed);
	CHECK_INT(crypto_open(key, nonce, none, sealed, sizeof(sealed), NULL), 0);
	sealed[3] ^= 1;
	CHECK_INT(crypto_open(key, nonce, none, sealed, sizeof(sealed), NULL), -1);
}

static void test_scrypt(void)
{
	uint8_t out[CRYPTO_KEY] = { 7 };

	CHECK_INT(crypto_scrypt("x", 1, "y", 1, 0, out), -1);
	CHECK_INT(crypto_scrypt("x", 1, "y", 1, 31, out), -1);
	CHECK_INT(out[0], 7);
	CHECK_INT(crypto_scrypt("pleaseletmein", 13, "SodiumChloride", 14, 14, out), 0);
	CHECK_STR(hex(out, 32), "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2");
}

static void test_equal(void)
{
	CHECK(crypto_equal("abc", "abc", 3));
	CHECK(!crypto_equal("abc", "abd", 3));
	CHECK(crypto_equal("abc", "abd", 2));
	CHECK(crypto_equal("", "", 0));
}

TESTS(TEST(test_ready), TEST(test_x25519), TEST(test_low_order), TEST(test_hkdf_hmac),
      TEST(test_aead), TEST(test_aead_empty), TEST(test_scrypt), TEST(test_equal))
