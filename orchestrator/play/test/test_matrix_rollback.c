/*
 * test_matrix_rollback: the fault matrix of playbooks/rollback.yaml.
 */
#include "base/test/check.h"
#include "matrix.h"

static void play(struct matrix matrix)
{
	matrix.playbook = "rollback";
	CHECK_INT(matrix_play(&matrix), 0);
}

static void test_one(void)
{
	play((struct matrix){ .nodes = 1, .stride = 1 });
}

static void test_three(void)
{
	play((struct matrix){ .nodes = 3, .stride = 100 });
}

static void test_five(void)
{
	play((struct matrix){ .nodes = 5, .stride = 100 });
}

static void test_wal_dir(void)
{
	play((struct matrix){ .nodes = 1, .wal_dir = true, .stride = 3 });
}

static void test_undo(void)
{
	play((struct matrix){ .nodes = 3, .undo = true, .stride = 100 });
}

TESTS(TEST(test_one), TEST(test_three), TEST(test_five), TEST(test_wal_dir), TEST(test_undo))
