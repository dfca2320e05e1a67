/*
 * test_matrix_clean: the fault matrices of playbooks/clean.yaml.
 */
#include "base/test/check.h"
#include "matrix.h"

static void test_all(void)
{
	const struct matrix_strides strides = { .three = 4, .five = 12, .few = 1, .undo = 4 };

	CHECK_INT(matrix_play_all("clean", &strides), 0);
}

TESTS(TEST(test_all))
