/*
 * fuzz_tar_join: bytes as a node's archive; what comes out of one that was taken is taken again, and is whole (tar_join.c,
 * tar_header.c, tar_check.c).
 */
#include "base/mem.h"
#include "snapshot/tar_check.h"
#include "snapshot/tar_join.h"
#include "snapshot/test/collect.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Headers with a right sum, or nearly no input would get past it. */
static void mend(uint8_t *data, size_t len)
{
	for (size_t at = 0; at + 512 <= len; at += 512) {
		unsigned sum = 8 * ' ';
		for (size_t i = 0; i < 512; i++)
			sum += i >= 148 && i < 156 ? 0 : data[at + i];
		if (memcmp(data + at + 257, "ustar", 6) == 0)
			snprintf((char *)data + at + 148, 8, "%06o", sum);
		data[at + 155] = memcmp(data + at + 257, "ustar", 6) == 0 ? ' ' : data[at + 155];
	}
}

static void see(void *arg, const char *path)
{
	*(size_t *)arg += strlen(path);
}

static int check_all(const char *data, size_t len, size_t piece)
{
	struct tar_check check;
	struct err err = ERR_INIT;
	size_t seen = 0;

	tar_check_init(&check, see, &seen);
	for (size_t at = 0; at < len; at += piece)
		if (sink_write(&check.sink, data + at, len - at < piece ? len - at : piece, &err))
			return -1;
	return sink_end(&check.sink, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	scoped(mem) char *copy = mem_alloc(len + 1);
	scoped(collect) struct collect one = collect_new(len + 2048), two = collect_new(len + 2048);
	struct err err = ERR_INIT;

	memcpy(copy, data, len);
	mend((uint8_t *)copy, len);
	if (check_all(copy, len, 700) != check_all(copy, len, 100000))
		abort();
	if (tar_join_add(&one.sink, "a", copy, len, &err) || tar_join_end(&one.sink, &err))
		return 0;
	if (check_all(one.got.data, one.got.len, 700) ||
	    (tar_join_add(&two.sink, "b", one.got.data, one.got.len, &err) &&
	     !strstr(err.text, "too long")))
		abort();
	return 0;
}
