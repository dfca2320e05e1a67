/*
 * test_err: code, words and hint; what is put in front is never cut in favour of what follows.
 */
#include "base/err.h"
#include "base/test/check.h"

#include <errno.h>

static void test_set(void)
{
	struct err err = ERR_INIT;

	CHECK_INT(err.code, ERR_NONE);
	CHECK_STR(err.text, "");
	CHECK_INT(err_set(&err, ERR_SSH, "no %s", "way"), -1);
	CHECK_INT(err.code, ERR_SSH);
	CHECK_STR(err.text, "no way");
	CHECK_INT(err_hint(&err, "try %d", 1), -1);
	CHECK_INT(err_hint(&err, "try %d", 2), -1);
	CHECK_STR(err.hint, "try 2");

	/* a new error takes no old hint along, and may be made of the old words */
	err_set(&err, ERR_ETCD, "%s at all", err.text);
	CHECK_STR(err.text, "no way at all");
	CHECK_STR(err.hint, "");
}

static void test_in(void)
{
	struct err err = ERR_INIT;

	err_set(&err, ERR_REMOTE, "exit 1");
	err_hint(&err, "look there");
	CHECK_INT(err_in(&err, "%s", "mv"), -1);
	CHECK_INT(err_in(&err, "cp-%d", 1), -1);
	CHECK_STR(err.text, "cp-1: mv: exit 1");
	CHECK_STR(err.hint, "look there");
	CHECK_INT(err.code, ERR_REMOTE);
}

static void test_errno(void)
{
	struct err err = ERR_INIT;

	err_hint(&err, "old");
	errno = ENOENT;
	CHECK_INT(err_errno(&err, ERR_FILE, "/a/%s", "b"), -1);
	CHECK_STR(err.text, "/a/b: No such file or directory");
	CHECK_STR(err.hint, "");
	CHECK_INT(err.code, ERR_FILE);
}

static void test_long(void)
{
	struct err err = ERR_INIT;
	char words[2000];

	memset(words, 'x', sizeof(words) - 1);
	words[sizeof(words) - 1] = '\0';
	err_set(&err, ERR_ETCD, "%s", words);
	CHECK_INT(strlen(err.text), sizeof(err.text) - 1);
	err_in(&err, "cp-1");
	CHECK(strncmp(err.text, "cp-1: xxx", 9) == 0);
	CHECK_INT(strlen(err.text), sizeof(err.text) - 1);
	err_hint(&err, "%s", words);
	CHECK_INT(strlen(err.hint), sizeof(err.hint) - 1);

	/* no room for more than what is put in front; and each place where the room ends */
	for (size_t len = sizeof(err.text) - 5; len < sizeof(err.text) + 2; len++) {
		err_set(&err, ERR_ETCD, "tail");
		err_in(&err, "%.*s", (int)len, words);
		CHECK_INT(strspn(err.text, "x"),
			  len < sizeof(err.text) ? len : sizeof(err.text) - 1);
		CHECK(strlen(err.text) < sizeof(err.text));
	}
}

static void test_log(void)
{
	static const struct {
		const char *log, *text;
	} logs[] = { { "", "it ended" },
		     { "\n \r\n", "it ended" },
		     { "one", "it ended: one" },
		     { "one\ntwo \n\n", "it ended: two" } };
	struct err err;

	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		err_set(&err, ERR_ETCD, "it ended");
		CHECK_INT(err_log(&err, logs[i].log), -1);
		CHECK_STR(err.text, logs[i].text);
		CHECK_INT(err.code, ERR_ETCD);
	}

	/* the end of a long line; and no room */
	char log[1000];
	memset(log, 'x', sizeof(log));
	memcpy(log + sizeof(log) - 4, "end", 4);
	err_set(&err, ERR_ETCD, "it ended");
	err_log(&err, log);
	CHECK_INT(strlen(err.text), strlen("it ended: ") + 300);
	CHECK_HAS(err.text, "xend");
	err_set(&err, ERR_ETCD, "%.*s", (int)sizeof(err.text), log);
	err_log(&err, log);
	CHECK_INT(strlen(err.text), sizeof(err.text) - 1);
}

static void test_list(void)
{
	CHECK_INT(err_status(ERR_NONE), 0);
	CHECK_INT(err_status(ERR_USAGE), 2);
	CHECK_INT(err_status(ERR_CORRUPT), 6);
	CHECK_INT(err_status(ERR_BUG), 70);
	CHECK_INT(err_status(ERR_CANCELLED), 130);
	for (enum err_code code = ERR_USAGE; code <= ERR_BUG; code++) {
		CHECK(err_status(code) != 0);
		CHECK(err_about(code) && *err_about(code));
	}
}

TESTS(TEST(test_set), TEST(test_in), TEST(test_errno), TEST(test_long), TEST(test_log),
      TEST(test_list))
