/*
 * test_matrix_clean: the fault matrix of playbooks/clean.yaml.
 */
#include "base/test/check.h"
#include "matrix.h"

static void play(struct matrix matrix)
{
	matrix.playbook = "clean";
	CHECK_INT(matrix_play(&matrix), 0);
}

static void test_one(void)
{
	play((struct matrix){ .nodes = 1, .stride = 1 });
}

static void test_three(void)
{
	play((struct matrix){ .nodes = 3, .stride = 4 });
}

static void test_five(void)
{
	play((struct matrix){ .nodes = 5, .stride = 12 });
}

static void test_wal_dir(void)
{
	play((struct matrix){ .nodes = 1, .wal_dir = true, .stride = 1 });
}

static void test_undo(void)
{
	play((struct matrix){ .nodes = 3, .undo = true, .stride = 4 });
}

TESTS(TEST(test_one), TEST(test_three), TEST(test_five), TEST(test_wal_dir), TEST(test_undo))
