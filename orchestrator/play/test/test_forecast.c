/* test_forecast: what a drill has measured, and what it cannot, make a restore's time without an API. */
#include "base/test/check.h"
#include "play/forecast.h"

/* What no drill measures. */
enum { FIXED = 2000 + 800 + 4000 + 1700 };

static uint64_t down(uint64_t start, uint64_t well, uint64_t api, size_t turns)
{
	return forecast_api_down(&(struct forecast_measured){ start, well, api, turns });
}

static void test_parts(void)
{
	CHECK_INT(down(0, 0, 0, 1), FIXED);
	CHECK_INT(down(800, 0, 0, 1), FIXED + 800);
	CHECK_INT(down(0, 500, 0, 1), FIXED + 500);
	CHECK_INT(down(0, 0, 7300, 1), FIXED + 7300);
	CHECK_INT(down(1, 20, 300, 1), FIXED + 321);
	CHECK_INT(down(1, 20, 300, 0), FIXED + 321);
}

/* One after another, each has its own start, and its kubelet's; the waiting for all is there once. */
static void test_turns(void)
{
	CHECK_INT(down(800, 500, 7300, 3), FIXED + 3 * 800 + 2 * 1200 + 500 + 7300);
	CHECK_INT(down(800, 500, 7300, 2) - down(800, 500, 7300, 1), 1200 + 800);
}

/* A drill and restores of one cluster: docs/performance.md. */
static void test_measured(void)
{
	uint64_t ms = down(800, 525, 7300, 1);

	CHECK(ms > 14000 && ms < 19000);
}

/* A day for each is no reason to go round. */
static void test_large(void)
{
	const uint64_t day = 86400000;

	CHECK_INT(down(day, day, day, 15), FIXED + 17 * day + 14 * 1200);
}

TESTS(TEST(test_parts), TEST(test_turns), TEST(test_measured), TEST(test_large))
