/*
 * test_store: which URL is which store, and which names are let through to a driver.
 */
#include "base/mem.h"
#include "base/test/check.h"
#include "store/store.h"
#include "store/store_sftp_url.h"
#include "store/test/no_s3.h"

#include <stdlib.h>

static void test_names(void)
{
	static const char *const good[] = {
		"a",        "a.part.db", "etcd-2026-11-21T10:15:00Z.db.zst",
		"a b",      "-",         "~",
		"\xc3\xbc", "a.",        "\xe2\x82\xac",
		"part",     "a.parts",   "\xf0\x9f\x92\xbe"
	};
	static const struct {
		const char *name, *words;
	} bad[] = {
		{ "", "is empty" },
		{ "a/b", "has a '/'" },
		{ "/", "has a '/'" },
		{ ".", "begins with a dot" },
		{ "..", "begins with a dot" },
		{ ".a", "begins with a dot" },
		{ "a..b", "two dots" },
		{ "a.part", "ends in .part" },
		{ "a\nb", "control character" },
		{ "a\x7f", "control character" },
		{ "\xc2\x85", "control character" }, /* U+0085 */
		{ "\xff", "no UTF-8" },
		{ "a\xc3", "no UTF-8" },            /* cut off */
		{ "\xc0\xaf", "no UTF-8" },         /* '/' in two bytes */
		{ "\xe0\x80\xaf", "no UTF-8" },     /* in three */
		{ "\xed\xa0\x80", "no UTF-8" },     /* a surrogate */
		{ "\xf4\x90\x80\x80", "no UTF-8" }, /* above U+10FFFF */
		{ "\xf8\x88\x80\x80\x80", "no UTF-8" },
		{ "\x80", "no UTF-8" },
	};
	struct err err = ERR_INIT;
	char longest[STORE_NAME_MAX + 2];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		CHECK_INT(store_name_check(good[i], &err), 0);
	CHECK_STR(err.text, "");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK_INT(store_name_check(bad[i].name, &err), -1);
		CHECK_INT(err.code, ERR_USAGE);
		CHECK_HAS(err.text, bad[i].words);
	}
	memset(longest, 'x', sizeof(longest));
	longest[STORE_NAME_MAX] = '\0';
	CHECK_INT(store_name_check(longest, &err), 0);
	longest[STORE_NAME_MAX] = 'x';
	longest[STORE_NAME_MAX + 1] = '\0';
	CHECK_INT(store_name_check(longest, &err), -1);
	CHECK_HAS(err.text, "more than 255");
}

/* A part's name fits a file system, whatever the name, and is not cut within a character. */
static void test_part_names(void)
{
	char name[STORE_NAME_MAX + 1] = "x";

	for (size_t i = 1; i + 2 < sizeof(name); i += 2)
		memcpy(name + i, "\xc3\xbc", 2);
	scoped(mem) char *one = store_part_name(name), *two = store_part_name(name);
	CHECK(strcmp(one, two) != 0);
	CHECK(strlen(one) <= 255);
	CHECK_HAS(one, ".part-");
	CHECK_INT(one[0], '.');
	*strstr(one, ".part-") = '\0';
	struct err err = ERR_INIT;
	CHECK_INT(store_name_check(one + 1, &err), 0);
	scoped(mem) char *plain = store_part_name("a");
	CHECK_INT(strncmp(plain, ".a.part-", 8), 0);
	CHECK_INT(strlen(plain), 8 + 16);
}

static void test_urls(void)
{
	static const struct {
		const char *url;
		bool opens, remote;
	} table[] = {
		{ "/var/backups", true, false },
		{ "backups", true, false },
		{ "file:///var/backups", true, false },
		{ "file://localhost/var/backups", true, false },
		{ "a:b", true, false },
		{ "sftp://host/dir", true, true },
		{ "", false, false },
		{ "file://host/dir", false, false },
		{ "file:/dir", false, false },
		{ "file:///a%", false, false },
		{ "file:///a%0ab", false, false },
		{ "s3:bucket", false, false },
		{ "sftp:host:dir", false, false },
		{ "http://host/dir", false, false },
		{ "S3://bucket", false, false },
	};
	struct store_settings settings = { .cancel_fd = -1 };

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct err err = ERR_INIT;
		scoped(store) struct store *store = store_open(table[i].url, &settings, &err);
		CHECK_STR(store ? "opens" : err.text, table[i].opens ? "opens" : err.text);
		CHECK_INT(store != NULL, table[i].opens);
		CHECK_INT(err.code, table[i].opens ? ERR_NONE : ERR_USAGE);
		CHECK_INT(store_is_remote(table[i].url), table[i].remote);
	}
	CHECK(store_is_remote("s3://bucket/prefix"));
}

static void test_sftp_urls(void)
{
	static const struct {
		const char *url, *user, *host, *path;
		unsigned port;
	} good[] = {
		{ "sftp://h/d", NULL, "h", "/d", 0 },
		{ "sftp://me@h.example:2222/a/b/", "me", "h.example", "/a/b", 2222 },
		{ "sftp://a%40b@h/~/x%20y", "a@b", "h", "x y", 0 },
		{ "sftp://h/~/", NULL, "h", ".", 0 },
		{ "sftp://h/~", NULL, "h", ".", 0 },
		{ "sftp://h/~//x", NULL, "h", "x", 0 },
		{ "sftp://h/", NULL, "h", "/", 0 },
		{ "sftp://[::1]:22/d", NULL, "::1", "/d", 22 },
		{ "sftp://[fe80::1%eth0]/d@e", NULL, "fe80::1%eth0", "/d@e", 0 },
	};
	static const struct {
		const char *url, *words;
	} bad[] = {
		{ "sftp://h", "no directory" },  { "sftp:///d", "no host" },
		{ "sftp://@h/d", "empty user" }, { "sftp://me:secret@h/d", "password" },
		{ "sftp://h:0/d", "port" },      { "sftp://h:65536/d", "port" },
		{ "sftp://h:/d", "port" },       { "sftp://[::1/d", "']'" },
		{ "sftp://[::1]x/d", "']'" },    { "sftp://h h/d", "host" },
		{ "sftp://h/d?x", "'?'" },       { "sftp://h/d%00", "control" },
		{ "sftp://h/d%4", "hex" },
	};
	struct err err = ERR_INIT;
	struct sftp_url got;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		CHECK_INT(sftp_url_parse(good[i].url, &got, &err), 0);
		CHECK_STR(got.user, good[i].user);
		CHECK_STR(got.host, good[i].host);
		CHECK_STR(got.path, good[i].path);
		CHECK_INT(got.port, good[i].port);
		sftp_url_release(&got);
	}
	CHECK_STR(err.text, "");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK_INT(sftp_url_parse(bad[i].url, &got, &err), -1);
		CHECK_INT(err.code, ERR_USAGE);
		CHECK_HAS(err.text, bad[i].words);
		CHECK(!strstr(err.text, "secret"));
	}
}

/* Bad names do not get as far as a driver. */
static void test_refused(void)
{
	struct store_settings settings = { .cancel_fd = -1 };
	struct store_object object;
	struct err err = ERR_INIT;
	bool missing = true;
	scoped(store) struct store *store = store_open("/no/such/place", &settings, &err);

	if (!store)
		abort();
	CHECK(!store_put(store, "../x", &err));
	CHECK_INT(err.code, ERR_USAGE);
	CHECK_INT(store_get(store, "../x", NULL, &err), -1);
	CHECK_INT(err.code, ERR_USAGE);
	CHECK_INT(store_remove(store, "../x", &err), -1);
	CHECK_INT(err.code, ERR_USAGE);
	CHECK_INT(store_stat(store, "../x", &object, &missing, &err), -1);
	CHECK_INT(err.code, ERR_USAGE);
	CHECK(!missing);
}

TESTS(TEST(test_names), TEST(test_part_names), TEST(test_urls), TEST(test_sftp_urls),
      TEST(test_refused))
