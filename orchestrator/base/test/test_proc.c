/*
 * test_proc: a child's status and bytes, and every way to be ended early.
 */
#include "base/mem.h"
#include "base/proc.h"
#include "base/test/check.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define argv(...) ((const char *const[]){ __VA_ARGS__, NULL })

static struct proc_request shell(const char *script)
{
	static const char *words[4];

	words[0] = "sh";
	words[1] = "-c";
	words[2] = script;
	return (struct proc_request){
		.argv = words, .input_fd = -1, .cancel_fd = -1, .deadline = deadline_in(20000)
	};
}

static void test_status(void)
{
	static const struct {
		const char *script;
		int status;
	} cases[] = {
		{ "exit 0", 0 },
		{ "exit 3", 3 },
		{ "exit 255", 255 },
		{ "kill -9 $$", 137 },
		{ "kill -15 $$", 143 },
		/* ignored by us, not by the child */
		{ "kill -13 $$", 141 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct proc_request request = shell(cases[i].script);
		struct err err = ERR_INIT;
		int status = -1;
		CHECK_INT(proc_run(&request, NULL, NULL, &status, &err), 0);
		CHECK_INT(status, cases[i].status);
	}
}

static void test_bytes(void)
{
	scoped(buf) struct buf out = BUF_INIT(100), errs = BUF_INIT(100);
	struct proc_request request = shell("echo out; echo errs >&2; printf 'a\\0b'");
	struct err err = ERR_INIT;
	int status = -1;

	buf_adds(&out, "before ");
	CHECK_INT(proc_run(&request, &out, &errs, &status, &err), 0);
	CHECK_INT(out.len, 7 + 4 + 3);
	CHECK(memcmp(out.data, "before out\na\0b", 14) == 0);
	CHECK_STR(buf_str(&errs), "errs\n");
}

static void test_argv_env(void)
{
	scoped(buf) struct buf out = BUF_INIT(1000);
	struct proc_request request = shell("");
	struct err err = ERR_INIT;
	int status = -1;

	/* words are words, whatever is in them */
	request.argv = argv("printf", "%s|", "a b", "$HOME", "'\"`id`", "");
	CHECK_INT(proc_run(&request, &out, NULL, &status, &err), 0);
	CHECK_STR(buf_str(&out), "a b|$HOME|'\"`id`||");
	buf_clear(&out);
	request.argv = argv("/usr/bin/env");
	request.env = argv("ONE=1", "TWO=2");
	CHECK_INT(proc_run(&request, &out, NULL, &status, &err), 0);
	CHECK_STR(buf_str(&out), "ONE=1\nTWO=2\n");
}

static void test_input(void)
{
	enum { SIZE = 1024 * 1024 };
	scoped(mem) char *data = mem_alloc(SIZE);
	scoped(buf) struct buf out = BUF_INIT(SIZE);
	struct proc_request request = shell("cat");
	struct err err = ERR_INIT;
	int status = -1;

	for (size_t i = 0; i < SIZE; i++)
		data[i] = (char)(i * 31 % 251);
	request.input = data;
	request.input_len = SIZE;
	CHECK_INT(proc_run(&request, &out, NULL, &status, &err), 0);
	CHECK_INT(out.len, SIZE);
	CHECK(out.len == SIZE && memcmp(out.data, data, SIZE) == 0);

	/* a child that does not want it all */
	request = shell("head -c 3 >/dev/null; exec <&-; exit 4");
	request.input = data;
	request.input_len = SIZE;
	CHECK_INT(proc_run(&request, NULL, NULL, &status, &err), 0);
	CHECK_INT(status, 4);

	/* none is an end, not a wait */
	buf_clear(&out);
	request = shell("wc -c");
	CHECK_INT(proc_run(&request, &out, NULL, &status, &err), 0);
	buf_trim(&out);
	CHECK_STR(buf_str(&out), "0");
}

static void test_input_fd(void)
{
	scoped(buf) struct buf out = BUF_INIT(100);
	struct proc_request request = shell("cat");
	struct err err = ERR_INIT;
	int pipes[2], status = -1;

	CHECK_INT(pipe2(pipes, O_CLOEXEC), 0);
	CHECK_INT(write(pipes[1], "by fd", 5), 5);
	close(pipes[1]);
	request.input_fd = pipes[0];
	request.input = "not this";
	request.input_len = 8;
	CHECK_INT(proc_run(&request, &out, NULL, &status, &err), 0);
	CHECK_STR(buf_str(&out), "by fd");
	close(pipes[0]);
}

static void test_output_limit(void)
{
	static const char *const scripts[] = { "yes", "yes >&2" };

	for (size_t i = 0; i < 2; i++) {
		scoped(buf) struct buf out = BUF_INIT(1000), errs = BUF_INIT(1000);
		struct proc_request request = shell(scripts[i]);
		struct err err = ERR_INIT;
		int status = -1;
		CHECK_INT(proc_run(&request, &out, &errs, &status, &err), -1);
		CHECK_INT(err.code, ERR_REMOTE);
		CHECK_HAS(err.text, "more than 1000 bytes");
		CHECK(out.len <= 1000 && errs.len <= 1000);
	}
}

/* Whatever the child does: silent, talking, deaf; and what it has started ends with it. */
static const char *const endless[] = {
	"sleep 30",
	"yes",
	"sleep 30 & sleep 30",
	"trap '' TERM INT; sleep 30; sleep 30",
	"exec >&- 2>&-; sleep 30",
};

static void test_deadline(void)
{
	for (size_t i = 0; i < sizeof(endless) / sizeof(endless[0]); i++) {
		struct proc_request request = shell(endless[i]);
		struct err err = ERR_INIT;
		uint64_t began = now_ms();
		int status = -1;
		request.deadline = deadline_in(200);
		CHECK_INT(proc_run(&request, NULL, NULL, &status, &err), -1);
		CHECK_INT(err.code, ERR_TIMEOUT);
		CHECK(now_ms() - began >= 150);
		CHECK(now_ms() - began < 10000);
	}
}

static void test_cancel(void)
{
	for (size_t i = 0; i < sizeof(endless) / sizeof(endless[0]); i++) {
		struct proc_request request = shell(endless[i]);
		struct err err = ERR_INIT;
		uint64_t began = now_ms();
		int pipes[2], status = -1;
		CHECK_INT(pipe2(pipes, O_CLOEXEC), 0);
		CHECK_INT(write(pipes[1], "x", 1), 1);
		request.cancel_fd = pipes[0];
		CHECK_INT(proc_run(&request, NULL, NULL, &status, &err), -1);
		CHECK_INT(err.code, ERR_CANCELLED);
		CHECK(now_ms() - began < 10000);
		close(pipes[0]);
		close(pipes[1]);
	}
}

/* Its process group is gone after a deadline: nothing writes any more. */
static void test_dead(void)
{
	char path[] = "/tmp/test-proc-XXXXXX";
	scoped(fd) int fd = mkstemp(path);
	scoped(mem) char *script = mem_printf("(sleep 1; echo late >> %s) & sleep 30", path);
	struct proc_request request = shell(script);
	struct err err = ERR_INIT;
	int status = -1;

	request.deadline = deadline_in(200);
	CHECK_INT(proc_run(&request, NULL, NULL, &status, &err), -1);
	usleep(1300 * 1000);
	CHECK_INT(lseek(fd, 0, SEEK_END), 0);
	unlink(path);
}

static void test_not_found(void)
{
	static const char *const names[] = { "no-such-program-here", "/no/such/program",
					     "/etc/passwd" };

	for (size_t i = 0; i < 3; i++) {
		struct proc_request request = shell("");
		struct err err = ERR_INIT;
		int status = -1, before = dup(0), after;
		close(before);
		request.argv = argv(names[i]);
		CHECK_INT(proc_run(&request, NULL, NULL, &status, &err), -1);
		CHECK_INT(err.code, ERR_REMOTE);
		CHECK_HAS(err.text, names[i]);
		CHECK_HAS(err.text, i == 2 ? "Permission denied" : "No such file");
		after = dup(0);
		CHECK_INT(after, before); /* no descriptor was left open */
		close(after);
	}
}

static void ignore_sigpipe(void)
{
	CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR); /* as the program does */
}

TESTS(TEST(ignore_sigpipe), TEST(test_status), TEST(test_bytes), TEST(test_argv_env),
      TEST(test_input), TEST(test_input_fd), TEST(test_output_limit), TEST(test_deadline),
      TEST(test_cancel), TEST(test_dead), TEST(test_not_found))
