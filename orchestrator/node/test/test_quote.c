/*
 * test_quote: command lines as text, and what a real shell makes of them.
 */
#include "base/mem.h"
#include "base/proc.h"
#include "base/test/check.h"
#include "node/quote.h"

#define argv(...) ((const char *const[]){ __VA_ARGS__, NULL })

static const struct quote_how half_a_minute = { .seconds = 30 };

static void test_text(void)
{
	static const struct {
		const char *word, *want;
	} cases[] = {
		{ "plain", "plain" },
		{ "/var/lib/etcd-1_x=2+3:4,5@6%7.8", "/var/lib/etcd-1_x=2+3:4,5@6%7.8" },
		{ "", "''" },
		{ "a b", "'a b'" },
		{ "it's", "'it'\\''s'" },
		{ "'", "''\\'''" },
		{ "\"", "'\"'" },
		{ "$HOME", "'$HOME'" },
		{ "`id`", "'`id`'" },
		{ "a\nb", "'a\nb'" },
		{ "~", "'~'" },
		{ "*", "'*'" },
		{ "a;b", "'a;b'" },
		{ "\\", "'\\'" },
		{ "!x", "'!x'" },
		{ "#", "'#'" },
		{ "\xc3\xa9", "'\xc3\xa9'" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped(buf) struct buf out = BUF_INIT(1000), want = BUF_INIT(1000);
		struct err err = ERR_INIT;
		CHECK_INT(
			quote_command(argv("rm", cases[i].word, "end"), &half_a_minute, &out, &err),
			0);
		buf_addf(&want, "env LC_ALL=C timeout -k 5 30 rm %s end", cases[i].want);
		CHECK_STR(buf_str(&out), buf_str(&want));
	}
}

static void test_prefix(void)
{
	static const struct quote_how rude = { .sudo = true, .seconds = 90 };
	static const struct quote_how at_once = { .seconds = 0 };
	static const struct quote_how gentle = {
		.sudo = true, .nice = true, .ionice = true, .seconds = 9
	};
	scoped(buf) struct buf out = BUF_INIT(1000);
	struct err err = ERR_INIT;

	CHECK_INT(quote_command(argv("id", "-u"), &rude, &out, &err), 0);
	CHECK_STR(buf_str(&out), "sudo -n -- env LC_ALL=C timeout -k 5 90 id -u");

	/* timeout takes 0 for no limit at all */
	buf_clear(&out);
	CHECK_INT(quote_command(argv("id"), &at_once, &out, &err), 0);
	CHECK_STR(buf_str(&out), "env LC_ALL=C timeout -k 5 1 id");

	buf_clear(&out);
	CHECK_INT(quote_command(argv("dd"), &gentle, &out, &err), 0);
	CHECK_STR(buf_str(&out), "sudo -n -- env LC_ALL=C timeout -k 5 9 nice -n19 ionice -c3 dd");
}

static void test_bad(void)
{
	static const char *const none[] = { NULL };
	scoped(buf) struct buf out = BUF_INIT(1000);
	struct err err = ERR_INIT;

	CHECK_INT(quote_command(none, &half_a_minute, &out, &err), -1);
	CHECK_INT(err.code, ERR_BUG);
	for (size_t max = 0; max < strlen("env LC_ALL=C timeout -k 5 30 rm 'it'\\''s'"); max++) {
		scoped(buf) struct buf small = BUF_INIT(max);
		err = ERR_INIT;
		CHECK_INT(quote_command(argv("rm", "it's"), &half_a_minute, &small, &err), -1);
		CHECK_INT(err.code, ERR_BUG);
		CHECK_HAS(err.text, "too long: rm");
	}
}

/* Every byte comes through a shell as it went in. */
static void test_shell(void)
{
	scoped(buf) struct buf line = BUF_INIT(4000), out = BUF_INIT(4000);
	struct err err = ERR_INIT;
	char all[256];
	int status = -1;

	for (size_t i = 0; i < 255; i++)
		all[i] = (char)(i + 1);
	all[255] = '\0';
	CHECK_INT(quote_command(argv("printf", "[%s]", all, "", "-n", "a  b", "'$(id)'\n", "\\n"),
				&half_a_minute, &line, &err),
		  0);
	struct proc_request request = { .argv = argv("sh", "-c", buf_str(&line)),
					.input_fd = -1,
					.cancel_fd = -1,
					.deadline = deadline_in(20000) };
	CHECK_INT(proc_run(&request, &out, NULL, &status, &err), 0);
	CHECK_INT(status, 0);
	scoped(mem) char *want = mem_printf("[%s][][-n][a  b]['$(id)'\n][\\n]", all);
	CHECK_STR(buf_str(&out), want);
}

TESTS(TEST(test_text), TEST(test_prefix), TEST(test_bad), TEST(test_shell))
