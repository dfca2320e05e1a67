/* Certificates of one use: what openssl(1) says of them. */
#include "base/certificate.h"

#include "base/digest.h"
#include "base/test/tool.h"

#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/test-certificate-XXXXXX";

static char *keep(const char *name, const struct buf *text)
{
	char *path = mem_printf("%s/%s", folder, name);
	FILE *file = fopen(path, "w");

	CHECK(file && fwrite(text->data, 1, text->len, file) == text->len);
	if (file)
		fclose(file);
	return path;
}

static void test_made(void)
{
	struct err err = ERR_INIT;
	scoped(certificate) struct certificate one = { .ca = BUF_INIT(1) };
	scoped(certificate) struct certificate two = { .ca = BUF_INIT(1) };
	scoped(buf) struct buf words = BUF_INIT(16 * 1024);
	scoped(buf) struct buf of_key = BUF_INIT(16 * 1024);
	scoped(buf) struct buf of_cert = BUF_INIT(16 * 1024);
	uint64_t end = 0;

	CHECK_INT(certificate_make("root", "127.0.0.1", 25, &one, &err), 0);
	CHECK_INT(certificate_make("root", "127.0.0.1", 25, &two, &err), 0);
	CHECK(mkdtemp(folder) != NULL);
	scoped(mem) char *ca = keep("ca", &one.ca);
	scoped(mem) char *cert = keep("cert", &one.cert);
	scoped(mem) char *key = keep("key", &one.key);
	scoped(mem) char *other = keep("other", &two.ca);
	const char *const verify[] = { "openssl",    "verify",    "-x509_strict",
				       "-verify_ip", "127.0.0.1", "-CAfile",
				       ca,           cert,        NULL };
	const char *const verify_other[] = { "openssl", "verify", "-CAfile", other, cert, NULL };
	const char *const show[] = { "openssl", "x509", "-noout", "-text", "-in", cert, NULL };
	const char *const key_of[] = { "openssl", "pkey", "-pubout", "-in", key, NULL };
	const char *const cert_of[] = { "openssl", "x509", "-pubkey", "-noout", "-in", cert, NULL };

	CHECK_INT(run_tool(verify, NULL, NULL), 0);
	CHECK(run_tool(verify_other, NULL, NULL) != 0);
	CHECK_INT(run_tool(show, NULL, &words), 0);
	CHECK_HAS(buf_str(&words), "Subject: CN = root");
	CHECK_HAS(buf_str(&words), "IP Address:127.0.0.1");
	CHECK_HAS(buf_str(&words), "TLS Web Server Authentication, TLS Web Client Authentication");
	CHECK_HAS(buf_str(&words), "CA:FALSE");
	CHECK_INT(run_tool(key_of, NULL, &of_key), 0);
	CHECK_INT(run_tool(cert_of, NULL, &of_cert), 0);
	CHECK_STR(buf_str(&of_key), buf_str(&of_cert));
	CHECK_INT(digest_certificate_end(buf_str(&one.cert), one.cert.len, &end), 0);
	CHECK(end > now_unix() + 24 * 3600 && end <= now_unix() + 25 * 3600);
	unlink(ca);
	unlink(cert);
	unlink(key);
	unlink(other);
	rmdir(folder);
}

static void test_bad_address(void)
{
	struct err err = ERR_INIT;
	struct certificate one = { .ca = BUF_INIT(1) };

	CHECK_INT(certificate_make("root", "not an address", 1, &one, &err), -1);
	CHECK_INT(err.code, ERR_CONFIG);
	CHECK_HAS(err.text, "not an address");
	CHECK_INT(one.ca.len, 0);
}

TESTS(TEST(test_made), TEST(test_bad_address))
