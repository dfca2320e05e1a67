/*
 * test_digest: the published vectors of SHA-1 and SHA-256 (FIPS 180-4), and certificates in PEM.
 */
#include "base/digest.h"
#include "base/test/check.h"

#include "base/mem.h"

static const char *hex(const uint8_t *sum, size_t len)
{
	static char text[2 * SHA256_SIZE + 1];

	digest_hex(sum, len, text);
	return text;
}

static void test_whole(void)
{
	uint8_t sum[SHA256_SIZE];

	digest_sha1("abc", 3, sum);
	CHECK_STR(hex(sum, SHA1_SIZE), "a9993e364706816aba3e25717850c26c9cd0d89d");
	digest_sha1("", 0, sum);
	CHECK_STR(hex(sum, SHA1_SIZE), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
	digest_sha256("abc", 3, sum);
	CHECK_STR(hex(sum, SHA256_SIZE),
		  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void test_running(void)
{
	static const char text[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
	struct digest *digest = digest_sha256_begin();
	uint8_t sum[SHA256_SIZE];

	for (size_t i = 0; i < sizeof(text) - 1; i++)
		digest_add(digest, text + i, 1);
	digest_add(digest, text, 0);
	digest_end(digest, sum);
	CHECK_STR(hex(sum, SHA256_SIZE),
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	digest_free(digest_sha256_begin());
	digest_free(NULL);
}

static void test_random(void)
{
	uint8_t a[1000] = { 0 }, b[1000] = { 0 };
	size_t same = 0;

	random_bytes(a, sizeof(a));
	random_bytes(b, sizeof(b));
	for (size_t i = 0; i < sizeof(a); i++)
		same += a[i] == b[i];
	CHECK(same < 100);
	random_bytes(a, 0);
}

/* openssl req -x509 -newkey ed25519; openssl x509 -outform DER | sha256sum */
static const char certificate[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBOjCB7aADAgECAhQCadKhTgvr+vFpNuLifbZeWnEFljAFBgMrZXAwEjEQMA4G\n"
	"A1UEAwwHZXRjZC1jYTAgFw0yNjExMjEwNjEyNDlaGA8yMTI2MTAyODA2MTI0OVow\n"
	"EjEQMA4GA1UEAwwHZXRjZC1jYTAqMAUGAytlcAMhALbchmXF+yfUMO0S5d1+mu5z\n"
	"S5tbJk8jOWHdrhjMdUtmo1MwUTAdBgNVHQ4EFgQUrWEtXoWnm2hHZFt1EmDeMil2\n"
	"h/MwHwYDVR0jBBgwFoAUrWEtXoWnm2hHZFt1EmDeMil2h/MwDwYDVR0TAQH/BAUw\n"
	"AwEB/zAFBgMrZXADQQBX7PCGXXCi0u5qoVPSUR/enf/Aq/gb2EWOFBmhYD/lZC02\n"
	"8VfN1PdE0k2VZboA006a7/CJMh8vYdPebWIHHT8H\n"
	"-----END CERTIFICATE-----\n";
static const char fingerprint[] =
	"50801db02931e63eaa1269c26b3b24333b1117abfdccedf1f18b9cc9e87edaa1";

static void test_certificate(void)
{
	static const char encrypted[] = "-----BEGIN CERTIFICATE-----\n"
					"Proc-Type: 4,ENCRYPTED\n"
					"DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n"
					"AAAAAAAAAAAAAAAAAAAAAA==\n"
					"-----END CERTIFICATE-----\n";
	scoped(mem) char *two = mem_printf("words in front\n%s%s", certificate, certificate);
	uint8_t sum[SHA256_SIZE] = { 7 };

	CHECK_INT(digest_certificate("", 0, sum), -1);
	CHECK_INT(digest_certificate("nothing", 7, sum), -1);
	CHECK_INT(digest_certificate(certificate, sizeof(certificate) / 2, sum), -1);
	CHECK_INT(digest_certificate(encrypted, sizeof(encrypted) - 1, sum), -1); /* asks nobody */
	CHECK_INT(sum[0], 7);
	CHECK_INT(digest_certificate(certificate, sizeof(certificate) - 1, sum), 0);
	CHECK_STR(hex(sum, SHA256_SIZE), fingerprint);
	CHECK_INT(digest_certificate(two, strlen(two), sum), 0);
	CHECK_STR(hex(sum, SHA256_SIZE), fingerprint);
}

/* As `certificate`, but -days 2. */
static const char short_lived[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBNDCB56ADAgECAhQm/gk8XNMAo1s/M0msCC9JaFeHXjAFBgMrZXAwEDEOMAwG\n"
	"A1UEAwwFc2hvcnQwHhcNMjYxMTIxMTIwNzE1WhcNMjYxMTIzMTIwNzE1WjAQMQ4w\n"
	"DAYDVQQDDAVzaG9ydDAqMAUGAytlcAMhAHB21qp6w9GlVvBG2Fw6t5QbwIXOYjvs\n"
	"/TlSbamt8Wldo1MwUTAdBgNVHQ4EFgQUZILYTLhxhsh+Q8eZMtkK382QVp4wHwYD\n"
	"VR0jBBgwFoAUZILYTLhxhsh+Q8eZMtkK382QVp4wDwYDVR0TAQH/BAUwAwEB/zAF\n"
	"BgMrZXADQQBuwur2TojaSlGScd4qXk1kb7ETjRDCXMWdEMlGdi/BfY3ax16qdN/a\n"
	"kmKjJRea6cf5HPkazKLRrNMKAtiFMH4G\n"
	"-----END CERTIFICATE-----\n";

static void test_certificate_end(void)
{
	scoped(mem) char *both = mem_printf("words in front\n%s%s", certificate, short_lived);
	scoped(mem) char *other = mem_printf("%s%s", short_lived, certificate);
	uint64_t end = 7;

	CHECK_INT(digest_certificate_end("", 0, &end), -1);
	CHECK_INT(digest_certificate_end("nothing", 7, &end), -1);
	CHECK_INT(digest_certificate_end(certificate, sizeof(certificate) / 2, &end), -1);
	CHECK_INT(end, 7);
	CHECK_INT(digest_certificate_end(certificate, sizeof(certificate) - 1, &end), 0);
	CHECK_INT(end, 4948841569); /* openssl x509 -enddate: Oct 28 06:12:49 2126 GMT */
	CHECK_INT(digest_certificate_end(both, strlen(both), &end), 0);
	CHECK_INT(end, 1795435635);
	end = 7;
	CHECK_INT(digest_certificate_end(other, strlen(other), &end), 0);
	CHECK_INT(end, 1795435635);
}

TESTS(TEST(test_whole), TEST(test_running), TEST(test_random), TEST(test_certificate),
      TEST(test_certificate_end))
