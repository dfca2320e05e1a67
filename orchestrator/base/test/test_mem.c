/*
 * test_mem: arenas, numbers in text, times.
 */
#include "base/mem.h"
#include "base/test/check.h"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

static void test_arena(void)
{
	scoped(arena) struct arena *arena = arena_new();
	static const size_t sizes[] = {
		0, 1, 7, 16, 100, 16 * 1024, 16 * 1024 + 1, 1024 * 1024, 3
	};
	unsigned char *got[sizeof(sizes) / sizeof(sizes[0])];

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		got[i] = arena_alloc(arena, sizes[i]);
		CHECK_INT((uintptr_t)got[i] % _Alignof(max_align_t), 0);
		for (size_t k = 0; k < sizes[i]; k++)
			if (got[i][k] != 0) {
				CHECK_INT(got[i][k], 0);
				break;
			}
		memset(got[i], (int)i + 1, sizes[i]);
	}
	/* none lies in another */
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		if (sizes[i]) {
			CHECK_INT(got[i][0], i + 1);
			CHECK_INT(got[i][sizes[i] - 1], i + 1);
		}
}

static void test_arena_text(void)
{
	struct arena *arena = arena_new();
	char text[] = "hello";
	const char *copy = arena_strdup(arena, text);

	text[0] = 'j';
	CHECK_STR(copy, "hello");
	CHECK(arena_strdup(arena, NULL) == NULL);
	CHECK_STR(arena_strndup(arena, "hello", 4), "hell");
	CHECK_STR(arena_strndup(arena, "hello", 0), "");
	CHECK_STR(arena_printf(arena, "%s-%05d", "x", 42), "x-00042");
	CHECK_INT(strlen(arena_printf(arena, "%20000d", 1)), 20000);
	CHECK_STR(arena_join(arena, NULL, ", ", "a"), "a");
	CHECK_STR(arena_join(arena, "", ", ", "a"), "a");
	CHECK_STR(arena_join(arena, "a, b", ", ", "c"), "a, b, c");
	arena_free(NULL);
	arena_wipe(arena); /* frees as well: the leak check would tell */
}

static void test_alloc(void)
{
	scoped(mem) char *text = mem_printf("%d%%", 5);
	scoped(mem) char *copy = mem_strdup(text);
	scoped(mem) char *none = mem_alloc(0);
	scoped(mem) char *zero = mem_zalloc(100);

	CHECK_STR(copy, "5%");
	CHECK(none != NULL);
	CHECK_INT(zero[0] | zero[99], 0);
	copy = mem_grow(copy, 1000);
	CHECK_STR(copy, "5%");
	mem_wipe(copy, 2);
	CHECK_INT(copy[0] | copy[1], 0);
	CHECK((none = mem_grow(none, 0)) != NULL);
}

static void test_fd(void)
{
	int copy;
	{
		scoped(fd) int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
		scoped(fd) int closed = -1;
		copy = fd;
		CHECK(fcntl(copy, F_GETFD) >= 0);
		CHECK_INT(closed, -1);
	}
	CHECK_INT(fcntl(copy, F_GETFD), -1);
}

static void test_parse_uint(void)
{
	static const struct {
		const char *text;
		uint64_t max;
		int result;
		uint64_t want;
	} cases[] = {
		{ "0", 0, 0, 0 },
		{ "1", 0, -1, 0 },
		{ "00017", 99, 0, 17 },
		{ "65535", 65535, 0, 65535 },
		{ "65536", 65535, -1, 0 },
		{ "655350", 65535, -1, 0 },
		{ "7", 7, 0, 7 },
		{ "8", 7, -1, 0 },
		{ "18446744073709551615", UINT64_MAX, 0, UINT64_MAX },
		{ "18446744073709551616", UINT64_MAX, -1, 0 },
		{ "99999999999999999999999", UINT64_MAX, -1, 0 },
		{ "", 9, -1, 0 },
		{ "-1", 9, -1, 0 },
		{ "+1", 9, -1, 0 },
		{ " 1", 9, -1, 0 },
		{ "1 ", 9, -1, 0 },
		{ "1\n", 9, -1, 0 },
		{ "0x1", 9, -1, 0 },
		{ "1.0", 99, -1, 0 },
		{ "\xd9\xa1", 99, -1, 0 }, /* a digit, but of another script */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t got = 0;
		CHECK_INT(parse_uint(cases[i].text, cases[i].max, &got), cases[i].result);
		if (!cases[i].result)
			CHECK(got == cases[i].want);
	}
}

static void test_time(void)
{
	static const struct {
		uint64_t when;
		const char *want;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00Z" },
		{ 951782400, "2000-02-29T00:00:00Z" },
		{ 1795257667, "2026-11-21T10:41:07Z" },
		{ 253402300799, "9999-12-31T23:59:59Z" },
		{ 253402300800, "0000-00-00T00:00:00Z" },
		{ UINT64_MAX / 2, "0000-00-00T00:00:00Z" },
		{ UINT64_MAX, "1969-12-31T23:59:59Z" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char out[21];
		time_text(cases[i].when, out);
		CHECK_STR(out, cases[i].want);
	}
	CHECK(now_unix() > 1700000000);
}

static void test_deadline(void)
{
	uint64_t now = now_ms();

	CHECK(now_ms() >= now);
	CHECK_INT(ms_until(0), 0);
	CHECK_INT(ms_until(now), 0);
	CHECK(ms_until(deadline_in(60000)) > 50000);
	CHECK(ms_until(deadline_in(60000)) <= 60000);
	CHECK_INT(ms_until(UINT64_MAX), INT_MAX);
	CHECK(deadline_sooner(now + 10, 60000) == now + 10);
	CHECK(deadline_sooner(UINT64_MAX, 60000) <= deadline_in(60000));
}

TESTS(TEST(test_arena), TEST(test_arena_text), TEST(test_alloc), TEST(test_fd),
      TEST(test_parse_uint), TEST(test_time), TEST(test_deadline))
