/*
 * test_memory: how much memory is there for a snapshot, as a machine and a container say it; and that no more is taken.
 */
#include "base/mem.h"
#include "base/test/check.h"
#include "plugin/memory.h"

#include <stdio.h>
#include <stdlib.h>

#define V2 "/sys/fs/cgroup"
#define V1 "/sys/fs/cgroup/memory"

static const uint64_t MIB = 1 << 20, KEPT = 128 << 20;

struct said {
	const char *path, *text;
};

/* The room in a root folder with those files. */
static uint64_t room(const struct said files[], size_t count)
{
	char root[] = "/tmp/test_memory.XXXXXX";

	if (!mkdtemp(root))
		abort();
	scoped(mem) char *make = mem_printf("mkdir -p %s/proc %s" V1, root, root);
	scoped(mem) char *clean = mem_printf("rm -rf %s", root);
	CHECK_INT(system(make), 0);
	for (size_t i = 0; i < count && files[i].path; i++) {
		scoped(mem) char *path = mem_printf("%s%s", root, files[i].path);
		FILE *file = fopen(path, "we");
		if (!file)
			abort();
		CHECK(fputs(files[i].text, file) >= 0);
		CHECK_INT(fclose(file), 0);
	}
	uint64_t found = memory_room(root);
	CHECK_INT(system(clean), 0);
	return found;
}

#define MACHINE                                                                                 \
	{                                                                                       \
		"/proc/meminfo", "MemTotal: 8388608 kB\nMemAvailable:    4194304 kB\nX: 1 kB\n" \
	}

static void test_room(void)
{
	const struct {
		struct said files[4];
		uint64_t want;
	} cases[] = {
		{ { { NULL, NULL } }, UINT64_MAX },
		{ { MACHINE }, 4096 * MIB - KEPT },
		{ { { "/proc/meminfo", "MemTotal: 8388608 kB\n" } }, UINT64_MAX },
		{ { MACHINE, { V2 "/memory.max", "max\n" }, { V2 "/memory.current", "99\n" } },
		  4096 * MIB - KEPT },
		/* 1 GiB, of which 256 MiB are taken */
		{ { MACHINE,
		    { V2 "/memory.max", "1073741824\n" },
		    { V2 "/memory.current", "268435456\n" } },
		  768 * MIB - KEPT },
		/* 128 MiB of them a cache that is given back */
		{ { MACHINE,
		    { V2 "/memory.max", "1073741824\n" },
		    { V2 "/memory.current", "268435456\n" },
		    { V2 "/memory.stat", "anon 1\ninactive_file 134217728\nactive_file 7\n" } },
		  896 * MIB - KEPT },
		{ { { V2 "/memory.max", "1073741824\n" } }, 1024 * MIB - KEPT },
		{ { { V2 "/memory.max", "1048576\n" }, { V2 "/memory.current", "2097152\n" } }, 0 },
		/* more than the machine has */
		{ { MACHINE, { V2 "/memory.max", "99999999999\n" } }, 4096 * MIB - KEPT },
		{ { MACHINE,
		    { V1 "/memory.limit_in_bytes", "536870912\n" },
		    { V1 "/memory.usage_in_bytes", "134217728\n" },
		    { V1 "/memory.stat",
		      "cache 1\ninactive_file 3\ntotal_inactive_file 67108864\n" } },
		  448 * MIB - KEPT },
		{ { MACHINE,
		    { V1 "/memory.limit_in_bytes", "9223372036854771712\n" },
		    { V1 "/memory.usage_in_bytes", "134217728\n" } },
		  4096 * MIB - KEPT },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t found = room(cases[i].files, 4);
		CHECK(found == cases[i].want);
		if (found != cases[i].want)
			fprintf(stderr, "case %zu: %llu, not %llu\n", i, (unsigned long long)found,
				(unsigned long long)cases[i].want);
	}
}

static void test_limits(void)
{
	scoped(memory) struct memory memory = { .fd = -1 };
	struct err err = ERR_INIT;

	CHECK_INT(memory_open(&memory, 8, &err), 0);
	memory.room = 100; /* whatever this machine has */
	CHECK_INT(sink_write(&memory.sink, "12345", 5, &err), 0);
	CHECK_INT(sink_write(&memory.sink, "6789", 4, &err), -1);
	CHECK_INT(err.code, ERR_CORRUPT);
	memory.room = 6;
	CHECK_INT(sink_write(&memory.sink, "67", 2, &err), -1);
	CHECK_INT(err.code, ERR_FILE);
	CHECK_HAS(err.text, "free here");
	CHECK_INT(sink_write(&memory.sink, "6", 1, &err), 0);
}

TESTS(TEST(test_room), TEST(test_limits))
