/*
 * digest: see digest.h.
 */
#include "base/digest.h"

#include "base/mem.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

struct digest {
	EVP_MD_CTX *ctx;
};

static void whole(const EVP_MD *kind, const void *data, size_t len, uint8_t *out)
{
	if (!EVP_Digest(data, len, out, NULL, kind, NULL))
		abort(); /* out of memory, or a library without it */
}

void digest_sha1(const void *data, size_t len, uint8_t out[SHA1_SIZE])
{
	whole(EVP_sha1(), data, len, out);
}

void digest_sha256(const void *data, size_t len, uint8_t out[SHA256_SIZE])
{
	whole(EVP_sha256(), data, len, out);
}

struct digest *digest_sha256_begin(void)
{
	struct digest *digest = mem_zalloc(sizeof(*digest));

	digest->ctx = EVP_MD_CTX_new();
	if (!digest->ctx || !EVP_DigestInit_ex(digest->ctx, EVP_sha256(), NULL))
		abort();
	return digest;
}

struct digest *digest_copy(const struct digest *digest)
{
	struct digest *copy = digest_sha256_begin();

	if (!EVP_MD_CTX_copy_ex(copy->ctx, digest->ctx))
		abort();
	return copy;
}

void digest_add(struct digest *digest, const void *data, size_t len)
{
	if (!EVP_DigestUpdate(digest->ctx, data, len))
		abort();
}

void digest_end(struct digest *digest, uint8_t out[SHA256_SIZE])
{
	if (!EVP_DigestFinal_ex(digest->ctx, out, NULL))
		abort();
	digest_free(digest);
}

void digest_free(struct digest *digest)
{
	if (!digest)
		return;
	EVP_MD_CTX_free(digest->ctx);
	free(digest);
}

void digest_hex(const uint8_t *data, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		out[2 * i] = digits[data[i] >> 4];
		out[2 * i + 1] = digits[data[i] & 15];
	}
	out[2 * len] = '\0';
}

void random_bytes(void *out, size_t len)
{
	for (size_t at = 0; at < len;) {
		ssize_t n = getrandom((char *)out + at, len - at, 0);
		if (n < 0 && errno != EINTR)
			abort();
		at += n > 0 ? (size_t)n : 0;
	}
}

/* A certificate that is encrypted is none: without this OpenSSL asks on the terminal. */
static int no_password(char *out, int size, int writing, void *arg)
{
	(void)out;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

int digest_certificate(const char *pem, size_t len, uint8_t out[SHA256_SIZE])
{
	BIO *bio = len <= INT_MAX ? BIO_new_mem_buf(pem, (int)len) : NULL;
	X509 *cert = bio ? PEM_read_bio_X509(bio, NULL, no_password, NULL) : NULL;
	int ok = cert && X509_digest(cert, EVP_sha256(), out, NULL);

	X509_free(cert);
	BIO_free(bio);
	ERR_clear_error(); /* what is left there would be taken for an error of the next call */
	return ok ? 0 : -1;
}

static int not_after(const X509 *cert, uint64_t *end)
{
	struct tm tm;
	time_t at;

	if (!ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm))
		return -1;
	at = timegm(&tm);
	*end = at > 0 ? (uint64_t)at : 0;
	return 0;
}

int digest_certificate_end(const char *pem, size_t len, uint64_t *end)
{
	BIO *bio = len <= INT_MAX ? BIO_new_mem_buf(pem, (int)len) : NULL;
	uint64_t first = UINT64_MAX, one;
	int failed = 0;
	X509 *cert;

	while (bio && !failed && (cert = PEM_read_bio_X509(bio, NULL, no_password, NULL))) {
		failed = not_after(cert, &one);
		first = !failed && one < first ? one : first;
		X509_free(cert);
	}
	BIO_free(bio);
	ERR_clear_error(); /* the end of the text is one, too */
	if (failed || first == UINT64_MAX)
		return -1;
	*end = first;
	return 0;
}
