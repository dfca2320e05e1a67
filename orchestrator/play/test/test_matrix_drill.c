/*
 * test_matrix_drill: the fault matrices of playbooks/drill.yaml.
 */
#include "base/test/check.h"
#include "matrix.h"

static void test_all(void)
{
	const struct matrix_strides strides = { .three = 4, .five = 12, .few = 1, .undo = 4 };

	CHECK_INT(matrix_play_all("drill", &strides), 0);
}

TESTS(TEST(test_all))
