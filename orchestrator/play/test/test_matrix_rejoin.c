/*
 * test_matrix_rejoin: the fault matrices of playbooks/rejoin.yaml.
 */
#include "base/test/check.h"
#include "matrix.h"

static void test_all(void)
{
	const struct matrix_strides strides = { .three = 100, .five = 100, .few = 3, .undo = 100 };

	CHECK_INT(matrix_play_all("rejoin", &strides), 0);
}

TESTS(TEST(test_all))
