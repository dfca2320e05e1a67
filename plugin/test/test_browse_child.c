/*
 * test_browse_child: the shell of a browse at a terminal: its prompt says what it is, and it sees the snapshot, whatever the
 * user's own start files set.
 */
#include "base/mem.h"
#include "base/test/check.h"
#include "plugin/browse_child.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SEEN_MAX = 32 * 1024, WAIT_MS = 20 * 1000, BAD = 99 };

static char seen[SEEN_MAX];
static size_t len;

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	CHECK(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

/* In the child of a forkpty: as cmd_browse does. */
static int run_shell(const char *home, const char *shell, const char *name)
{
	struct err err = ERR_INIT;
	struct browse_child child;
	int status = BAD;

	setenv("HOME", home, 1);
	setenv("SHELL", shell, 1);
	setenv("KUBECONFIG", "/of/the/user", 1);
	setenv("TERM", "dumb", 1);
	setenv("HISTFILE", "", 1);
	if (browse_child_shell("/a place/it's", name, &child, &err))
		return BAD;
	while (!browse_child_ended(&child, &status))
		poll(NULL, 0, 20);
	return status;
}

/* Reads until the words were seen. */
static bool read_until(int fd, const char *words)
{
	uint64_t end = deadline_in(WAIT_MS);

	while (!strstr(seen, words) && len < SEEN_MAX - 1) {
		struct pollfd one = { fd, POLLIN, 0 };
		if (poll(&one, 1, ms_until(end)) <= 0)
			return false;
		ssize_t n = read(fd, seen + len, SEEN_MAX - 1 - len);
		if (n <= 0)
			return strstr(seen, words) != NULL;
		for (ssize_t i = 0; i < n; i++) /* strstr must see all of it */
			if (!seen[len + (size_t)i])
				seen[len + (size_t)i] = '?';
		len += (size_t)n;
		seen[len] = '\0';
	}
	return strstr(seen, words) != NULL;
}

/* Types a line at the prompt of a shell that was started with that file; what it says stands in `seen`. */
static void talk(const char *rc, const char *shell, const char *name, const char *prompt,
		 const char *line)
{
	char home[] = "/tmp/test-browse-child-XXXXXX";
	int fd, status = 0;

	memset(seen, 0, sizeof(seen));
	len = 0;
	CHECK(mkdtemp(home));
	scoped(mem) char *path = mem_printf("%s/.bashrc", home);
	write_text(path, rc);
	fflush(NULL);
	pid_t pid = forkpty(&fd, NULL, NULL, NULL);
	if (pid == 0)
		_exit(run_shell(home, shell, name));
	CHECK(pid > 0);
	CHECK(read_until(fd, prompt));
	CHECK(write(fd, line, strlen(line)) == (ssize_t)strlen(line));
	CHECK(read_until(fd, "the end"));
	CHECK(write(fd, "exit 7\n", 7) == 7);
	read_until(fd, "nothing says this");
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	CHECK_INT(WEXITSTATUS(status), 7);
	close(fd);
	CHECK(!unlink(path) && !rmdir(home));
}

static const char files[] = "PS1='mine> '\nPROMPT_COMMAND='PS1=\"again> \"'\nexport "
			    "KUBECONFIG=/of/the/rc\nsaid=by-the-rc\n";

static void test_bash(void)
{
	talk(files, "/bin/bash", "20261122-one", "[20261122-one, read-only] ",
	     "echo \"$KUBECONFIG $said\"; ls -l /proc/$$/fd; echo the e''nd\n");
	CHECK_HAS(seen, "/a place/it's by-the-rc");
	CHECK(!strstr(seen, "mine> "));
	CHECK(!strstr(seen, "again> "));
	CHECK(!strstr(seen, "memfd")); /* nothing of ours stays open in it */
}

/* A name is not run. */
static void test_name(void)
{
	talk("", "/bin/bash", "a'$(echo x)`b`", "[a???echo?x??b?, read-only] ", "echo the e''nd\n");
}

static void test_without_files(void)
{
	talk("exec 3<&-", "/bin/bash", "n", "[n, read-only] ",
	     "sh -c 'echo \"=$KUBECONFIG\"'; echo the e''nd\n");
	CHECK_HAS(seen, "=/a place/it's");
}

static void test_sh(void)
{
	talk(files, "/bin/sh", "one", "[one, read-only] $ ",
	     "echo \"=$KUBECONFIG$said\"; echo the e''nd\n");
	CHECK_HAS(seen, "=/a place/it's\r\n");
}

/* A command has the user's own prompt, if it is a shell; and its exit status is ours. */
static void test_command(void)
{
	char sh[] = "sh", c[] = "-c",
	     words[] = "[ \"$KUBECONFIG\" = /k ] && [ \"$PS1\" = mine ] && exit 3";
	char nothing[] = "/nothing/is/here";
	char *const good[] = { sh, c, words, NULL }, *const bad[] = { nothing, NULL };
	struct err err = ERR_INIT;
	struct browse_child child;
	int status = 0;

	setenv("PS1", "mine", 1);
	CHECK_INT(browse_child_start(good, "/k", &child, &err), 0);
	while (!browse_child_ended(&child, &status))
		poll(NULL, 0, 20);
	CHECK_INT(status, 3);
	CHECK_INT(browse_child_start(bad, "/k", &child, &err), -1);
	CHECK_INT(err.code, ERR_REMOTE);
	CHECK_HAS(err.text, nothing);
}

TESTS(TEST(test_bash), TEST(test_name), TEST(test_without_files), TEST(test_sh), TEST(test_command))
