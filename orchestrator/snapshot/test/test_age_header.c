/*
 * test_age_header: headers and armor that are read, and every kind that is not.
 */
#include "base/mem.h"
#include "base/test/check.h"
#include "snapshot/age_armor.h"
#include "snapshot/age_header.h"

#define V1 "age-encryption.org/v1\n"
#define X "-> X25519 XEl0dJ6y3C7KZkgmgWUicg63EyXJiwBJW8PdYJ/cYBE\n"
#define BODY "qRS0AMjdjPvZ/WT08U2KL4G+PIooA3hy38SvLpvaC1E\n"
#define MAC "--- HK2NmOBN9Dpq0Gw6xMCuhFcQlQLvZ/wQUi/2scLG75s\n"
#define FULL "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"

static void good(const char *text, size_t stanzas, size_t body_len)
{
	struct age_header header;
	struct err err = ERR_INIT;
	size_t length;

	CHECK_INT(age_header_parse(text, strlen(text), &header, &err), 0);
	CHECK_STR(err.text, "");
	CHECK_INT(header.count, stanzas);
	CHECK_INT(header.stanzas[0].body_len, body_len);
	CHECK_INT(header.signed_text.len, strlen(text) - 45);
	for (size_t len = 0; len < strlen(text);
	     len++) { /* its end is found, not before it is there */
		CHECK_INT(age_header_length(text, len, &length, &err), 0);
		CHECK_INT(length, 0);
	}
	CHECK_INT(age_header_length(text, strlen(text), &length, &err), 0);
	CHECK_INT(length, strlen(text));
}

static void bad_bytes(const char *text, size_t len, const char *error)
{
	struct age_header header = { .count = 77 };
	struct err err = ERR_INIT;

	CHECK_INT(age_header_parse(text, len, &header, &err), -1);
	CHECK_INT(err.code, ERR_CORRUPT);
	CHECK_HAS(err.text, error);
	CHECK(err.hint[0]);
	CHECK_INT(header.count, 77);
}

static void bad(const char *text, const char *error)
{
	bad_bytes(text, strlen(text), error);
}

static void test_good(void)
{
	struct age_header header;
	struct err err = ERR_INIT;

	good(V1 X BODY MAC, 1, 32);
	good(V1 X BODY "-> grease\n\n-> a b c d e f g\nAA\n" MAC, 3, 32);
	good(V1 "-> a\n" FULL "\n" MAC, 1, 48);
	good(V1 "-> a\n" FULL FULL "AAAA\n" MAC, 1, 99);
	CHECK_INT(age_header_parse(V1 X BODY MAC, strlen(V1 X BODY MAC), &header, &err), 0);
	CHECK(age_text_is(header.stanzas[0].args[0], "X25519"));
	CHECK(!age_text_is(header.stanzas[0].args[0], "X2551"));
	CHECK_INT(header.stanzas[0].arg_count, 2);
	CHECK_INT(header.stanzas[0].body[0], 0xa9);
	CHECK_INT(header.mac[0], 0x1c);
}

static void test_lines(void)
{
	bad("", "not an age file");
	bad("age-encryption.org/v2\n" X BODY MAC, "unknown version");
	bad("age-encryption.org/v1 \n" X BODY MAC, "unknown version");
	bad("age-encryption.org/v1\r\n" X BODY MAC, "unknown version");
	bad("\n" V1 X BODY MAC, "not an age file");
	bad(V1 MAC, "it is for nobody");
	bad(V1 X BODY, "it has no end");
	bad(V1 X BODY MAC "x", "something follows its MAC");
	bad(V1 X BODY "\n" MAC, "neither -> nor ---");
	bad(V1 X BODY " " MAC, "neither -> nor ---");
	bad(V1 X BODY "---" MAC, "neither -> nor ---");
	bad(V1 X BODY "--- HK2NmOBN9Dpq0Gw6xMCuhFcQlQLvZ/wQUi/2scLG75t\n", "its MAC is not");
	bad(V1 X BODY "--- HK2NmOBN9Dpq0Gw6xMCuhFcQlQLvZ/wQUi/2scLG75s=\n", "its MAC is not");
	bad(V1 X BODY "--- HK2NmOBN9Dpq0Gw6xMCuhFcQlQLvZ/wQUi/2scLG75\n", "its MAC is not");
	bad(V1 X BODY "---  HK2NmOBN9Dpq0Gw6xMCuhFcQlQLvZ/wQUi/2scLG75s\n", "its MAC is not");
	bad(V1 X BODY "--- HK2NmOBN9Dpq0Gw6xMCuhFcQlQLvZ/wQUi/2scLG75s\r\n", "its MAC is not");
}

static void test_stanzas(void)
{
	bad(V1 "-> \n\n" MAC, "stanza 1: its arguments");
	bad(V1 X BODY "->\n\n" MAC, "neither -> nor ---");
	bad(V1 "->  a\n\n" MAC, "stanza 1: its arguments");
	bad(V1 "-> a \n\n" MAC, "stanza 1: its arguments");
	bad(V1 X BODY "-> a  b\n\n" MAC, "stanza 2: its arguments");
	bad(V1 "-> a\tb\n\n" MAC, "stanza 1: its arguments");
	bad(V1 "-> \xc3\xa4\n\n" MAC, "stanza 1: its arguments");
	bad_bytes(V1 "-> a\0b\n\n" MAC, sizeof(V1 "-> a\0b\n\n" MAC) - 1, "its arguments");
	bad(V1 X "qRS0AMjdjPvZ/WT08U2KL4G+PIooA3hy38SvLpvaC1F\n" MAC, "its body");
	bad(V1 X "qRS0AMjdjPvZ/WT08U2KL4G+PIooA3hy38SvLpvaC1E=\n" MAC, "its body");
	bad(V1 X "A\n" MAC, "its body");
	bad(V1 X "AA AA\n" MAC, "its body");
	bad(V1 "-> a\n" FULL MAC, "its body");
	bad(V1 "-> a\n" FULL, "its body");
	bad(V1 "-> a\nA" FULL "\n" MAC, "its body");
	bad(V1 "-> a\nAAAA\nAAAA\n" MAC, "neither -> nor ---");
}

static void test_limits(void)
{
	scoped(buf) struct buf text = BUF_INIT(4 * AGE_HEADER_MAX);
	uint8_t key[AGE_FILE_KEY] = { 1 };
	struct err err = ERR_INIT;
	size_t length = 7;

	CHECK_INT(age_header_begin(&text), 0);
	for (int i = 0; i < AGE_STANZAS_MAX; i++)
		CHECK_INT(age_header_stanza(&text, "a b", "x", 1), 0);
	size_t before = text.len;
	CHECK_INT(age_header_end(&text, key), 0);
	good(buf_str(&text), AGE_STANZAS_MAX, 1);
	text.len = before;
	CHECK_INT(age_header_stanza(&text, "a b", "x", 1), 0);
	CHECK_INT(age_header_end(&text, key), 0);
	bad(buf_str(&text), "more than 64 recipients");

	buf_clear(&text);
	CHECK_INT(age_header_begin(&text), 0);
	buf_adds(&text, "-> a\n");
	while (text.len < AGE_HEADER_MAX)
		buf_adds(&text, FULL);
	CHECK_INT(age_header_length(text.data, AGE_HEADER_MAX - 1, &length, &err), 0);
	CHECK_INT(length, 0);
	CHECK_INT(age_header_length(text.data, AGE_HEADER_MAX, &length, &err), -1);
	CHECK_HAS(err.text, "no end within 65536 bytes");
	buf_adds(&text, "\n");
	CHECK_INT(age_header_end(&text, key), 0);
	bad(buf_str(&text), "too big");
	CHECK_INT(age_header_length(text.data, text.len, &length, &err), -1);
}

static void test_written(void)
{
	scoped(buf) struct buf text = BUF_INIT(AGE_HEADER_MAX);
	uint8_t key[AGE_FILE_KEY] = { 1, 2, 3 }, body[200];
	struct age_header header;
	struct err err = ERR_INIT;

	memset(body, 5, sizeof(body));
	for (size_t len = 0; len < sizeof(body); len++) {
		buf_clear(&text);
		CHECK_INT(age_header_begin(&text) || age_header_stanza(&text, "a b", body, len) ||
				  age_header_end(&text, key),
			  0);
		good(buf_str(&text), 1, len);
	}
	CHECK_INT(age_header_parse(buf_str(&text), text.len, &header, &err), 0);
	CHECK_INT(age_header_prove(&header, key, &err), 0);
	text.data[strlen(V1) + 3] = 'b';
	CHECK_INT(age_header_prove(&header, key, &err), -1);
	CHECK_INT(err.code, ERR_CORRUPT);
	CHECK_HAS(err.text, "MAC is wrong");
	text.max = text.len + 10;
	CHECK_INT(age_header_end(&text, key), -1);
}

#define BEGIN "-----BEGIN AGE ENCRYPTED FILE-----\n"
#define LETTERS "dGhlIGxldHRlcnMgb2YgYSB3aG9sZSBsaW5lLCBmb3J0eS1laWdodCBvZiB0aGVt" /* 48 bytes */
#define END "-----END AGE ENCRYPTED FILE-----"

/* Takes the armor off in two pieces, cut at every place. */
static void armor(const char *text, const char *want, const char *error)
{
	for (size_t cut = 0; cut <= strlen(text); cut++) {
		scoped(buf) struct buf out = BUF_INIT(4096);
		struct age_armor state = { 0 };
		struct err err = ERR_INIT;
		int result = age_armor_add(&state, text, cut, &out, &err) ||
			     age_armor_add(&state, text + cut, strlen(text) - cut, &out, &err) ||
			     age_armor_end(&state, &err);

		CHECK_INT(result, error ? 1 : 0);
		if (error) {
			CHECK_INT(err.code, ERR_CORRUPT);
			CHECK_HAS(err.text, error);
		} else {
			CHECK_STR(buf_str(&out), want);
		}
	}
}

static void test_armor(void)
{
	scoped(mem) char *blanks = mem_alloc(1200);

	armor("", "", NULL);
	armor("age plain\n-----", "age plain\n-----", NULL);
	armor(BEGIN "YWdl\n" END "\n", "age", NULL);
	armor(BEGIN "YWdlIQ==\n" END, "age!", NULL);
	armor(" \r\n\t" BEGIN "YWdl\r\n" END "\r\n \n", "age", NULL);
	armor(BEGIN LETTERS "\n"
			    "YWdl\n" END,
	      "the letters of a whole line, forty-eight of themage", NULL);

	armor("-----BEGIN OTHER-----\n", NULL, "line 1: it is not the beginning");
	armor(" age-encryption.org/v1\n", NULL, "line 1: it is not the beginning");
	armor(BEGIN "YWdl\n", NULL, "line 3: the file ends before");
	armor(BEGIN, NULL, "line 2: the file ends before");
	armor(BEGIN "YWdl\n" END " x", NULL, "line 3: the file ends before");
	armor(BEGIN "YWdl\n" END "\nx", NULL, "line 4: something follows its end");
	armor(BEGIN "YWdl\nYWdl\n" END, NULL, "line 3: it follows the last line");
	armor(BEGIN "YWdlIR==\n" END, NULL, "line 2: not canonical base64");
	armor(BEGIN "YWdlIQ\n" END, NULL, "line 2: not canonical base64");
	armor(BEGIN "\nYWdl\n" END, NULL, "line 2: not canonical base64");
	armor(BEGIN "YW dl\n" END, NULL, "line 2: not canonical base64");
	armor(BEGIN FULL "A" FULL END, NULL, "line 3: not canonical base64");
	armor(BEGIN FULL "AAAAAAAAAAAAA" FULL END, NULL, "line 3: it is too long");
	memset(blanks, ' ', 1199);
	blanks[1199] = '\0';
	armor(blanks, NULL, "too much white space");
}

TESTS(TEST(test_good), TEST(test_lines), TEST(test_stanzas), TEST(test_limits), TEST(test_written),
      TEST(test_armor))
