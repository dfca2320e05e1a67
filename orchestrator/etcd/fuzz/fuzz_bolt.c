/*
 * fuzz_bolt: pages as they come behind two good metas (bolt.c).
 */
#include "etcd/bolt.h"
#include "etcd/test/make_bolt.h"

enum { PAGE = 1024, METAS = 2 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bolt_file file = { .page_size = PAGE, .pages = METAS + (len + PAGE - 1) / PAGE };
	struct bolt_facts facts;
	struct err err = ERR_INIT;

	file.size = file.pages * PAGE;
	file.data = mem_zalloc(file.size);
	bolt_meta(&file, 0, 10);
	bolt_meta(&file, 1, 9);
	if (len)
		memcpy(file.data + METAS * PAGE, data, len);
	scoped(fd) int fd = bolt_fd(&file);
	if (!bolt_facts(fd, file.size, &facts, &err) != !err.code)
		abort();
	free(file.data);
	return 0;
}
