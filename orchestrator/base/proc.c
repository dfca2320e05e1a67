/*
 * proc: see proc.h.  The parent polls the three pipes, the deadline and the cancel pipe; a child that is not wanted any
 * more is killed with its group.
 */
#include "base/proc.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

struct child {
	pid_t pid;
	int in, out, errs; /* our ends; -1: closed */
	size_t sent;
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* pipes[0..1] input, [2..3] output, [4..5] errors */
static int make_pipes(int pipes[6], struct err *err)
{
	for (int i = 0; i < 6; i++)
		pipes[i] = -1;
	for (int i = 0; i < 6; i += 2)
		if (pipe2(&pipes[i], O_CLOEXEC)) {
			err_errno(err, ERR_BUG, "pipe");
			for (int k = 0; k < 6; k++)
				close_fd(&pipes[k]);
			return -1;
		}
	return 0;
}

/* A group of its own, to be ended as one; and no signal blocked or ignored because we do. */
static void set_attributes(posix_spawnattr_t *attr)
{
	sigset_t none, defaults;

	sigemptyset(&none);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawnattr_setsigmask(attr, &none);
	posix_spawnattr_setsigdefault(attr, &defaults);
	posix_spawnattr_setflags(attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
					       POSIX_SPAWN_SETSIGDEF);
}

static int spawn(const struct proc_request *request, struct child *child, struct err *err)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int pipes[6];

	if (make_pipes(pipes, err))
		return -1;
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attr);
	set_attributes(&attr);
	int in = request->input_fd >= 0 ? request->input_fd : pipes[0];
	posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, pipes[3], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, pipes[5], STDERR_FILENO);
	char *const *env = request->env ? (char *const *)(uintptr_t)request->env : environ;
	int rc = posix_spawnp(&child->pid, request->argv[0], &actions, &attr,
			      (char *const *)(uintptr_t)request->argv, env);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	close_fd(&pipes[0]);
	close_fd(&pipes[3]);
	close_fd(&pipes[5]);
	child->in = pipes[1];
	child->out = pipes[2];
	child->errs = pipes[4];
	if (rc) {
		close_fd(&child->in);
		close_fd(&child->out);
		close_fd(&child->errs);
		errno = rc;
		return err_errno(err, ERR_REMOTE, "%s", request->argv[0]);
	}
	fcntl(child->in, F_SETFL, O_NONBLOCK);
	return 0;
}

static void feed(const struct proc_request *request, struct child *child)
{
	size_t left = request->input_fd >= 0 ? 0 : request->input_len - child->sent;

	if (left) {
		ssize_t n = write(child->in, (const char *)request->input + child->sent, left);
		if (n > 0)
			child->sent += (size_t)n;
		else if (n < 0 && errno != EAGAIN && errno != EINTR)
			close_fd(&child->in); /* it does not want more */
	} else {
		close_fd(&child->in);
	}
}

static int drain(int *fd, struct buf *out, const char *name, struct err *err)
{
	char chunk[16 * 1024];
	ssize_t n = read(*fd, chunk, sizeof(chunk));

	if (n <= 0) {
		if (n == 0 || errno != EINTR)
			close_fd(fd);
		return 0;
	}
	int full = out ? buf_add(out, chunk, (size_t)n) : 0;
	mem_wipe(chunk, (size_t)n); /* it may be a key */
	return full ? err_set(err, ERR_REMOTE, "%s printed more than %zu bytes", name, out->max)
		    : 0;
}

static int exchange(const struct proc_request *request, struct child *child, struct buf *out,
		    struct buf *errs, struct err *err)
{
	while (child->out >= 0 || child->errs >= 0) {
		struct pollfd fds[] = { { child->in, POLLOUT, 0 },
					{ child->out, POLLIN, 0 },
					{ child->errs, POLLIN, 0 },
					{ request->cancel_fd, POLLIN, 0 } };
		int n = poll(fds, 4, ms_until(request->deadline));
		if (n < 0 && errno != EINTR)
			return err_errno(err, ERR_BUG, "poll");
		if (fds[3].revents)
			return err_set(err, ERR_CANCELLED, "interrupted");
		if (n == 0 || !ms_until(request->deadline))
			return err_set(err, ERR_TIMEOUT, "%s: not done in time", request->argv[0]);
		if (n > 0 && fds[0].revents)
			feed(request, child);
		if (n > 0 && fds[1].revents && drain(&child->out, out, request->argv[0], err))
			return -1;
		if (n > 0 && fds[2].revents && drain(&child->errs, errs, request->argv[0], err))
			return -1;
	}
	return 0;
}

/* A child may close its output and go on. */
static int wait_for(const struct proc_request *request, pid_t pid, int *code, struct err *err)
{
	struct pollfd cancel = { request->cancel_fd, POLLIN, 0 };
	pid_t ended;

	while ((ended = waitpid(pid, code, WNOHANG)) == 0) {
		if (poll(&cancel, 1, 5) > 0)
			return err_set(err, ERR_CANCELLED, "interrupted");
		if (!ms_until(request->deadline))
			return err_set(err, ERR_TIMEOUT, "%s: not done in time", request->argv[0]);
	}
	return ended < 0 ? err_errno(err, ERR_BUG, "waitpid") : 0;
}

int proc_run(const struct proc_request *request, struct buf *out, struct buf *errs, int *status,
	     struct err *err)
{
	struct child child = { .in = -1, .out = -1, .errs = -1 };
	int code = 0;

	if (spawn(request, &child, err))
		return -1;
	int failed = exchange(request, &child, out, errs, err);
	close_fd(&child.in);
	close_fd(&child.out);
	close_fd(&child.errs);
	if (failed || wait_for(request, child.pid, &code, err)) {
		kill(-child.pid, SIGKILL);
		while (waitpid(child.pid, &code, 0) < 0 && errno == EINTR)
			;
		return -1;
	}
	*status = WIFEXITED(code) ? WEXITSTATUS(code) : 128 + WTERMSIG(code);
	return 0;
}
