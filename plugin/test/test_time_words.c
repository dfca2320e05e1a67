/* time_words: ages as kubectl has them. */
#include "base/test/check.h"
#include "plugin/time_words.h"

static void test_ages(void)
{
	static const struct {
		uint64_t seconds;
		const char *text;
	} cases[] = { { 0, "0s" },
		      { 119, "119s" },
		      { 120, "2m" },
		      { 192, "3m12s" },
		      { 600, "10m" },
		      { 10799, "179m" },
		      { 10800, "3h" },
		      { 12600, "3h30m" },
		      { 5 * 3600, "5h" },
		      { 86400, "24h" },
		      { 52 * 3600, "2d4h" },
		      { 12 * 86400, "12d" },
		      { UINT64_MAX, "365000d" } };
	char out[16];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		age_text(cases[i].seconds, 0, out);
		CHECK_STR(out, cases[i].text);
	}
	age_text(5, 10, out);
	CHECK_STR(out, "0s");
}

TESTS(TEST(test_ages))
