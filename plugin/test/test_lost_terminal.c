/*
 * test_lost_terminal: whoever writes to a terminal that has gone away, to a reader that has, or to a full disk, goes on:
 * a run must not die in the middle for want of an audience.
 */
#include "base/test/check.h"
#include "plugin/print.h"
#include "plugin/progress.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WELL = 42 };

/* All that a run says, in its order. */
static void say_everything(void)
{
	static struct cluster cluster = { .count = 1, .members[0].node = "cp-1" };
	const struct step step = { .verb = verb_find("stop-etcd") };
	const struct node node = { .name = "cp-1" };
	struct err err = ERR_INIT;
	struct progress progress;

	progress_begin(&progress, NULL, false);
	struct play_events events = progress_events(&progress);
	err_set(&err, ERR_SSH, "gone");
	err_hint(&err, "look");
	for (int i = 0; i < 200; i++) {
		if (progress.count == sizeof(progress.steps) / sizeof(progress.steps[0]))
			progress.count = 0;
		events.step_begins(events.arg, 1, 16, &step, i % 2);
		events.node_ended(events.arg, &step, &node, 10, i % 3 ? NULL : &err);
		events.step_ended(events.arg, &step, 10, i % 3 == 0, i % 2);
		events.committed(events.arg, "words");
	}
	progress_table(&progress, &cluster);
	print_line("restored %d members", 1);
	print_notice("Journal: %s", "x");
	print_error(&err);
	fflush(NULL);
}

/* In a process of its own, with that in place of stdout and stderr. */
static int say_it_to(int fd)
{
	int status = 0;

	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		signal(SIGPIPE, SIG_IGN); /* as the program does */
		if (fd < 0) {
			close(STDOUT_FILENO);
			close(STDERR_FILENO);
		} else {
			dup2(fd, STDOUT_FILENO);
			dup2(fd, STDERR_FILENO);
		}
		say_everything();
		_exit(WELL);
	}
	CHECK(child > 0 && waitpid(child, &status, 0) == child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void test_terminal(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	char byte;

	CHECK(master >= 0 && !grantpt(master) && !unlockpt(master));
	int terminal = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	CHECK(terminal >= 0);
	close(master); /* the window is closed, the connection lost: EIO from here on */
	CHECK_INT(write(terminal, "x", 1), -1);
	CHECK(read(terminal, &byte, 1) <= 0);
	CHECK_INT(say_it_to(terminal), WELL);
	close(terminal);
}

static void test_pipe(void)
{
	int pipes[2];

	CHECK_INT(pipe2(pipes, O_CLOEXEC), 0);
	close(pipes[0]);
	CHECK_INT(say_it_to(pipes[1]), WELL);
	close(pipes[1]);
}

static void test_full_disk(void)
{
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	CHECK(full >= 0);
	CHECK_INT(say_it_to(full), WELL);
	close(full);
}

static void test_closed(void)
{
	CHECK_INT(say_it_to(-1), WELL);
}

TESTS(TEST(test_terminal), TEST(test_pipe), TEST(test_full_disk), TEST(test_closed))
