/*
 * browse_child: see browse_child.h.
 */
#include "plugin/browse_child.h"

#include "base/mem.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STOP_MS = 5000, AGAIN_MS = 50 };

extern char **environ;

/* Ours but for what is added; a new list whose last two texts are new. */
static char **environment(const char *kubeconfig, const char *shown)
{
	size_t count = 0, n = 0;

	while (environ[count])
		count++;
	char **list = mem_alloc((count + 3) * sizeof(*list));
	for (size_t i = 0; i < count; i++)
		if (strncmp(environ[i], "KUBECONFIG=", 11) != 0 &&
		    strncmp(environ[i], "PS1=", 4) != 0)
			list[n++] = environ[i];
	list[n++] = mem_printf("KUBECONFIG=%s", kubeconfig);
	list[n++] = mem_printf("PS1=[%s, read-only] \\w\\$ ", shown);
	list[n] = NULL;
	return list;
}

int browse_child_start(char *const argv[], const char *kubeconfig, const char *shown,
		       struct browse_child *out, struct err *err)
{
	char **env = environment(kubeconfig, shown);
	posix_spawnattr_t how;
	sigset_t ignored;
	size_t n = 0;

	/* what we ignore it must not */
	sigemptyset(&ignored);
	sigaddset(&ignored, SIGPIPE);
	posix_spawnattr_init(&how);
	posix_spawnattr_setsigdefault(&how, &ignored);
	posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGDEF);
	int failed = posix_spawnp(&out->pid, argv[0], NULL, &how, argv, env);
	posix_spawnattr_destroy(&how);
	while (env[n])
		n++;
	free(env[n - 1]);
	free(env[n - 2]);
	free(env);
	if (failed) {
		errno = failed;
		return err_errno(err, ERR_REMOTE, "%s", argv[0]);
	}
	out->fd = (int)syscall(SYS_pidfd_open, out->pid, 0);
	return 0;
}

bool browse_child_ended(struct browse_child *child, int *status)
{
	int how;

	if (waitpid(child->pid, &how, WNOHANG) != child->pid)
		return false;
	if (child->fd >= 0)
		close(child->fd);
	*status = WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
	return true;
}

void browse_child_stop(struct browse_child *child)
{
	uint64_t end = deadline_in(STOP_MS);

	/* a shell at a terminal takes no notice of the first */
	kill(child->pid, SIGTERM);
	kill(child->pid, SIGHUP);
	kill(child->pid, SIGCONT);
	while (waitpid(child->pid, NULL, WNOHANG) != child->pid) {
		if (now_ms() >= end) {
			kill(child->pid, SIGKILL);
			waitpid(child->pid, NULL, 0);
			break;
		}
		poll(NULL, 0, AGAIN_MS);
	}
	if (child->fd >= 0)
		close(child->fd);
}
