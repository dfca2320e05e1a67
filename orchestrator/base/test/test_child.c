/* Children that go on: their end, their output, being stopped, being found. */
#include "base/child.h"

#include "base/mem.h"
#include "base/test/check.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const no_env[] = { "WORD=here", NULL };

static int start(const char *script, int in, int out, struct child *child, struct err *err)
{
	const char *const args[] = { "/bin/sh", "-c", script, NULL };
	struct child_request request = {
		.argv = args, .env = no_env, .input_fd = in, .output_fd = out
	};

	return child_start(&request, child, err);
}

static void test_end(void)
{
	struct err err = ERR_INIT;
	struct child child = { .pid = 0 };
	char text[64] = "";
	int ends[2];

	CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
	CHECK_INT(start("cat; echo $WORD $HOME; exit 7", -1, ends[1], &child, &err), 0);
	CHECK_INT(child_wait(&child, deadline_in(10000), -1, &err), 0);
	CHECK_INT(child.status, 7);
	CHECK(child_ended(&child));
	close(ends[1]);
	CHECK_INT(read(ends[0], text, sizeof(text) - 1), 5);
	CHECK_STR(text, "here\n");
	close(ends[0]);
}

static void test_input(void)
{
	struct err err = ERR_INIT;
	struct child child = { .pid = 0 };
	scoped(fd) int in = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	scoped(fd) int out = open("/dev/null", O_WRONLY | O_CLOEXEC);

	CHECK_INT(start("cmp - /etc/passwd && cmp /proc/self/fd/0 /etc/passwd", in, out, &child,
			&err),
		  0);
	CHECK_INT(child_wait(&child, deadline_in(10000), -1, &err), 0);
	CHECK_INT(child.status, 0);
}

static void test_stop(void)
{
	struct err err = ERR_INIT;
	struct child child = { .pid = 0 };
	uint64_t began = now_ms();
	int cancel[2];

	CHECK_INT(pipe2(cancel, O_CLOEXEC), 0);
	CHECK_INT(start("trap '' TERM; sleep 60 & wait; sleep 60", -1, cancel[1], &child, &err), 0);
	CHECK_INT(child_wait(&child, deadline_in(50), cancel[0], &err), -1);
	CHECK_INT(err.code, ERR_TIMEOUT);
	CHECK_INT(write(cancel[1], "", 1), 1);
	CHECK_INT(child_wait(&child, deadline_in(10000), cancel[0], &err), -1);
	CHECK_INT(err.code, ERR_CANCELLED);
	pid_t pid = child.pid;
	child_stop(&child, 100);
	CHECK_INT(child.pid, 0);
	CHECK_INT(child.status, 128 + SIGKILL);
	CHECK_INT(kill(pid, 0), -1);
	CHECK(now_ms() - began < 10000);
	child_stop(&child, 100); /* none is no mistake */
	close(cancel[0]);
	close(cancel[1]);
}

/* A parent that is killed takes its child along. */
static void test_parent_dies(void)
{
	char byte;
	int ends[2];

	CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
	pid_t parent = fork();
	if (parent == 0) {
		struct err err = ERR_INIT;
		struct child child;
		_exit(start("exec sleep 60", -1, ends[1], &child, &err) || raise(SIGKILL));
	}
	close(ends[1]);
	CHECK_INT(waitpid(parent, NULL, 0), parent);
	alarm(20);
	CHECK_INT(read(ends[0], &byte, 1), 0); /* all that have its other end are gone */
	alarm(0);
	close(ends[0]);
}

static void test_no_program(void)
{
	struct err err = ERR_INIT;
	struct child child = { .pid = 0 };
	const char *const args[] = { "/nowhere/etcd", NULL };
	struct child_request request = {
		.argv = args, .env = no_env, .input_fd = -1, .output_fd = STDERR_FILENO
	};

	CHECK_INT(child_start(&request, &child, &err), -1);
	CHECK_INT(err.code, ERR_REMOTE);
	CHECK_HAS(err.text, "/nowhere/etcd: No such file");
	CHECK_INT(child.pid, 0);
}

static void test_path(void)
{
	scoped(mem) char *sh = child_program("sh");
	scoped(mem) char *given = child_program("/bin/sh");
	scoped(mem) char *none = child_program("no-such-program");
	scoped(mem) char *folder = child_program("/bin/");

	CHECK(sh && sh[0] == '/');
	CHECK_STR(given, "/bin/sh");
	CHECK(!none);
	CHECK(!folder);
	setenv("PATH", ".:", 1);
	CHECK_INT(chdir("/bin"), 0);
	scoped(mem) char *here = child_program("sh");
	CHECK(!here);
}

TESTS(TEST(test_end), TEST(test_input), TEST(test_stop), TEST(test_parent_dies),
      TEST(test_no_program), TEST(test_path))
