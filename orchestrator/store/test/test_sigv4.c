/*
 * test_sigv4: the vectors AWS publishes: its test suite for version 4 (service "service") and the four examples of
 * the S3 documentation.
 */
#include "base/test/check.h"
#include "store/sigv4.h"

#include "base/mem.h"

#include <stdlib.h>

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define HOST "Host:example.amazonaws.com"
#define DATE "X-Amz-Date:20150830T123600Z"
#define S3_HOST "Host: examplebucket.s3.amazonaws.com"
#define S3_DATE "x-amz-date: 20130524T000000Z"
#define S3_EMPTY "x-amz-content-sha256: " EMPTY

struct vector {
	const char *about, *method, *path, *query;
	const char *headers[8];
	const char *payload, *signature;
};

static const struct vector suite[] = {
	{ "get-vanilla",
	  "GET",
	  "/",
	  NULL,
	  { HOST, DATE },
	  EMPTY,
	  "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
	{ "post-vanilla",
	  "POST",
	  "/",
	  NULL,
	  { HOST, DATE },
	  EMPTY,
	  "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b" },
	{ "get-vanilla-query-order-key-case",
	  "GET",
	  "/",
	  "Param2=value2&Param1=value1",
	  { HOST, DATE },
	  EMPTY,
	  "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500" },
	{ "get-unreserved",
	  "GET",
	  "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
	  NULL,
	  { HOST, DATE },
	  EMPTY,
	  "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f" },
	{ "get-utf8",
	  "GET",
	  "/%E1%88%B4",
	  NULL,
	  { HOST, DATE },
	  EMPTY,
	  "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85" },
	{ "get-header-value-trim",
	  "GET",
	  "/",
	  NULL,
	  { HOST, "My-Header1: value1", "My-Header2: \"a   b   c\"", DATE },
	  EMPTY,
	  "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736" },
	{ "get-header-key-duplicate",
	  "GET",
	  "/",
	  NULL,
	  { HOST, "My-Header1:value2", "My-Header1:value2", "My-Header1:value1", DATE },
	  EMPTY,
	  "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea" },
};

static const struct vector s3[] = {
	{ "get object",
	  "GET",
	  "/test.txt",
	  NULL,
	  { S3_HOST, "Range: bytes=0-9", S3_EMPTY, S3_DATE },
	  EMPTY,
	  "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41" },
	{ "put object",
	  "PUT",
	  "/test%24file.text",
	  NULL,
	  { S3_HOST, "Date: Fri, 24 May 2013 00:00:00 GMT", S3_DATE,
	    "x-amz-storage-class: REDUCED_REDUNDANCY",
	    "x-amz-content-sha256: "
	    "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072" },
	  "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
	  "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd" },
	{ "bucket lifecycle",
	  "GET",
	  "/",
	  "lifecycle",
	  { S3_HOST, S3_EMPTY, S3_DATE },
	  EMPTY,
	  "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543" },
	{ "list",
	  "GET",
	  "/",
	  "prefix=J&max-keys=2",
	  { S3_HOST, S3_EMPTY, S3_DATE },
	  EMPTY,
	  "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7" },
};

static void run(const struct vector *vector, const struct sigv4_key *key, uint64_t at,
		const char *service, const char *scope)
{
	struct sigv4_request request = { .method = vector->method,
					 .path = vector->path,
					 .query = vector->query,
					 .headers = vector->headers,
					 .payload_sha256 = vector->payload,
					 .region = "us-east-1",
					 .service = service,
					 .at = at };
	scoped(buf) struct buf out = BUF_INIT(4096);

	CHECK_INT(sigv4_authorization(key, &request, &out), 0);
	CHECK_HAS(buf_str(&out), scope);
	CHECK_HAS(buf_str(&out), vector->signature);
	if (!strstr(buf_str(&out), vector->signature))
		fprintf(stderr, "in %s\n", vector->about);
}

static void test_suite(void)
{
	static const struct sigv4_key key = { "AKIDEXAMPLE",
					      "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };

	for (size_t i = 0; i < sizeof(suite) / sizeof(suite[0]); i++)
		run(&suite[i], &key, 1440938160, "service",
		    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/"
		    "aws4_request, SignedHeaders=host;");
}

static void test_s3(void)
{
	static const struct sigv4_key key = { "AKIAIOSFODNN7EXAMPLE",
					      "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" };

	for (size_t i = 0; i < sizeof(s3) / sizeof(s3[0]); i++)
		run(&s3[i], &key, 1369353600, "s3",
		    "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request");
}

static void test_steps(void)
{
	struct sigv4_request request = { .method = "GET",
					 .path = "/",
					 .query = "lifecycle",
					 .headers = s3[2].headers,
					 .payload_sha256 = EMPTY,
					 .region = "us-east-1",
					 .service = "s3",
					 .at = 1369353600 };
	scoped(buf) struct buf canonical = BUF_INIT(4096);
	scoped(buf) struct buf to_sign = BUF_INIT(4096);

	CHECK_INT(sigv4_canonical(&request, &canonical), 0);
	CHECK_STR(buf_str(&canonical),
		  "GET\n/\nlifecycle=\nhost:examplebucket.s3.amazonaws.com\n"
		  "x-amz-content-sha256:" EMPTY "\nx-amz-date:20130524T000000Z\n\n"
		  "host;x-amz-content-sha256;x-amz-date\n" EMPTY);
	CHECK_INT(sigv4_to_sign(&request, &canonical, &to_sign), 0);
	CHECK_STR(buf_str(&to_sign),
		  "AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n"
		  "9766c798316ff2757b517bc739a67f6213b4ab36dd5da2f94eaebf79c77395ca");
}

static void test_encode(void)
{
	scoped(buf) struct buf out = BUF_INIT(64);

	CHECK_INT(sigv4_encode(&out, "a/b c+~%\xc3\xa4", true), 0);
	CHECK_STR(buf_str(&out), "a/b%20c%2B~%25%C3%A4");
	buf_clear(&out);
	CHECK_INT(sigv4_encode(&out, "a/b", false), 0);
	CHECK_STR(buf_str(&out), "a%2Fb");
	struct buf small = BUF_INIT(2);
	CHECK_INT(sigv4_encode(&small, "abc", false), -1);
	buf_release(&small);
}

static void test_query_order(void)
{
	static const char *const headers[] = { NULL };
	struct sigv4_request request = { .method = "GET",
					 .path = "/",
					 .query = "b=2&a=2&&a=1&aa&A=",
					 .headers = headers,
					 .payload_sha256 = "x" };
	scoped(buf) struct buf out = BUF_INIT(4096);

	CHECK_INT(sigv4_canonical(&request, &out), 0);
	CHECK_HAS(buf_str(&out), "\nA=&a=1&a=2&aa=&b=2\n");
}

static void test_limits(void)
{
	const char *headers[SIGV4_PARTS_MAX + 2];
	static const char *const bad[] = { "no colon", NULL };
	struct sigv4_request request = { .method = "GET", .path = "/", .payload_sha256 = "x" };
	scoped(buf) struct buf out = BUF_INIT(4096);

	for (size_t i = 0; i <= SIGV4_PARTS_MAX; i++)
		headers[i] = "a: b";
	headers[SIGV4_PARTS_MAX + 1] = NULL;
	request.headers = headers;
	CHECK_INT(sigv4_canonical(&request, &out), -1);
	request.headers = bad;
	CHECK_INT(sigv4_canonical(&request, &out), -1);
}

TESTS(TEST(test_suite), TEST(test_s3), TEST(test_steps), TEST(test_encode), TEST(test_query_order),
      TEST(test_limits))
