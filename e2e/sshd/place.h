/*
 * place: the directory on an SFTP server that a test has for itself, and the servers' processes, for test_store_sftp.c.
 * e2e/sshd/run says where things are in the environment.
 */
#ifndef E2E_SSHD_PLACE_H
#define E2E_SSHD_PLACE_H

#include "store/test/store_checks.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { BIG = 64 * 1024 * 1024, MIB = 1024 * 1024 };

static const char *env(const char *name)
{
	const char *value = getenv(name);

	if (!value)
		abort();
	return value;
}

static struct store *open_at(const char *port, const char *path, const char *known, int cancel_fd)
{
	scoped(mem) char *url =
		mem_printf("sftp://%s@127.0.0.1:%s%s", env("T_USER"), env(port), path);
	struct store_settings settings = {
		.ssh = { .user = "nobody",
			 .key = env("T_KEY"),
			 .port = 1,
			 .known_hosts = env(known) },
		.cancel_fd = cancel_fd,
		.stall_ms = 20000,
	};
	struct err err = ERR_INIT;
	struct store *store = store_open(url, &settings, &err);

	CHECK_STR(err.text, "");
	if (!store)
		abort();
	return store;
}

/* The store that each test has for itself. */
static struct store *begin(const char *name, char **path)
{
	*path = mem_printf("%s/%s", env("T_DIR"), name);
	return open_at("T_PORT", *path, "T_KNOWN", -1);
}

static pid_t parent_of(const char *pid)
{
	scoped(mem) char *path = mem_printf("/proc/%s/stat", pid);
	scoped(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[512] = "";
	uint64_t parent;

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0 || !strrchr(text, ')'))
		return 0;
	char *field = strrchr(text, ')') + 4; /* ") S 123 " */
	field[strcspn(field, " ")] = '\0';
	return parse_uint(field, INT32_MAX, &parent) ? 0 : (pid_t)parent;
}

enum { PROCESSES_MAX = 64 };

/* The processes whose parent is one of those. */
static size_t children_of(const pid_t *parents, size_t count, pid_t out[PROCESSES_MAX])
{
	DIR *processes = opendir("/proc");
	const struct dirent *entry;
	size_t found = 0;
	uint64_t pid;

	while (processes && (entry = readdir(processes)) && found < PROCESSES_MAX) {
		if (parse_uint(entry->d_name, INT32_MAX, &pid))
			continue;
		pid_t parent = parent_of(entry->d_name);
		for (size_t i = 0; i < count; i++)
			if (parent == parents[i]) {
				out[found++] = (pid_t)pid;
				break;
			}
	}
	if (processes)
		closedir(processes);
	return found;
}

/* The processes so many generations below one of our sshds. */
static size_t below(const char *sshd, int depth, pid_t out[PROCESSES_MAX])
{
	pid_t above[PROCESSES_MAX];
	size_t count = 1;
	uint64_t pid = 0;

	parse_uint(env(sshd), INT32_MAX, &pid);
	out[0] = (pid_t)pid;
	for (int i = 0; i < depth; i++) {
		memcpy(above, out, sizeof(above));
		count = children_of(above, count, out);
	}
	CHECK(count > 0);
	return count;
}

static size_t signal_below(const char *sshd, int depth, int number)
{
	pid_t processes[PROCESSES_MAX] = { 0 };
	size_t count = below(sshd, depth, processes);

	for (size_t i = 0; i < count; i++)
		kill(processes[i], number);
	return count;
}

/* Ends the sessions that our sshd serves, as a server that dies. */
static void cut_sessions(void)
{
	signal_below("T_SSHD", 1, SIGKILL);
}

#endif
