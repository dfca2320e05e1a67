/*
 * test_name_set: names in order, each once, with limits.
 */
#include "base/test/check.h"
#include "etcd/name_set.h"

#include <stdio.h>

static void add(struct name_set *set, struct arena *arena, const char *name)
{
	name_set_add(set, arena, name, strlen(name));
}

static void test_order(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct name_set set = { .count = 0 };

	static const char *const names[] = { "b", "worker-10", "a", "worker-1", "b", "worker-1" };
	for (size_t i = 0; i < 6; i++)
		add(&set, arena, names[i]);
	CHECK_INT(set.count, 4);
	CHECK_STR(name_set_words(&set, 9, arena), "a, b, worker-1, worker-10");
	CHECK_STR(name_set_words(&set, 3, arena), "a, b, worker-1 and 1 more");
	CHECK(name_set_has(&set, "worker-1") && !name_set_has(&set, "worker-"));
	name_set_remove(&set, "worker-1", 8);
	name_set_remove(&set, "worker-1", 8);
	CHECK_STR(name_set_words(&set, 9, arena), "a, b, worker-10");
	CHECK(!set.cut);
}

static void test_minus(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct name_set now = { .count = 0 }, then = { .count = 0 };

	add(&now, arena, "cp-1");
	add(&now, arena, "worker-9");
	add(&then, arena, "cp-1");
	add(&then, arena, "worker-2");
	struct name_set joined = name_set_minus(&now, &then, arena);
	struct name_set gone = name_set_minus(&then, &now, arena);
	CHECK_STR(name_set_words(&joined, 9, arena), "worker-9");
	CHECK_STR(name_set_words(&gone, 9, arena), "worker-2");
	CHECK_INT(name_set_minus(&now, &now, arena).count, 0);
}

static void test_limits(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct name_set set = { .count = 0 };
	char name[NAME_MAX_LEN + 2];

	for (int i = 0; i < NAME_SET_MAX; i++) {
		int len = snprintf(name, sizeof(name), "n%d", i * 7 % NAME_SET_MAX);
		name_set_add(&set, arena, name, (size_t)len);
	}
	CHECK_INT(set.count, NAME_SET_MAX);
	CHECK(!set.cut);
	add(&set, arena, "one-more");
	CHECK(set.cut && set.count == NAME_SET_MAX && !name_set_has(&set, "one-more"));

	/* from outside: too long, empty, with a NUL in it */
	memset(name, 'x', sizeof(name));
	struct name_set other = { .count = 0 };
	name_set_add(&other, arena, name, NAME_MAX_LEN);
	CHECK(!other.cut && other.count == 1);
	name_set_add(&other, arena, name, NAME_MAX_LEN + 1);
	CHECK(other.cut && other.count == 1);
	other.cut = false;
	name_set_add(&other, arena, "a\0b", 3);
	CHECK(other.cut && other.count == 1);
	other.cut = false;
	name_set_add(&other, arena, "", 0);
	CHECK(other.cut && other.count == 1);
	static const char *const bad[] = {
		"a b", "a,b", "$(reboot)", "a;b", "-oProxyCommand=x", "a\x1b[2J", "a/b", "\xc3\xa4"
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		other.cut = false;
		add(&other, arena, bad[i]);
		CHECK(other.cut && other.count == 1);
	}
	other.cut = false;
	add(&other, arena, "fd00::1");
	add(&other, arena, "node-1.example.com");
	CHECK(!other.cut && other.count == 3);
}

TESTS(TEST(test_order), TEST(test_minus), TEST(test_limits))
