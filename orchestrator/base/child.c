/*
 * child: see child.h.  fork and not posix_spawn, which cannot ask for PR_SET_PDEATHSIG.
 */
#include "base/child.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOOK_MS = 5 };

/* Moves a descriptor out of 0 to 2, which are about to be overwritten. */
static int move_up(int fd)
{
	return fd > STDERR_FILENO ? fd : fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

/* In the child: only what may be called between fork and exec. */
_Noreturn static void become(const struct child_request *request, pid_t parent, int tell)
{
	int in = request->input_fd >= 0 ? request->input_fd : open("/dev/null", O_RDONLY);
	int out = request->output_fd;
	sigset_t none;

	sigemptyset(&none);
	in = move_up(in);
	out = move_up(out);
	if (in >= 0 && out >= 0 && !setpgid(0, 0) && !prctl(PR_SET_PDEATHSIG, SIGKILL) &&
	    getppid() == parent && dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
	    dup2(out, STDERR_FILENO) >= 0 && signal(SIGPIPE, SIG_DFL) != SIG_ERR &&
	    !sigprocmask(SIG_SETMASK, &none, NULL))
		execve(request->argv[0], (char *const *)(uintptr_t)request->argv,
		       (char *const *)(uintptr_t)request->env);
	int why = errno;
	ssize_t told = write(tell, &why, sizeof(why));
	_exit(told == sizeof(why) ? 127 : 126);
}

/* The pipe closes by itself when the program runs. */
static int hear(int fd, int *why)
{
	ssize_t n;

	do
		n = read(fd, why, sizeof(*why));
	while (n < 0 && errno == EINTR);
	return n == sizeof(*why) ? -1 : 0;
}

int child_start(const struct child_request *request, struct child *out, struct err *err)
{
	pid_t parent = getpid();
	int ends[2], why = 0;

	if (pipe2(ends, O_CLOEXEC))
		return err_errno(err, ERR_BUG, "pipe");
	pid_t pid = fork();
	if (pid == 0)
		become(request, parent, ends[1]);
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return err_errno(err, ERR_BUG, "fork");
	}
	int failed = hear(ends[0], &why);
	close(ends[0]);
	if (failed) {
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		errno = why;
		return err_errno(err, ERR_REMOTE, "%s", request->argv[0]);
	}
	*out = (struct child){ .pid = pid };
	return 0;
}

static void keep_status(struct child *child, int code)
{
	child->pid = 0;
	child->status = WIFEXITED(code) ? WEXITSTATUS(code) : 128 + WTERMSIG(code);
}

bool child_ended(struct child *child)
{
	int code = 0;

	if (child->pid && waitpid(child->pid, &code, WNOHANG) == child->pid)
		keep_status(child, code);
	return child->pid == 0;
}

int child_wait(struct child *child, uint64_t deadline, int cancel_fd, struct err *err)
{
	struct pollfd cancel = { cancel_fd, POLLIN, 0 };

	while (!child_ended(child)) {
		if (!ms_until(deadline))
			return err_set(err, ERR_TIMEOUT, "not done in time");
		if (poll(&cancel, 1, LOOK_MS) > 0)
			return err_set(err, ERR_CANCELLED, "interrupted");
	}
	return 0;
}

void child_stop(struct child *child, uint64_t grace_ms)
{
	uint64_t deadline = deadline_in(grace_ms);
	struct err ignored = ERR_INIT;
	int code = 0;

	if (child_ended(child))
		return;
	kill(-child->pid, SIGTERM);
	if (!child_wait(child, deadline, -1, &ignored))
		return;
	kill(-child->pid, SIGKILL);
	while (waitpid(child->pid, &code, 0) < 0 && errno == EINTR)
		;
	keep_status(child, code);
}

static bool can_run(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) && !access(path, X_OK);
}

char *child_program(const char *name)
{
	const char *at = getenv("PATH");

	if (strchr(name, '/'))
		return can_run(name) ? mem_strdup(name) : NULL;
	for (; at && *at; at += strcspn(at, ":"), at += *at == ':') {
		char *path = mem_printf("%.*s/%s", (int)strcspn(at, ":"), at, name);
		if (path[0] == '/' && can_run(path)) /* not from the folder that we stand in */
			return path;
		free(path);
	}
	return NULL;
}
