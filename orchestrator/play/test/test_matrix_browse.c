/*
 * test_matrix_browse: the fault matrices of playbooks/browse.yaml; and every playbook has its own.
 */
#include "base/file.h"
#include "base/mem.h"
#include "base/test/check.h"
#include "matrix.h"
#include "play/playbook.h"

#include <string.h>

static void test_all(void)
{
	const struct matrix_strides strides = { .few = 1 };

	CHECK_INT(matrix_play_all("browse", &strides), 0);
}

/* A playbook that is new here has no test whose source plays its matrices. */
static void test_every_playbook(void)
{
	size_t count = 0;

	for (const struct playbook_text *text = playbook_texts; text->name; text++, count++) {
		scoped(mem) char *path =
			mem_printf("orchestrator/play/test/test_matrix_%s.c", text->name);
		scoped(mem) char *plays =
			mem_printf(", \"%s\"", text->name); /* abandon has its own */
		scoped(mem) char *call = mem_printf("matrix_play_all(\"%s\",", text->name);
		bool own = strcmp(text->name, "abandon") == 0;
		scoped(buf) struct buf source = BUF_INIT(64 * 1024);
		CHECK_INT(file_read_path(path, 0, &source), 0);
		CHECK_HAS(buf_str(&source), own ? plays : call);
	}
	CHECK(count >= 6);
}

TESTS(TEST(test_all), TEST(test_every_playbook))
