/*
 * fake_drill: the part of a fake node that only a drill asks for: processes of its own, by their executables.
 */
#include "base/mem.h"
#include "fake_files.h"
#include "fake_node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct etcd_objects objects = {
	.resources = (struct object_count[]){ { .resource = "pods", .count = 2 },
					      { .resource = "ranges", .count = 1 } },
	.resource_count = 2,
};

static const struct certificate certificate = {
	.ca = { .data = (char *)(uintptr_t) "ca", .len = 2 },
	.cert = { .data = (char *)(uintptr_t) "cert", .len = 4 },
	.key = { .data = (char *)(uintptr_t) "key", .len = 3 },
};

const struct play_drill fake_drill = {
	.port = 12379,
	.api = true,
	.hash = 1,
	.limit_s = 60,
	.certificate = &certificate,
	.objects = &objects,
	.secrets = { { "ns", "s", "k8s:enc:aescbc:v1:key1" } },
	.secret_count = 1,
};

const struct apiserver fake_api = {
	.port = 6443, .etcd_ca = "/pki/ca", .etcd_cert = "/pki/cert", .etcd_key = "/pki/key"
};

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), size = strlen(end);

	return len >= size && strcmp(text + len - size, end) == 0;
}

static int *process_of(struct fake_machine *machine, const char *program)
{
	return ends_with(program, "drill-etcd") || ends_with(program, "drill-etcd*") ||
			       ends_with(program, "drill-etcd.service")
		       ? &machine->drill_etcd
		       : &machine->drill_api;
}

/* A process of ours, if its program is there to be run. */
static int start(struct fake_node *fake, const char *const args[], int *status)
{
	for (size_t i = 0; args[i]; i++) {
		if (!ends_with(args[i], "/tool/drill-etcd") &&
		    !ends_with(args[i], "/tool/drill-apiserver"))
			continue;
		scoped(mem) char *path = mem_printf("%s%s", fake->root, args[i]);
		*status = fake_exists(path) ? 0 : 1;
		if (!*status)
			*process_of(fake->machine, args[i]) = ++fake->machine->next_pid;
	}
	return 1;
}

static int look(struct fake_node *fake, const char *pattern, struct buf *out)
{
	int pid = *process_of(fake->machine, pattern);

	if (pid)
		buf_addf(out, "%d\n", pid);
	return 1;
}

static int stop(struct fake_node *fake, const char *service)
{
	if (strncmp(service, "etcd-backup-", 12) == 0)
		*process_of(fake->machine, service) = 0;
	return 1;
}

int fake_drill_answer(struct fake_node *fake, const char *const args[], struct buf *out,
		      int *status)
{
	bool script = strcmp(args[0], "sh") == 0 && strcmp(args[1], "-c") == 0;

	*status = 0;
	if (strcmp(args[0], "systemd-run") == 0 && fake->no_systemd) {
		*status = 1;
		return 1;
	}
	if (strcmp(args[0], "systemd-run") == 0 || (script && strstr(args[2], "setsid")))
		return start(fake, args, status);
	if (script && strstr(args[2], "-lname"))
		return look(fake, args[4], out);
	if (script && strstr(args[2], "dmesg") && !fake->real_commands)
		return 1;
	if (strcmp(args[0], "systemctl") == 0 && strcmp(args[1], "stop") == 0)
		return stop(fake, args[2]);
	if (ends_with(args[0], "/tool/drill-etcd") && strcmp(args[1], "--version") == 0)
		return buf_adds(out, "etcd Version: 3.5.16\n"), 1;
	if (strcmp(args[0], "tail") == 0)
		return buf_adds(out, "one\nlast words\n"), 1;
	if (strcmp(args[0], "cat") == 0 && strcmp(args[1], "/proc/meminfo") == 0)
		return buf_adds(out, fake->little_memory ? "MemAvailable:    1024 kB\n"
							 : "MemAvailable: 16000000 kB\n"),
		       1;
	return 0;
}

void fake_drill_sockets(const struct fake_node *fake, struct buf *out)
{
	if (fake->machine->drill_etcd || fake->port_taken)
		buf_adds(out, "   3: 0100007F:305B 00000000:0000 0A 0\n");
	if (fake->machine->drill_etcd)
		buf_adds(out, "   4: 0100007F:305C 00000000:0000 0A 0\n");
	if (fake->machine->drill_api)
		buf_adds(out, "   5: 0100007F:305D 00000000:0000 0A 0\n");
}
