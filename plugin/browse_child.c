/*
 * browse_child: see browse_child.h.
 */
#include "plugin/browse_child.h"

#include "base/buf.h"
#include "base/mem.h"
#include "node/quote.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STOP_MS = 5000, AGAIN_MS = 50, SHOWN_MAX = 200, RC_MAX = 16 * 1024 };

extern char **environ;

/* Ours but for KUBECONFIG, and for a prompt (NULL: none is set); a new list, with these as they are. */
static char **environment(char *kubeconfig, char *prompt)
{
	size_t count = 0, n = 0;

	while (environ[count])
		count++;
	char **list = mem_alloc((count + 3) * sizeof(*list));
	for (size_t i = 0; i < count; i++)
		if (strncmp(environ[i], "KUBECONFIG=", 11) != 0 &&
		    !(prompt && strncmp(environ[i], "PS1=", 4) == 0))
			list[n++] = environ[i];
	list[n++] = kubeconfig;
	list[n++] = prompt;
	list[n] = NULL;
	return list;
}

/* What is passed on to the command: all that is not closed by an exec. */
static int start(char *const argv[], const char *kubeconfig, char *prompt, struct browse_child *out,
		 struct err *err)
{
	scoped(mem) char *config = mem_printf("KUBECONFIG=%s", kubeconfig);
	char **env = environment(config, prompt);
	posix_spawnattr_t how;
	sigset_t ignored;

	/* what we ignore it must not */
	sigemptyset(&ignored);
	sigaddset(&ignored, SIGPIPE);
	posix_spawnattr_init(&how);
	posix_spawnattr_setsigdefault(&how, &ignored);
	posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGDEF);
	int failed = posix_spawnp(&out->pid, argv[0], NULL, &how, argv, env);
	posix_spawnattr_destroy(&how);
	free(env);
	if (failed) {
		errno = failed;
		return err_errno(err, ERR_REMOTE, "%s", argv[0]);
	}
	out->fd = (int)syscall(SYS_pidfd_open, out->pid, 0);
	return 0;
}

int browse_child_start(char *const argv[], const char *kubeconfig, struct browse_child *out,
		       struct err *err)
{
	return start(argv, kubeconfig, NULL, out, err);
}

/* A shell expands what stands in its prompt; the name may be anybody's. */
static char *plain_name(const char *shown)
{
	char *name = mem_printf("%.*s", SHOWN_MAX, shown);

	for (char *at = name; *at; at++)
		if (!isalnum((unsigned char)*at) && !strchr("-_.:+@", *at))
			*at = '?';
	return name;
}

/*
 * What bash reads instead of ~/.bashrc: that, and then what it may have set otherwise.  In memory; bash has it by the number of
 * the file, and closes it.  -1: there is none.
 */
static int bash_file(const char *kubeconfig, const char *name)
{
	scoped(buf) struct buf text = BUF_INIT(RC_MAX);
	int fd = memfd_create("etcd-backup-bashrc", 0);

	if (fd >= 0 &&
	    !buf_addf(&text,
		      "exec %d<&-\n[ ! -r ~/.bashrc ] || . ~/.bashrc\nexport KUBECONFIG=", fd) &&
	    !quote_word(kubeconfig, &text) &&
	    !buf_addf(&text, "\nunset PROMPT_COMMAND\nPS1='[%s, read-only] \\w\\$ '\n", name) &&
	    write(fd, text.data, text.len) == (ssize_t)text.len)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

int browse_child_shell(const char *kubeconfig, const char *shown, struct browse_child *out,
		       struct err *err)
{
	const char *given = getenv("SHELL");
	scoped(mem) char *shell = mem_strdup(given && *given ? given : "/bin/sh");
	scoped(mem) char *name = plain_name(shown);
	scoped(mem) char *prompt = mem_printf("PS1=[%s, read-only] $ ", name);
	const char *base = strrchr(shell, '/');
	bool bash = strcmp(base ? base + 1 : shell, "bash") == 0;
	scoped(fd) int fd = bash ? bash_file(kubeconfig, name) : -1;
	scoped(mem) char *path = mem_printf("/dev/fd/%d", fd);
	char rcfile[] = "--rcfile", interactive[] = "-i";
	char *with[] = { shell, rcfile, path, interactive, NULL }, *without[] = { shell, NULL };

	return start(fd >= 0 ? with : without, kubeconfig, prompt, out, err);
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
