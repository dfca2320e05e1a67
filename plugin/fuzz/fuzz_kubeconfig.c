/*
 * fuzz_kubeconfig: a file in memory as a kubeconfig (kubeconfig.c), with the context that it names and with another.  On
 * failure nothing is given out; on success everything that a request needs.
 */
#include "plugin/kubeconfig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void load(const char *path, const char *context)
{
	struct kubeconfig c = { .server = "untouched" };
	struct err err = ERR_INIT;

	if (kubeconfig_load(path, context, &c, &err)) {
		if (err.code != ERR_CONFIG || !err.text[0] || strcmp(c.server, "untouched") != 0)
			abort();
		return;
	}
	if (!c.context || !c.cluster || !c.user || strncmp(c.server, "http", 4) != 0 ||
	    (context && strcmp(c.context, context) != 0) || !c.key.secret || !c.token.secret)
		abort();
	kubeconfig_release(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	scoped(fd) int fd = memfd_create("kubeconfig", MFD_CLOEXEC);
	char path[64];

	/* a named pipe or a terminal that the input might name is not to be waited for */
	if (memmem(data, len, "/dev", 4) || memmem(data, len, "proc", 4))
		return 0;
	if (fd < 0 || (len && write(fd, data, len) != (ssize_t)len))
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	load(path, NULL);
	load(path, "c");
	return 0;
}
