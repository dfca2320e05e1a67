/*
 * test_s3_xml: answers as S3 gives them, and those that it never should.
 */
#include "base/test/check.h"
#include "store/s3_xml.h"
#include "store/s3_xml_write.h"

#include "base/buf.h"

#include <stdlib.h>

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define NS " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""

static void test_list(void)
{
	static const char text[] =
		HEAD "<ListBucketResult" NS "><Name>b</Name><Prefix>p/</Prefix>"
		     "<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>"
		     "<NextContinuationToken>1ue&amp;=/</NextContinuationToken>"
		     "<Contents><Key>p/a%2Bb+c%26</Key><Size>17</Size>"
		     "<LastModified>2013-05-24T00:00:00.000Z</LastModified>"
		     "<Owner><ID>x</ID></Owner></Contents>"
		     "<Contents><Key>p/%C3%A4</Key><Size>9000000000</Size></Contents>"
		     "<CommonPrefixes><Prefix>p/q/</Prefix></CommonPrefixes></ListBucketResult>";
	scoped(arena) struct arena *arena = arena_new();
	struct s3_list list;
	struct err err = ERR_INIT;

	CHECK_INT(s3_xml_list(arena, text, strlen(text), &list, &err), 0);
	CHECK_INT(list.count, 2);
	CHECK_STR(list.objects[0].key, "p/a+b c&");
	CHECK_INT(list.objects[0].size, 17);
	CHECK_INT(list.objects[0].at, 1369353600);
	CHECK_STR(list.objects[1].key, "p/\xc3\xa4");
	CHECK_INT(list.objects[1].size, 9000000000);
	CHECK(list.truncated);
	CHECK_STR(list.next, "1ue&=/");
}

/* Without EncodingType the key is as it stands. */
static void test_list_plain(void)
{
	static const char text[] =
		"<ListBucketResult><Contents><Key>a%2Bb+c</Key></Contents></ListBucketResult>";
	scoped(arena) struct arena *arena = arena_new();
	struct s3_list list;
	struct err err = ERR_INIT;

	CHECK_INT(s3_xml_list(arena, text, strlen(text), &list, &err), 0);
	CHECK_STR(list.objects[0].key, "a%2Bb+c");
	CHECK(!list.truncated);
	CHECK_STR(list.next, NULL);
}

static const struct {
	const char *text, *words;
} bad[] = {
	{ "", "no XML" },
	{ "<ListBucketResult>", "no XML" },
	{ "<ListBucketResult></ListBucket>", "no XML" },
	{ "<Other/>", "not a listing but <Other>" },
	{ "<ListBucketResults/>", "not a listing" },
	{ "<!DOCTYPE a [<!ENTITY b \"c\">]><ListBucketResult/>", "document type" },
	{ "<!DOCTYPE ListBucketResult SYSTEM \"file:///etc/passwd\"><ListBucketResult/>",
	  "document type" },
	{ "<ListBucketResult><Name>&b;</Name></ListBucketResult>", "no XML" },
	{ "<ListBucketResult><Contents/></ListBucketResult>", "no key" },
	{ "<ListBucketResult><Contents><Size>-1</Size></Contents></ListBucketResult>", "size" },
	{ "<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>%2</Key></Contents>"
	  "</ListBucketResult>",
	  "badly encoded" },
	{ "<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>a%00b</Key></Contents>"
	  "</ListBucketResult>",
	  "badly encoded" },
	{ "<a><a><a><a><a><a><a><a><a/></a></a></a></a></a></a></a></a>", "too deep" },
};

static void test_bad_lists(void)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		scoped(arena) struct arena *arena = arena_new();
		struct s3_list list;
		struct err err = ERR_INIT;

		CHECK_INT(s3_xml_list(arena, bad[i].text, strlen(bad[i].text), &list, &err), -1);
		CHECK_INT(err.code, ERR_STORE);
		CHECK_HAS(err.text, bad[i].words);
	}
}

static void test_limits(void)
{
	scoped(arena) struct arena *arena = arena_new();
	scoped(buf) struct buf text = BUF_INIT(2 * S3_XML_MAX);
	struct s3_list list;
	struct err err = ERR_INIT;

	buf_adds(&text, "<ListBucketResult>");
	for (int i = 0; i < 70000; i++)
		buf_adds(&text, "<A/>");
	buf_adds(&text, "</ListBucketResult>");
	CHECK_INT(s3_xml_list(arena, text.data, text.len, &list, &err), -1);
	CHECK_HAS(err.text, "too long");

	buf_clear(&text);
	buf_adds(&text, "<ListBucketResult><Name>");
	for (int i = 0; i < 9000; i++)
		buf_adds(&text, "a");
	buf_adds(&text, "</Name></ListBucketResult>");
	CHECK_INT(s3_xml_list(arena, text.data, text.len, &list, &err), -1);
	CHECK_HAS(err.text, "too long");
	while (text.len <= S3_XML_MAX)
		buf_adds(&text, "                                                               ");
	CHECK_INT(s3_xml_list(arena, text.data, text.len, &list, &err), -1);
	CHECK_HAS(err.text, "more than");
}

static void test_upload_id(void)
{
	static const char good[] = HEAD "<InitiateMultipartUploadResult" NS "><Bucket>b</Bucket>"
					"<Key>k</Key><UploadId>2~abc</UploadId>"
					"</InitiateMultipartUploadResult>";
	static const char none[] = "<InitiateMultipartUploadResult/>";
	scoped(arena) struct arena *arena = arena_new();
	const char *id = NULL;
	struct err err = ERR_INIT;

	CHECK_INT(s3_xml_upload_id(arena, good, strlen(good), &id, &err), 0);
	CHECK_STR(id, "2~abc");
	CHECK_INT(s3_xml_upload_id(arena, none, strlen(none), &id, &err), -1);
	CHECK_INT(err.code, ERR_STORE);
}

static void test_complete(void)
{
	static const char good[] = HEAD "<CompleteMultipartUploadResult" NS "><ETag>\"a-2\"</ETag>"
					"</CompleteMultipartUploadResult>";
	static const char refused[] = HEAD "<Error><Code>InternalError</Code>"
					   "<Message>We failed</Message></Error>";
	struct s3_refusal refusal;
	struct err err = ERR_INIT;

	CHECK_INT(s3_xml_complete(good, strlen(good), &refusal, &err), 0);
	CHECK_INT(s3_xml_complete(refused, strlen(refused), &refusal, &err), 1);
	CHECK_STR(refusal.code, "InternalError");
	CHECK_STR(refusal.message, "We failed");
	CHECK_INT(s3_xml_complete("<a/>", 4, &refusal, &err), -1);
	CHECK_INT(s3_xml_complete("", 0, &refusal, &err), -1);
}

static void test_error(void)
{
	static const char text[] =
		"<Error><Code>AuthorizationHeaderMalformed</Code><Message>the region 'us-east-1' "
		"is wrong</Message><Region>eu-west-1</Region><RequestId>R1</RequestId></Error>";
	struct s3_refusal refusal;

	s3_xml_error(text, strlen(text), &refusal);
	CHECK_STR(refusal.code, "AuthorizationHeaderMalformed");
	CHECK_STR(refusal.region, "eu-west-1");
	CHECK_STR(refusal.request_id, "R1");
	s3_xml_error("<html>no", 8, &refusal);
	CHECK_STR(refusal.code, "");
	s3_xml_error(NULL, 0, &refusal);
	CHECK_STR(refusal.code, "");
}

static void test_times(void)
{
	uint64_t at = 0;

	CHECK_INT(s3_time_iso("2013-05-24T00:00:00.000Z", &at), 0);
	CHECK_INT(at, 1369353600);
	CHECK_INT(s3_time_iso("2013-05-24T00:00:01Z", &at), 0);
	CHECK_INT(at, 1369353601);
	CHECK_INT(s3_time_iso("2013-13-24T00:00:01Z", &at), -1);
	CHECK_INT(s3_time_iso("2013-05-24", &at), -1);
	CHECK_INT(s3_time_http("Fri, 24 May 2013 00:00:02 GMT", &at), 0);
	CHECK_INT(at, 1369353602);
	CHECK_INT(s3_time_http("Fri, 24 ayJ 2013 00:00:02 GMT", &at), -1);
	CHECK_INT(s3_time_http("Fri, 24 May 2013 00:00:02", &at), -1);
	CHECK_INT(s3_time_http("", &at), -1);
}

/* An ETag is the server's word: it must not become a document of its own. */
static void test_write_complete(void)
{
	static char etags[][S3_ETAG_SIZE] = { "\"a\"", "</ETag>&" };
	scoped(buf) struct buf out = BUF_INIT(4096), small = BUF_INIT(100);

	CHECK_INT(s3_xml_write_complete(etags, 2, &out), 0);
	CHECK_STR(buf_str(&out),
		  "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
		  "<Part><PartNumber>1</PartNumber><ETag>&quot;a&quot;</ETag></Part>"
		  "<Part><PartNumber>2</PartNumber><ETag>&lt;/ETag&gt;&amp;</ETag></Part>"
		  "</CompleteMultipartUpload>");
	CHECK_INT(s3_xml_write_complete(etags, 2, &small), -1);
}

TESTS(TEST(test_list), TEST(test_list_plain), TEST(test_bad_lists), TEST(test_limits),
      TEST(test_upload_id), TEST(test_complete), TEST(test_error), TEST(test_times),
      TEST(test_write_complete))
